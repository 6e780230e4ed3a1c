package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** How long a claim lives: longer than its request is fresh, and not for ever. */
final class ReplayLifetimeCases {
    /** After the longest life that any setting of these cases gives a claim, with every margin. */
    private static final long ALL_OVER = 2000;

    private final CaseBook book = new CaseBook("replay-lifetime", "How long a claim lives", Role.VERIFIER);

    static Group group() {
        ReplayLifetimeCases cases = new ReplayLifetimeCases();
        cases.ordinary();
        cases.datedAhead();
        cases.withheldBodies();
        cases.otherWindows();
        cases.longAfter();
        return cases.book.group();
    }

    private void ordinary() {
        Scenario once = Scenario.verifier().verify(FIRST, accepted());
        List<Flag> edge = List.of(StateFlags.SAME_REQUEST, StateFlags.AT_THE_EDGE);
        replay(
                "copy-one-second-later",
                "replay-nonces/once",
                once,
                FIRST.at(1),
                List.of(StateFlags.SAME_REQUEST),
                "A moment later.");
        replay(
                "copy-299-later",
                "replay-nonces/once",
                once,
                FIRST.at(299),
                List.of(StateFlags.SAME_REQUEST),
                "Shortly before the end.");
        replay(
                "copy-300-later",
                "replay-nonces/once",
                once,
                FIRST.at(300),
                edge,
                "In the last second in which it is fresh.");
        book.negative("copy-301-later")
                .rule(Rules.REPLAY_LIFETIME)
                .flags(StateFlags.SAME_REQUEST, StateFlags.PAST_THE_EDGE)
                .from("replay-nonces/once")
                .difference("The request comes again when it is stale.")
                .comment("Now freshness stops it, and the claim may end.")
                .steps(once.verify(FIRST.at(301), rejected(Reason.CLOCK_SKEW)));
        underTheNonce(
                "nonce-300-later",
                once,
                FIRST.dated(300).at(300),
                List.of(StateFlags.SAME_NONCE, StateFlags.AT_THE_EDGE),
                "A nonce is remembered for 300 seconds at least, whatever the second request's date.");
        Scenario old = Scenario.verifier().verify(FIRST.at(300), accepted());
        underTheNonce(
                "nonce-of-an-old-request",
                old,
                FIRST.dated(600).at(600),
                List.of(StateFlags.SAME_NONCE, StateFlags.AT_THE_EDGE),
                "The claim was made at the end of the request's window, and is kept for 300 seconds from then.");
    }

    private void datedAhead() {
        Draft ahead = FIRST.dated(300);
        Scenario once = Scenario.verifier().verify(ahead, accepted());
        List<Flag> flags = List.of(StateFlags.SAME_REQUEST, StateFlags.DATED_AHEAD);
        once(
                "ahead-once",
                StateFlags.DATED_AHEAD,
                once,
                "A request dated 300 seconds ahead: it is fresh for 600 seconds.");
        List<Flag> edge = List.of(StateFlags.SAME_REQUEST, StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE);
        replay(
                "ahead-copy-301-later",
                "ahead-once",
                once,
                ahead.at(301),
                flags,
                "A claim that lived 300 seconds from its making would be gone, and the request is still fresh.");
        replay(
                "ahead-copy-350-later",
                "ahead-once",
                once,
                ahead.at(350),
                flags,
                "The claim must outlive the request's whole window.");
        replay(
                "ahead-copy-599-later",
                "ahead-once",
                once,
                ahead.at(599),
                flags,
                "One second before the end of its window.");
        replay(
                "ahead-copy-600-later",
                "ahead-once",
                once,
                ahead.at(600),
                edge,
                "In the last second in which it is fresh.");
        book.negative("ahead-copy-601-later")
                .rule(Rules.REPLAY_LIFETIME)
                .flags(StateFlags.SAME_REQUEST, StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE)
                .from("ahead-once")
                .difference("The request comes again when it is stale.")
                .comment("601 seconds after it was accepted it is stale at last.")
                .steps(once.verify(ahead.at(601), rejected(Reason.CLOCK_SKEW)));
        Draft swapped = ahead.nonce("2").at(600);
        book.positive("genuine-ahead-signature-600-later")
                .rule(Rules.REPLAY_LIFETIME)
                .flags(StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE)
                .comment("Another signature over the same content in the last second of its window.")
                .steps(once.verify(swapped.attempt(1), accepted()));
        book.negative("ahead-signature-600-later")
                .rule(Rules.REPLAY_LIFETIME)
                .flags(StateFlags.SWAPPED_NONCE, StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE)
                .from("genuine-ahead-signature-600-later")
                .difference("It carries the first request's signature.")
                .comment("The second token lives as long as the first.")
                .steps(once.verify(swapped, rejected(Reason.SIGNATURE_REPLAY)));
    }

    private void withheldBodies() {
        Scenario late = Scenario.verifier().verify(FIRST.arriving(0, 200L), accepted());
        underTheNonce(
                "nonce-of-a-withheld-body",
                late,
                FIRST.dated(500).at(500),
                List.of(StateFlags.SAME_NONCE, StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE),
                "The claim is dated by the end of the body, and is kept for 300 seconds from then.");
        Scenario once = Scenario.verifier().verify(FIRST, accepted());
        book.positive("copy-with-a-withheld-body")
                .rule(Rules.REPLAY_LIFETIME)
                .flags(StateFlags.WITHHELD_BODY, StateFlags.SAME_REQUEST, StateFlags.AT_THE_EDGE)
                .comment("A copy whose body ends in the last fresh second meets the claim, which is still there.")
                .steps(once.verify(FIRST.arriving(250, 300L), rejected(Reason.NONCE_REPLAY)));
        book.negative("copy-with-a-body-withheld-too-long")
                .rule(Rules.REPLAY_LIFETIME)
                .flags(StateFlags.WITHHELD_BODY, StateFlags.SAME_REQUEST, StateFlags.LONG_AFTER)
                .from("copy-with-a-withheld-body")
                .difference("The body ends long after.")
                .comment(
                        "The head was fresh and the claim has ended: only the second reading of the clock stops this copy.")
                .steps(once.verify(FIRST.arriving(250, ALL_OVER), rejected(Reason.CLOCK_SKEW)));
    }

    private void otherWindows() {
        Scenario wide = Scenario.verifier(Settings.window(900)).verify(FIRST, accepted());
        once("window-900", StateFlags.OTHER_WINDOW, wide, "A wider window.");
        replay(
                "window-900-copy-301-later",
                "window-900",
                wide,
                FIRST.at(301),
                List.of(StateFlags.SAME_REQUEST, StateFlags.OTHER_WINDOW),
                "A wider window needs longer claims.");
        replay(
                "window-900-copy-900-later",
                "window-900",
                wide,
                FIRST.at(900),
                List.of(StateFlags.SAME_REQUEST, StateFlags.OTHER_WINDOW, StateFlags.AT_THE_EDGE),
                "In the last second of the wider window.");
        Draft ahead = FIRST.dated(900);
        Scenario wideAhead = Scenario.verifier(Settings.window(900)).verify(ahead, accepted());
        once("window-900-ahead", StateFlags.OTHER_WINDOW, wideAhead, "Dated ahead as far as a wider window allows.");
        replay(
                "window-900-ahead-copy-1800-later",
                "window-900-ahead",
                wideAhead,
                ahead.at(1800),
                List.of(
                        StateFlags.SAME_REQUEST,
                        StateFlags.OTHER_WINDOW,
                        StateFlags.DATED_AHEAD,
                        StateFlags.AT_THE_EDGE),
                "Fresh for twice the window, and remembered as long.");
        Scenario narrow = Scenario.verifier(Settings.window(60)).verify(FIRST, accepted());
        once("window-60", StateFlags.OTHER_WINDOW, narrow, "A narrower window.");
        replay(
                "window-60-copy-60-later",
                "window-60",
                narrow,
                FIRST.at(60),
                List.of(StateFlags.SAME_REQUEST, StateFlags.OTHER_WINDOW, StateFlags.AT_THE_EDGE),
                "In the last second of the narrower window.");
        List<Flag> minimum = List.of(StateFlags.SAME_NONCE, StateFlags.OTHER_WINDOW);
        underTheNonce(
                "window-60-nonce-100-later",
                narrow,
                FIRST.dated(100).at(100),
                minimum,
                "The document keeps a nonce for 300 seconds. A narrower window does not make that less.");
        underTheNonce(
                "window-60-nonce-300-later",
                narrow,
                FIRST.dated(300).at(300),
                List.of(StateFlags.SAME_NONCE, StateFlags.OTHER_WINDOW, StateFlags.AT_THE_EDGE),
                "The document keeps a nonce for 300 seconds, the last one included.");
        Draft narrowAhead = FIRST.dated(60);
        underTheNonce(
                "window-60-ahead-nonce-360-later",
                Scenario.verifier(Settings.window(60)).verify(narrowAhead, accepted()),
                FIRST.dated(360).at(360),
                List.of(StateFlags.SAME_NONCE, StateFlags.OTHER_WINDOW, StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE),
                "A claim lives until the later of timestamp and arrival, plus 300 seconds at least.");
    }

    private void longAfter() {
        Draft later = FIRST.dated(ALL_OVER).at(ALL_OVER);
        List<Flag> flags = List.of(StateFlags.LONG_AFTER, StateFlags.SAME_NONCE);
        book.positive("old-nonce-long-after")
                .rule(Rules.REPLAY_LIFETIME)
                .flags(flags)
                .comment(
                        "When every claim has ended, a genuine request may have a nonce that was used long ago: claims do not pile up for ever.")
                .steps(Scenario.verifier().verify(FIRST, accepted()).verify(later, accepted()));
        book.negative("old-nonce-again-at-once")
                .rule(Rules.REPLAY_LIFETIME)
                .flags(flags)
                .from("old-nonce-long-after-twice")
                .difference("The last request has the same nonce once more.")
                .comment("A nonce that came back is used again, and counts once again.")
                .steps(Scenario.verifier()
                        .verify(FIRST, accepted())
                        .verify(later, accepted())
                        .verify(later.attempt(1), rejected(Reason.NONCE_REPLAY)));
        book.positive("old-nonce-long-after-twice")
                .rule(Rules.REPLAY_LIFETIME)
                .flags(StateFlags.LONG_AFTER)
                .comment("An old nonce, and then a new one in the same second.")
                .steps(Scenario.verifier()
                        .verify(FIRST, accepted())
                        .verify(later, accepted())
                        .verify(later.attempt(1).nonce("2"), accepted()));
        book.negative("old-request-long-after")
                .rule(Rules.REPLAY_LIFETIME)
                .flags(StateFlags.LONG_AFTER, StateFlags.SAME_REQUEST)
                .from("old-nonce-long-after")
                .difference("The second request has the first one's date.")
                .comment("The claim has ended, and so has the request's freshness.")
                .steps(Scenario.verifier()
                        .verify(FIRST, accepted())
                        .verify(FIRST.at(ALL_OVER), rejected(Reason.CLOCK_SKEW)));
    }

    private void once(String name, Flag flag, Scenario once, String comment) {
        book.positive(name)
                .rule(Rules.REPLAY_LIFETIME)
                .flags(flag)
                .comment(comment)
                .steps(once);
    }

    /** A copy at some time. */
    private void replay(String name, String from, Scenario once, Draft copy, List<Flag> flags, String comment) {
        book.negative(name)
                .rule(Rules.REPLAY_LIFETIME)
                .flags(flags)
                .from(from)
                .difference("The request comes a second time.")
                .comment(comment)
                .steps(once.verify(copy, rejected(Reason.NONCE_REPLAY)));
    }

    /** A genuine request under the first one's nonce at some time; and, as what it departs from, under its own. */
    private void underTheNonce(String name, Scenario once, Draft second, List<Flag> flags, String comment) {
        List<Flag> genuine = flags.stream()
                .filter(flag -> !flag.equals(StateFlags.SAME_NONCE))
                .toList();
        book.positive("genuine-" + name)
                .rule(Rules.REPLAY_LIFETIME)
                .flags(genuine)
                .comment("A second request at that time under a nonce of its own.")
                .steps(once.verify(second.nonce("2"), accepted()));
        book.negative(name)
                .rule(Rules.REPLAY_LIFETIME)
                .flags(flags)
                .from("genuine-" + name)
                .difference("The second request has the first one's nonce.")
                .comment(comment)
                .steps(once.verify(second, rejected(Reason.NONCE_REPLAY)));
    }
}
