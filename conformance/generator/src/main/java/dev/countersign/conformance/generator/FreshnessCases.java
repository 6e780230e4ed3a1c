package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** The freshness window on both sides, and what the second reading of the clock decides. */
final class FreshnessCases {
    private static final Draft NOW = Draft.post("/v1/events");
    private static final Draft TEN_MINUTES_AHEAD = NOW.dated(600);

    private final CaseBook book = new CaseBook("freshness", "Freshness, judged twice", Role.VERIFIER);

    static Group group() {
        FreshnessCases cases = new FreshnessCases();
        cases.past();
        cases.ahead();
        cases.farAway();
        cases.otherWindows();
        cases.withheldBodies();
        cases.keysAtTheEnd();
        return cases.book.group();
    }

    private void past() {
        book.positive("same-second")
                .rule(Rules.FRESHNESS)
                .flags(Flags.ORDINARY)
                .comment("Dated in the second in which it arrives.")
                .accepts(NOW);
        book.positive("299-old")
                .rule(Rules.FRESHNESS)
                .flags(Flags.ORDINARY)
                .comment("One second inside the window.")
                .accepts(NOW.at(299));
        book.positive("300-old")
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.AT_THE_EDGE)
                .comment("300 seconds old is still fresh.")
                .accepts(NOW.at(300));
        book.negative("301-old")
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.PAST_THE_EDGE)
                .from("300-old")
                .difference("It arrives one second later.")
                .comment("301 seconds old is not fresh.")
                .rejects(NOW.at(301), Reason.CLOCK_SKEW);
        book.negative("an-hour-old")
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.PAST_THE_EDGE, StateFlags.LONG_AFTER)
                .from("300-old")
                .difference("It arrives an hour after its date.")
                .comment("A clock in another time zone is an hour off; that is no excuse.")
                .rejects(NOW.at(3600), Reason.CLOCK_SKEW);
    }

    private void ahead() {
        book.positive("299-ahead")
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.DATED_AHEAD)
                .comment("Dated 299 seconds after its arrival: inside the window.")
                .accepts(TEN_MINUTES_AHEAD.at(301));
        book.positive("300-ahead")
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE)
                .comment("Dated 300 seconds after its arrival is still fresh: the window has two sides.")
                .accepts(TEN_MINUTES_AHEAD.at(300));
        book.negative("301-ahead")
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE)
                .from("300-ahead")
                .difference("It arrives one second earlier.")
                .comment("Dated 301 seconds after its arrival is not fresh.")
                .rejects(TEN_MINUTES_AHEAD.at(299), Reason.CLOCK_SKEW);
        book.positive("ahead-becomes-fresh")
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.DATED_AHEAD, StateFlags.BECOMES_FRESH)
                .comment("Too far ahead at first, and fresh one second later: the first answer stored nothing.")
                .steps(Scenario.verifier()
                        .verify(TEN_MINUTES_AHEAD.at(299), rejected(Reason.CLOCK_SKEW))
                        .verify(TEN_MINUTES_AHEAD.at(300), accepted()));
        book.negative("ahead-is-still-too-early")
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE, StateFlags.BECOMES_FRESH)
                .from("ahead-becomes-fresh")
                .difference("The second attempt comes in the same second as the first.")
                .comment("As long as it is too far ahead, every attempt gets the same answer.")
                .steps(Scenario.verifier()
                        .verify(TEN_MINUTES_AHEAD.at(299), rejected(Reason.CLOCK_SKEW))
                        .verify(TEN_MINUTES_AHEAD.at(299), rejected(Reason.CLOCK_SKEW)));
    }

    private void farAway() {
        farAway("epoch", "0", "The timestamp is 0.", "1970 is not now.");
        farAway("one", "1", "The timestamp is 1.", "A small number is a date in 1970, not an offset from now.");
        farAway(
                "32-bit-end",
                "2147483648",
                "The timestamp is 2^31.",
                "2038 is not now, whatever a signed int makes of it.");
        farAway(
                "wraps-in-32-bits",
                "{t+4294967296}",
                "The timestamp lies 2^32 seconds ahead.",
                "In 32 bits it would be the present second. Timestamps have eleven digits.");
        farAway(
                "largest",
                "99999999999",
                "The timestamp is the largest that its form allows.",
                "Well-formed, and thousands of years ahead.");
    }

    private void farAway(String name, String timestamp, String difference, String comment) {
        book.negative("far-" + name)
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.FAR_AWAY)
                .from("same-second")
                .difference(difference)
                .comment(comment)
                .rejects(NOW.with(Draft.TIMESTAMP, timestamp), Reason.CLOCK_SKEW);
    }

    private void otherWindows() {
        otherWindow(1);
        otherWindow(60);
        otherWindow(900);
        book.negative("window-299-refuses-300")
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.OTHER_WINDOW, StateFlags.PAST_THE_EDGE)
                .from("300-old")
                .difference("The window is 299 seconds.")
                .comment("The setting counts, not the usual 300 seconds.")
                .steps(Scenario.verifier(Settings.window(299)).verify(NOW.at(300), rejected(Reason.CLOCK_SKEW)));
        book.positive("window-301-takes-301")
                .rule(Rules.FRESHNESS)
                .flags(StateFlags.OTHER_WINDOW, StateFlags.AT_THE_EDGE)
                .comment("The setting counts, not the usual 300 seconds.")
                .steps(Scenario.verifier(Settings.window(301)).verify(NOW.at(301), accepted()));
        book.negative("window-61-ends-withheld")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(StateFlags.OTHER_WINDOW, StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE)
                .from("window-60-withheld")
                .difference("The body ends one second later.")
                .comment("The second reading is held against the same window as the first.")
                .steps(Scenario.verifier(Settings.window(60))
                        .verify(NOW.arriving(0, 61L), rejected(Reason.CLOCK_SKEW)));
    }

    private void otherWindow(int window) {
        List<Flag> edge = List.of(StateFlags.OTHER_WINDOW, StateFlags.AT_THE_EDGE);
        List<Flag> past = List.of(StateFlags.OTHER_WINDOW, StateFlags.PAST_THE_EDGE);
        Scenario verifier = Scenario.verifier(Settings.window(window));
        Draft ahead = NOW.dated(1000);
        book.positive("window-" + window + "-old")
                .rule(Rules.FRESHNESS)
                .flags(edge)
                .comment("As old as this window allows.")
                .steps(verifier.verify(NOW.at(window), accepted()));
        book.negative("window-" + window + "-too-old")
                .rule(Rules.FRESHNESS)
                .flags(past)
                .from("window-" + window + "-old")
                .difference("It arrives one second later.")
                .comment("One second older than this window allows.")
                .steps(verifier.verify(NOW.at(window + 1), rejected(Reason.CLOCK_SKEW)));
        book.positive("window-" + window + "-ahead")
                .rule(Rules.FRESHNESS)
                .flags(edge)
                .comment("As far ahead as this window allows.")
                .steps(verifier.verify(ahead.at(1000 - window), accepted()));
        book.negative("window-" + window + "-too-far-ahead")
                .rule(Rules.FRESHNESS)
                .flags(past)
                .from("window-" + window + "-ahead")
                .difference("It arrives one second earlier.")
                .comment("One second further ahead than this window allows.")
                .steps(verifier.verify(ahead.at(1000 - window - 1), rejected(Reason.CLOCK_SKEW)));
        if (window == 60) {
            book.positive("window-60-withheld")
                    .rule(Rules.FRESHNESS_TWICE)
                    .flags(StateFlags.OTHER_WINDOW, StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE)
                    .comment("The body ends in the last second of this window.")
                    .steps(verifier.verify(NOW.arriving(0, 60L), accepted()));
        }
    }

    private void withheldBodies() {
        List<Flag> edge = List.of(StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE);
        List<Flag> past = List.of(StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE);
        book.positive("body-takes-a-while")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(StateFlags.WITHHELD_BODY)
                .comment("The body ends 100 seconds after the head, and the request is still fresh.")
                .accepts(NOW.arriving(0, 100L));
        book.positive("body-ends-at-the-edge")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(edge)
                .comment("The body ends in the last second of the window.")
                .accepts(NOW.arriving(0, 300L));
        book.negative("body-ends-too-late")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(past)
                .from("body-ends-at-the-edge")
                .difference("The body ends one second later.")
                .comment("The head was fresh; the second reading decides, and it is past the window.")
                .rejects(NOW.arriving(0, 301L), Reason.CLOCK_SKEW);
        book.positive("all-in-the-last-second")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(edge)
                .comment("Head and body both arrive in the last second of the window.")
                .accepts(NOW.arriving(300, 300L));
        book.negative("head-at-the-edge-body-after")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(past)
                .from("all-in-the-last-second")
                .difference("The body ends one second later.")
                .comment("The head came in the last fresh second, the claim would be made in the next.")
                .rejects(NOW.arriving(300, 301L), Reason.CLOCK_SKEW);
        book.positive("ahead-with-its-head")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(StateFlags.WITHHELD_BODY, StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE)
                .comment("300 seconds ahead when the head comes, 290 when the body ends.")
                .accepts(TEN_MINUTES_AHEAD.arriving(300, 310L));
        book.negative("ahead-too-far-with-its-head")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(StateFlags.WITHHELD_BODY, StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE)
                .from("ahead-with-its-head")
                .difference("The head arrives one second earlier.")
                .comment(
                        "The head is judged first, by itself: that the request would be fresh at its end does not help.")
                .rejects(TEN_MINUTES_AHEAD.arriving(299, 310L), Reason.CLOCK_SKEW);
        book.positive("ten-minutes-of-body")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(StateFlags.WITHHELD_BODY, StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE)
                .comment("Fresh from 300 seconds before its date to 300 seconds after it.")
                .accepts(TEN_MINUTES_AHEAD.arriving(300, 900L));
        book.negative("ten-minutes-of-body-and-a-second")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(StateFlags.WITHHELD_BODY, StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE)
                .from("ten-minutes-of-body")
                .difference("The body ends one second later.")
                .comment("301 seconds after its date it is stale, although it was ahead when it came.")
                .rejects(TEN_MINUTES_AHEAD.arriving(300, 901L), Reason.CLOCK_SKEW);

        Draft later = NOW.dated(301).at(301);
        book.positive("in-time-burns-its-nonce")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE, StateFlags.SAME_NONCE)
                .comment("Accepted in the last second, so another request under its nonce is a replay.")
                .steps(Scenario.verifier()
                        .verify(NOW.arriving(0, 300L), accepted())
                        .verify(later, rejected(Reason.NONCE_REPLAY)));
        book.negative("too-late-burns-nothing")
                .rule(Rules.FRESHNESS_TWICE)
                .flags(StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE, StateFlags.NONCE_STAYS_FREE)
                .from("in-time-burns-its-nonce")
                .difference("The first body ends one second later.")
                .comment("What is stale at the second reading stores nothing: its nonce is still free.")
                .steps(Scenario.verifier()
                        .verify(NOW.arriving(0, 301L), rejected(Reason.CLOCK_SKEW))
                        .verify(later, accepted()));
    }

    private void keysAtTheEnd() {
        Scenario oldKey = Scenario.verifier(Devices.withKeys(Devices.current("a2"), Devices.previous("a", 100)));
        Scenario newKey = Scenario.verifier(Devices.withKeys(Devices.current("a"), Devices.provisional("a2", 100)));
        keyAtTheEnd("previous", StateFlags.OLD_KEY, oldKey, NOW);
        keyAtTheEnd("provisional", StateFlags.NEW_KEY, newKey, NOW.key("a2"));

        book.positive("key-counts-by-the-servers-clock")
                .rule(Rules.STATE_AT_END)
                .flags(StateFlags.OLD_KEY, StateFlags.DATED_AHEAD)
                .comment(
                        "Dated after the key's end and received before it: the server's clock counts, not the timestamp.")
                .steps(oldKey.verify(NOW.dated(200).at(100), accepted()));
        book.negative("key-ended-by-the-servers-clock")
                .rule(Rules.STATE_AT_END)
                .flags(StateFlags.OLD_KEY, StateFlags.PAST_THE_EDGE)
                .from("previous-key-ends-with-the-body")
                .difference("The body ends a minute later.")
                .comment("Dated well before the key's end, and received after it.")
                .steps(oldKey.verify(NOW.arriving(50, 160L), rejected(Reason.INVALID_SIGNATURE)));

        Draft first = NOW.key("a2").nonce("2");
        Scenario rotation = Scenario.verifier(
                        Devices.withKeys(Devices.current("a"), Devices.provisional("a2", Devices.DAY)))
                .verify(first.arriving(0, 100L), accepted());
        book.positive("confirmed-when-the-body-ended")
                .rule(Rules.STATE_AT_END)
                .flags(StateFlags.NEW_KEY, StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE)
                .comment(
                        "The new key was confirmed when its request was accepted, so the old one has 300 seconds from then.")
                .steps(rotation.verify(NOW.dated(400).at(400), accepted()));
        book.negative("confirmed-too-long-ago")
                .rule(Rules.STATE_AT_END)
                .flags(StateFlags.OLD_KEY, StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE)
                .from("confirmed-when-the-body-ended")
                .difference("The old key's request arrives one second later.")
                .comment("301 seconds after the confirmation the old key is no key.")
                .steps(rotation.verify(NOW.dated(400).at(401), rejected(Reason.INVALID_SIGNATURE)));
    }

    /** A key whose last second is 100. */
    private void keyAtTheEnd(String state, Flag flag, Scenario device, Draft signed) {
        book.positive(state + "-key-ends-with-the-body")
                .rule(Rules.STATE_AT_END)
                .flags(flag, StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE)
                .comment("The body ends in the last second in which the key counts.")
                .steps(device.verify(signed.arriving(50, 100L), accepted()));
        book.negative(state + "-key-ends-before-the-body")
                .rule(Rules.STATE_AT_END)
                .flags(flag, StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE)
                .from(state + "-key-ends-with-the-body")
                .difference("The body ends one second later.")
                .comment("The key counted when the head came, and is no key when the request is judged.")
                .steps(device.verify(signed.arriving(50, 101L), rejected(Reason.INVALID_SIGNATURE)));
    }
}
