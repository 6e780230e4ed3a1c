package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.signing.Recipe.HalfOrder;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** How many live claims a device may have, and that no claim is dropped to make room. */
final class QuotaCases {
    private static final Draft FIRST = Draft.post("/v1/events");
    private static final long ALL_OVER = 2000;

    private final CaseBook book = new CaseBook("quota", "A quota for each device", Role.VERIFIER);

    static Group group() {
        QuotaCases cases = new QuotaCases();
        cases.sizes();
        cases.devices();
        cases.room();
        cases.replayFirst();
        cases.notCounted();
        return cases.book.group();
    }

    /** The i-th genuine request, from 1. */
    private static Draft request(int number) {
        return FIRST.nonce(Integer.toString(number)).attempt(number - 1);
    }

    private static Scenario usedUp(int quota) {
        return allAccepted(Scenario.verifier(Settings.quota(quota)), quota);
    }

    private static Scenario allAccepted(Scenario begun, int count) {
        Scenario scenario = begun;
        for (int i = 1; i <= count; i++) {
            scenario = scenario.verify(request(i), accepted());
        }
        return scenario;
    }

    private void sizes() {
        for (int quota : List.of(1, 2, 3)) {
            book.positive(
                    "quota-" + quota,
                    Rules.QUOTA,
                    List.of(StateFlags.AT_THE_EDGE),
                    "As many requests as the quota allows.",
                    usedUp(quota));
            book.negative(
                    "quota-" + quota + "-and-one-more",
                    Rules.QUOTA,
                    List.of(StateFlags.QUOTA_USED_UP, StateFlags.PAST_THE_EDGE),
                    "quota-" + quota,
                    "One more request comes.",
                    "The quota is used up. 503: there will be room again.",
                    usedUp(quota).verify(request(quota + 1), rejected(Reason.STORE_FULL)));
        }
        book.positive(
                "no-quota-set",
                Rules.QUOTA,
                List.of(Flags.ORDINARY),
                "The usual quota is far away.",
                allAccepted(Scenario.verifier(), 4));
        book.negative(
                "refused-again",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.SAME_REQUEST),
                "room-after-expiry",
                "The last request comes at once.",
                "Nothing has changed. It is not told as a replay, for nothing of it was stored.",
                usedUp(1)
                        .verify(request(2).dated(300), rejected(Reason.STORE_FULL))
                        .verify(request(2).dated(300), rejected(Reason.STORE_FULL)));
    }

    private void devices() {
        Scenario two = Scenario.verifier(Settings.quota(1), DeviceTemplate.active("a"), DeviceTemplate.active("b"))
                .verify(request(1), accepted());
        book.positive(
                "other-device-has-room",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.OTHER_DEVICE),
                "One device's quota is used up; another one is not concerned.",
                two.verify(request(2).device("b"), accepted()));
        book.negative(
                "other-spelling-has-none",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.DEVICE_CASE),
                "other-spelling-in-a-quota-of-two",
                "The quota is one.",
                "The quota is the stored device's, however its id is spelled.",
                Scenario.verifier(Settings.quota(1))
                        .verify(request(1), accepted())
                        .verify(request(2).with(Draft.DEVICE_ID, "{DEVICE:a}"), rejected(Reason.STORE_FULL)));
        book.positive(
                "other-spelling-in-a-quota-of-two",
                Rules.QUOTA,
                List.of(StateFlags.AT_THE_EDGE, StateFlags.DEVICE_CASE),
                "Two requests of one device in two spellings of its id, and a quota of two.",
                Scenario.verifier(Settings.quota(2))
                        .verify(request(1), accepted())
                        .verify(request(2).with(Draft.DEVICE_ID, "{DEVICE:a}"), accepted()));
        Scenario rotating = Scenario.verifier(
                        Settings.quota(1),
                        Devices.withKeys(Devices.current("a"), Devices.provisional("a2", Devices.DAY)))
                .verify(request(1), accepted());
        book.negative(
                "other-key-has-none",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.NEW_KEY),
                "other-key-in-a-quota-of-two",
                "The quota is one.",
                "The quota is the device's, not the key's.",
                rotating.verify(request(2).key("a2"), rejected(Reason.STORE_FULL)));
        book.positive(
                "other-key-in-a-quota-of-two",
                Rules.QUOTA,
                List.of(StateFlags.AT_THE_EDGE, StateFlags.NEW_KEY),
                "One request under each key, and a quota of two.",
                Scenario.verifier(
                                Settings.quota(2),
                                Devices.withKeys(Devices.current("a"), Devices.provisional("a2", Devices.DAY)))
                        .verify(request(1), accepted())
                        .verify(request(2).key("a2"), accepted()));
    }

    private void room() {
        Draft later = request(2).dated(ALL_OVER).at(ALL_OVER);
        book.positive(
                "room-long-after",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.LONG_AFTER),
                "When the claims have ended, there is room again.",
                usedUp(1).verify(later, accepted()));
        book.positive(
                "room-for-as-many",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.LONG_AFTER, StateFlags.AT_THE_EDGE),
                "All claims of a full quota end, so that there is room for as many.",
                usedUp(2)
                        .verify(request(3).dated(ALL_OVER).at(ALL_OVER), accepted())
                        .verify(request(4).dated(ALL_OVER).at(ALL_OVER), accepted()));
        book.negative(
                "room-for-no-more",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.LONG_AFTER, StateFlags.PAST_THE_EDGE),
                "room-for-as-many",
                "One more request comes.",
                "The quota is the same as before.",
                usedUp(2)
                        .verify(request(3).dated(ALL_OVER).at(ALL_OVER), accepted())
                        .verify(request(4).dated(ALL_OVER).at(ALL_OVER), accepted())
                        .verify(request(5).dated(ALL_OVER).at(ALL_OVER), rejected(Reason.STORE_FULL)));
        book.negative(
                "no-room-while-the-claim-lives",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.AT_THE_EDGE),
                "room-long-after-an-early-date",
                "The last request arrives 300 seconds after the first.",
                "A claim lives for 300 seconds at least, and counts as long.",
                usedUp(1).verify(request(2).dated(600).at(300), rejected(Reason.STORE_FULL)));
        book.positive(
                "room-long-after-an-early-date",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.LONG_AFTER),
                "The first claim ended some 600 seconds ago; this request is as old as the window allows.",
                usedUp(1).verify(request(2).dated(600).at(900), accepted()));
        book.positive(
                "room-after-expiry",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.LONG_AFTER, StateFlags.SAME_REQUEST),
                "Refused at first, and sent again when there is room and it is still fresh.",
                usedUp(1)
                        .verify(request(2).dated(300), rejected(Reason.STORE_FULL))
                        .verify(request(2).dated(300).at(600), accepted()));
    }

    private void replayFirst() {
        book.positive(
                "copy-when-used-up",
                Rules.REPLAY_BEFORE_QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.SAME_REQUEST),
                "The quota is used up, and an accepted request comes again: a replay, whatever room there is.",
                usedUp(1).verify(request(1), rejected(Reason.NONCE_REPLAY)));
        book.positive(
                "same-nonce-when-used-up",
                Rules.REPLAY_BEFORE_QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.SAME_NONCE),
                "A genuine request under the used nonce.",
                usedUp(1).verify(request(2).nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.positive(
                "swapped-nonce-when-used-up",
                Rules.REPLAY_BEFORE_QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.SWAPPED_NONCE),
                "A captured signature under a new nonce.",
                usedUp(1).verify(request(1).nonce("2"), rejected(Reason.SIGNATURE_REPLAY)));
        book.positive(
                "flipped-when-used-up",
                Rules.REPLAY_BEFORE_QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.FLIPPED_S),
                "A captured signature, flipped, under a new nonce.",
                usedUp(1).verify(request(1).s(HalfOrder.FLIPPED).nonce("2"), rejected(Reason.SIGNATURE_REPLAY)));
        Scenario refused = usedUp(1).verify(request(2), rejected(Reason.STORE_FULL));
        book.positive(
                "copy-after-a-refusal",
                Rules.REPLAY_BEFORE_QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.SAME_REQUEST, StateFlags.SEVERAL_FAULTS),
                "That another request was refused did not push the first one's claim out.",
                refused.verify(request(1), rejected(Reason.NONCE_REPLAY)));
        book.negative(
                "another-after-a-refusal",
                Rules.REPLAY_BEFORE_QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.SWAPPED_NONCE),
                "swapped-nonce-after-a-refusal",
                "The last request carries a signature of its own.",
                "Not a replay, and no room.",
                refused.verify(request(3), rejected(Reason.STORE_FULL)));
        book.positive(
                "swapped-nonce-after-a-refusal",
                Rules.REPLAY_BEFORE_QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.SWAPPED_NONCE, StateFlags.SEVERAL_FAULTS),
                "The first one's signature under a third nonce, after a refusal.",
                refused.verify(request(1).nonce("3"), rejected(Reason.SIGNATURE_REPLAY)));
    }

    /** What does not count against the quota. */
    private void notCounted() {
        Draft read = Draft.get("/v1/state").nonce("2");
        Scenario writes = Scenario.verifier(Settings.both(Settings.quota(1), Settings.writesOnly()));
        book.positive(
                "unprotected-reads-are-not-counted",
                Rules.QUOTA,
                List.of(StateFlags.READ_METHOD, StateFlags.WRITES_ONLY),
                "A read that is not claimed takes no part of the quota.",
                writes.verify(read, accepted()).verify(FIRST, accepted()));
        book.negative(
                "protected-reads-are-counted",
                Rules.QUOTA,
                List.of(StateFlags.READ_METHOD, StateFlags.QUOTA_USED_UP),
                "unprotected-reads-are-not-counted",
                "Every method is protected.",
                "A read that is claimed counts.",
                Scenario.verifier(Settings.quota(1))
                        .verify(read, accepted())
                        .verify(FIRST, rejected(Reason.STORE_FULL)));
        book.positive(
                "unprotected-read-when-used-up",
                Rules.QUOTA,
                List.of(StateFlags.READ_METHOD, StateFlags.WRITES_ONLY, StateFlags.QUOTA_USED_UP),
                "A read that is not claimed needs no room.",
                writes.verify(FIRST, accepted()).verify(read, accepted()));
        book.positive(
                "rejected-requests-are-not-counted",
                Rules.QUOTA,
                List.of(StateFlags.BAD_SIGNATURE, StateFlags.AT_THE_EDGE),
                "Strangers cannot use up a device's quota.",
                Scenario.verifier(Settings.quota(1))
                        .verify(request(2).key("x"), rejected(Reason.INVALID_SIGNATURE))
                        .verify(request(1), accepted()));
        book.negative(
                "accepted-requests-are-counted",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP),
                "rejected-requests-are-not-counted",
                "The first request is signed by the device.",
                "Accepted, so it counts.",
                Scenario.verifier(Settings.quota(1))
                        .verify(request(2), accepted())
                        .verify(request(1), rejected(Reason.STORE_FULL)));
        book.positive(
                "replays-are-not-counted",
                Rules.QUOTA,
                List.of(StateFlags.SAME_REQUEST, StateFlags.AT_THE_EDGE),
                "A copy takes no part of the quota.",
                Scenario.verifier(Settings.quota(2))
                        .verify(request(1), accepted())
                        .verify(request(1), rejected(Reason.NONCE_REPLAY))
                        .verify(request(2), accepted()));
        book.negative(
                "genuine-requests-are-counted",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.PAST_THE_EDGE),
                "replays-are-not-counted",
                "A genuine request comes in between.",
                "The second one used up the quota.",
                Scenario.verifier(Settings.quota(2))
                        .verify(request(1), accepted())
                        .verify(request(1), rejected(Reason.NONCE_REPLAY))
                        .verify(request(3), accepted())
                        .verify(request(2), rejected(Reason.STORE_FULL)));
        book.positive(
                "quota-of-two-tokens",
                Rules.QUOTA,
                List.of(StateFlags.AT_THE_EDGE, StateFlags.NONCE_TOKEN_ONLY),
                "The quota counts requests, not tokens: with one token or two it is the same.",
                allAccepted(Scenario.verifier(Settings.both(Settings.quota(2), Settings.nonceOnly())), 2));
        book.negative(
                "quota-of-two-tokens-and-one-more",
                Rules.QUOTA,
                List.of(StateFlags.QUOTA_USED_UP, StateFlags.NONCE_TOKEN_ONLY),
                "quota-of-two-tokens",
                "One more request comes.",
                "The quota is used up.",
                allAccepted(Scenario.verifier(Settings.both(Settings.quota(2), Settings.nonceOnly())), 2)
                        .verify(request(3), rejected(Reason.STORE_FULL)));
    }
}
