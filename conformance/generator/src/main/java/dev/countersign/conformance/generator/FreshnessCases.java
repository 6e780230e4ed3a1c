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
        book.positive(
                "same-second",
                Rules.FRESHNESS,
                List.of(Flags.ORDINARY),
                "Dated in the second in which it arrives.",
                Scenario.verifier().verify(NOW, accepted()));
        book.positive(
                "299-old",
                Rules.FRESHNESS,
                List.of(Flags.ORDINARY),
                "One second inside the window.",
                Scenario.verifier().verify(NOW.at(299), accepted()));
        book.positive(
                "300-old",
                Rules.FRESHNESS,
                List.of(StateFlags.AT_THE_EDGE),
                "300 seconds old is still fresh.",
                Scenario.verifier().verify(NOW.at(300), accepted()));
        book.negative(
                "301-old",
                Rules.FRESHNESS,
                List.of(StateFlags.PAST_THE_EDGE),
                "300-old",
                "It arrives one second later.",
                "301 seconds old is not fresh.",
                Scenario.verifier().verify(NOW.at(301), rejected(Reason.CLOCK_SKEW)));
        book.negative(
                "an-hour-old",
                Rules.FRESHNESS,
                List.of(StateFlags.PAST_THE_EDGE, StateFlags.LONG_AFTER),
                "300-old",
                "It arrives an hour after its date.",
                "A clock in another time zone is an hour off; that is no excuse.",
                Scenario.verifier().verify(NOW.at(3600), rejected(Reason.CLOCK_SKEW)));
    }

    private void ahead() {
        book.positive(
                "299-ahead",
                Rules.FRESHNESS,
                List.of(StateFlags.DATED_AHEAD),
                "Dated 299 seconds after its arrival: inside the window.",
                Scenario.verifier().verify(TEN_MINUTES_AHEAD.at(301), accepted()));
        book.positive(
                "300-ahead",
                Rules.FRESHNESS,
                List.of(StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE),
                "Dated 300 seconds after its arrival is still fresh: the window has two sides.",
                Scenario.verifier().verify(TEN_MINUTES_AHEAD.at(300), accepted()));
        book.negative(
                "301-ahead",
                Rules.FRESHNESS,
                List.of(StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE),
                "300-ahead",
                "It arrives one second earlier.",
                "Dated 301 seconds after its arrival is not fresh.",
                Scenario.verifier().verify(TEN_MINUTES_AHEAD.at(299), rejected(Reason.CLOCK_SKEW)));
        book.positive(
                "ahead-becomes-fresh",
                Rules.FRESHNESS,
                List.of(StateFlags.DATED_AHEAD, StateFlags.BECOMES_FRESH),
                "Too far ahead at first, and fresh one second later: the first answer stored nothing.",
                Scenario.verifier()
                        .verify(TEN_MINUTES_AHEAD.at(299), rejected(Reason.CLOCK_SKEW))
                        .verify(TEN_MINUTES_AHEAD.at(300), accepted()));
        book.negative(
                "ahead-is-still-too-early",
                Rules.FRESHNESS,
                List.of(StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE, StateFlags.BECOMES_FRESH),
                "ahead-becomes-fresh",
                "The second attempt comes in the same second as the first.",
                "As long as it is too far ahead, every attempt gets the same answer.",
                Scenario.verifier()
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
        book.negative(
                "far-" + name,
                Rules.FRESHNESS,
                List.of(StateFlags.FAR_AWAY),
                "same-second",
                difference,
                comment,
                Scenario.verifier().verify(NOW.with(Draft.TIMESTAMP, timestamp), rejected(Reason.CLOCK_SKEW)));
    }

    private void otherWindows() {
        otherWindow(1);
        otherWindow(60);
        otherWindow(900);
        book.negative(
                "window-299-refuses-300",
                Rules.FRESHNESS,
                List.of(StateFlags.OTHER_WINDOW, StateFlags.PAST_THE_EDGE),
                "300-old",
                "The window is 299 seconds.",
                "The setting counts, not the usual 300 seconds.",
                Scenario.verifier(Settings.window(299)).verify(NOW.at(300), rejected(Reason.CLOCK_SKEW)));
        book.positive(
                "window-301-takes-301",
                Rules.FRESHNESS,
                List.of(StateFlags.OTHER_WINDOW, StateFlags.AT_THE_EDGE),
                "The setting counts, not the usual 300 seconds.",
                Scenario.verifier(Settings.window(301)).verify(NOW.at(301), accepted()));
        book.negative(
                "window-61-ends-withheld",
                Rules.FRESHNESS_TWICE,
                List.of(StateFlags.OTHER_WINDOW, StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE),
                "window-60-withheld",
                "The body ends one second later.",
                "The second reading is held against the same window as the first.",
                Scenario.verifier(Settings.window(60)).verify(NOW.arriving(0, 61L), rejected(Reason.CLOCK_SKEW)));
    }

    private void otherWindow(int window) {
        List<Flag> edge = List.of(StateFlags.OTHER_WINDOW, StateFlags.AT_THE_EDGE);
        List<Flag> past = List.of(StateFlags.OTHER_WINDOW, StateFlags.PAST_THE_EDGE);
        Scenario verifier = Scenario.verifier(Settings.window(window));
        Draft ahead = NOW.dated(1000);
        book.positive(
                "window-" + window + "-old",
                Rules.FRESHNESS,
                edge,
                "As old as this window allows.",
                verifier.verify(NOW.at(window), accepted()));
        book.negative(
                "window-" + window + "-too-old",
                Rules.FRESHNESS,
                past,
                "window-" + window + "-old",
                "It arrives one second later.",
                "One second older than this window allows.",
                verifier.verify(NOW.at(window + 1), rejected(Reason.CLOCK_SKEW)));
        book.positive(
                "window-" + window + "-ahead",
                Rules.FRESHNESS,
                edge,
                "As far ahead as this window allows.",
                verifier.verify(ahead.at(1000 - window), accepted()));
        book.negative(
                "window-" + window + "-too-far-ahead",
                Rules.FRESHNESS,
                past,
                "window-" + window + "-ahead",
                "It arrives one second earlier.",
                "One second further ahead than this window allows.",
                verifier.verify(ahead.at(1000 - window - 1), rejected(Reason.CLOCK_SKEW)));
        if (window == 60) {
            book.positive(
                    "window-60-withheld",
                    Rules.FRESHNESS_TWICE,
                    List.of(StateFlags.OTHER_WINDOW, StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE),
                    "The body ends in the last second of this window.",
                    verifier.verify(NOW.arriving(0, 60L), accepted()));
        }
    }

    private void withheldBodies() {
        List<Flag> edge = List.of(StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE);
        List<Flag> past = List.of(StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE);
        book.positive(
                "body-takes-a-while",
                Rules.FRESHNESS_TWICE,
                List.of(StateFlags.WITHHELD_BODY),
                "The body ends 100 seconds after the head, and the request is still fresh.",
                Scenario.verifier().verify(NOW.arriving(0, 100L), accepted()));
        book.positive(
                "body-ends-at-the-edge",
                Rules.FRESHNESS_TWICE,
                edge,
                "The body ends in the last second of the window.",
                Scenario.verifier().verify(NOW.arriving(0, 300L), accepted()));
        book.negative(
                "body-ends-too-late",
                Rules.FRESHNESS_TWICE,
                past,
                "body-ends-at-the-edge",
                "The body ends one second later.",
                "The head was fresh; the second reading decides, and it is past the window.",
                Scenario.verifier().verify(NOW.arriving(0, 301L), rejected(Reason.CLOCK_SKEW)));
        book.positive(
                "all-in-the-last-second",
                Rules.FRESHNESS_TWICE,
                edge,
                "Head and body both arrive in the last second of the window.",
                Scenario.verifier().verify(NOW.arriving(300, 300L), accepted()));
        book.negative(
                "head-at-the-edge-body-after",
                Rules.FRESHNESS_TWICE,
                past,
                "all-in-the-last-second",
                "The body ends one second later.",
                "The head came in the last fresh second, the claim would be made in the next.",
                Scenario.verifier().verify(NOW.arriving(300, 301L), rejected(Reason.CLOCK_SKEW)));
        book.positive(
                "ahead-with-its-head",
                Rules.FRESHNESS_TWICE,
                List.of(StateFlags.WITHHELD_BODY, StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE),
                "300 seconds ahead when the head comes, 290 when the body ends.",
                Scenario.verifier().verify(TEN_MINUTES_AHEAD.arriving(300, 310L), accepted()));
        book.negative(
                "ahead-too-far-with-its-head",
                Rules.FRESHNESS_TWICE,
                List.of(StateFlags.WITHHELD_BODY, StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE),
                "ahead-with-its-head",
                "The head arrives one second earlier.",
                "The head is judged first, by itself: that the request would be fresh at its end does not help.",
                Scenario.verifier().verify(TEN_MINUTES_AHEAD.arriving(299, 310L), rejected(Reason.CLOCK_SKEW)));
        book.positive(
                "ten-minutes-of-body",
                Rules.FRESHNESS_TWICE,
                List.of(StateFlags.WITHHELD_BODY, StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE),
                "Fresh from 300 seconds before its date to 300 seconds after it.",
                Scenario.verifier().verify(TEN_MINUTES_AHEAD.arriving(300, 900L), accepted()));
        book.negative(
                "ten-minutes-of-body-and-a-second",
                Rules.FRESHNESS_TWICE,
                List.of(StateFlags.WITHHELD_BODY, StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE),
                "ten-minutes-of-body",
                "The body ends one second later.",
                "301 seconds after its date it is stale, although it was ahead when it came.",
                Scenario.verifier().verify(TEN_MINUTES_AHEAD.arriving(300, 901L), rejected(Reason.CLOCK_SKEW)));

        Draft later = NOW.dated(301).at(301);
        book.positive(
                "in-time-burns-its-nonce",
                Rules.FRESHNESS_TWICE,
                List.of(StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE, StateFlags.SAME_NONCE),
                "Accepted in the last second, so another request under its nonce is a replay.",
                Scenario.verifier()
                        .verify(NOW.arriving(0, 300L), accepted())
                        .verify(later, rejected(Reason.NONCE_REPLAY)));
        book.negative(
                "too-late-burns-nothing",
                Rules.FRESHNESS_TWICE,
                List.of(StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE, StateFlags.NONCE_STAYS_FREE),
                "in-time-burns-its-nonce",
                "The first body ends one second later.",
                "What is stale at the second reading stores nothing: its nonce is still free.",
                Scenario.verifier()
                        .verify(NOW.arriving(0, 301L), rejected(Reason.CLOCK_SKEW))
                        .verify(later, accepted()));
    }

    private void keysAtTheEnd() {
        Scenario oldKey = Scenario.verifier(Devices.withKeys(Devices.current("a2"), Devices.previous("a", 100)));
        Scenario newKey = Scenario.verifier(Devices.withKeys(Devices.current("a"), Devices.provisional("a2", 100)));
        keyAtTheEnd("previous", StateFlags.OLD_KEY, oldKey, NOW);
        keyAtTheEnd("provisional", StateFlags.NEW_KEY, newKey, NOW.key("a2"));

        book.positive(
                "key-counts-by-the-servers-clock",
                Rules.STATE_AT_END,
                List.of(StateFlags.OLD_KEY, StateFlags.DATED_AHEAD),
                "Dated after the key's end and received before it: the server's clock counts, not the timestamp.",
                oldKey.verify(NOW.dated(200).at(100), accepted()));
        book.negative(
                "key-ended-by-the-servers-clock",
                Rules.STATE_AT_END,
                List.of(StateFlags.OLD_KEY, StateFlags.PAST_THE_EDGE),
                "previous-key-ends-with-the-body",
                "The body ends a minute later.",
                "Dated well before the key's end, and received after it.",
                oldKey.verify(NOW.arriving(50, 160L), rejected(Reason.INVALID_SIGNATURE)));

        Draft first = NOW.key("a2").nonce("2");
        Scenario rotation = Scenario.verifier(
                        Devices.withKeys(Devices.current("a"), Devices.provisional("a2", Devices.DAY)))
                .verify(first.arriving(0, 100L), accepted());
        book.positive(
                "confirmed-when-the-body-ended",
                Rules.STATE_AT_END,
                List.of(StateFlags.NEW_KEY, StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE),
                "The new key was confirmed when its request was accepted, so the old one has 300 seconds from then.",
                rotation.verify(NOW.dated(400).at(400), accepted()));
        book.negative(
                "confirmed-too-long-ago",
                Rules.STATE_AT_END,
                List.of(StateFlags.OLD_KEY, StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE),
                "confirmed-when-the-body-ended",
                "The old key's request arrives one second later.",
                "301 seconds after the confirmation the old key is no key.",
                rotation.verify(NOW.dated(400).at(401), rejected(Reason.INVALID_SIGNATURE)));
    }

    /** A key whose last second is 100. */
    private void keyAtTheEnd(String state, Flag flag, Scenario device, Draft signed) {
        book.positive(
                state + "-key-ends-with-the-body",
                Rules.STATE_AT_END,
                List.of(flag, StateFlags.WITHHELD_BODY, StateFlags.AT_THE_EDGE),
                "The body ends in the last second in which the key counts.",
                device.verify(signed.arriving(50, 100L), accepted()));
        book.negative(
                state + "-key-ends-before-the-body",
                Rules.STATE_AT_END,
                List.of(flag, StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE),
                state + "-key-ends-with-the-body",
                "The body ends one second later.",
                "The key counted when the head came, and is no key when the request is judged.",
                device.verify(signed.arriving(50, 101L), rejected(Reason.INVALID_SIGNATURE)));
    }
}
