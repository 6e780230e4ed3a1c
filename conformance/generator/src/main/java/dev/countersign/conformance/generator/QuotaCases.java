package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.signing.Recipe.HalfOrder;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** How many live claims a device may have, and that no claim is dropped to make room. */
final class QuotaCases {
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
            book.positive("quota-" + quota)
                    .rule(Rules.QUOTA)
                    .flags(StateFlags.AT_THE_EDGE)
                    .comment("As many requests as the quota allows.")
                    .steps(usedUp(quota));
            book.negative("quota-" + quota + "-and-one-more")
                    .rule(Rules.QUOTA)
                    .flags(StateFlags.QUOTA_USED_UP, StateFlags.PAST_THE_EDGE)
                    .from("quota-" + quota)
                    .difference("One more request comes.")
                    .comment("The quota is used up. 503: there will be room again.")
                    .steps(usedUp(quota).verify(request(quota + 1), rejected(Reason.STORE_FULL)));
        }
        book.positive("no-quota-set")
                .rule(Rules.QUOTA)
                .flags(Flags.ORDINARY)
                .comment("The usual quota is far away.")
                .steps(allAccepted(Scenario.verifier(), 4));
        book.negative("refused-again")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.SAME_REQUEST)
                .from("room-after-expiry")
                .difference("The last request comes at once.")
                .comment("Nothing has changed. It is not answered as a replay, for nothing of it was stored.")
                .steps(usedUp(1)
                        .verify(request(2).dated(300), rejected(Reason.STORE_FULL))
                        .verify(request(2).dated(300), rejected(Reason.STORE_FULL)));
    }

    private void devices() {
        Scenario two = Scenario.verifier(Settings.quota(1), DeviceTemplate.active("a"), DeviceTemplate.active("b"))
                .verify(request(1), accepted());
        book.positive("other-device-has-room")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.OTHER_DEVICE)
                .comment("One device's quota is used up; another one is not concerned.")
                .steps(two.verify(request(2).device("b"), accepted()));
        book.negative("other-spelling-has-none")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.DEVICE_CASE)
                .from("other-spelling-in-a-quota-of-two")
                .difference("The quota is one.")
                .comment("The quota is the stored device's, however its id is spelled.")
                .steps(Scenario.verifier(Settings.quota(1))
                        .verify(request(1), accepted())
                        .verify(request(2).with(Draft.DEVICE_ID, "{DEVICE:a}"), rejected(Reason.STORE_FULL)));
        book.positive("other-spelling-in-a-quota-of-two")
                .rule(Rules.QUOTA)
                .flags(StateFlags.AT_THE_EDGE, StateFlags.DEVICE_CASE)
                .comment("Two requests of one device in two spellings of its id, and a quota of two.")
                .steps(Scenario.verifier(Settings.quota(2))
                        .verify(request(1), accepted())
                        .verify(request(2).with(Draft.DEVICE_ID, "{DEVICE:a}"), accepted()));
        Scenario rotating = Scenario.verifier(
                        Settings.quota(1),
                        Devices.withKeys(Devices.current("a"), Devices.provisional("a2", Devices.DAY)))
                .verify(request(1), accepted());
        book.negative("other-key-has-none")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.NEW_KEY)
                .from("other-key-in-a-quota-of-two")
                .difference("The quota is one.")
                .comment("The quota is the device's, not the key's.")
                .steps(rotating.verify(request(2).key("a2"), rejected(Reason.STORE_FULL)));
        book.positive("other-key-in-a-quota-of-two")
                .rule(Rules.QUOTA)
                .flags(StateFlags.AT_THE_EDGE, StateFlags.NEW_KEY)
                .comment("One request under each key, and a quota of two.")
                .steps(Scenario.verifier(
                                Settings.quota(2),
                                Devices.withKeys(Devices.current("a"), Devices.provisional("a2", Devices.DAY)))
                        .verify(request(1), accepted())
                        .verify(request(2).key("a2"), accepted()));
    }

    private void room() {
        Draft later = request(2).dated(ALL_OVER).at(ALL_OVER);
        book.positive("room-long-after")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.LONG_AFTER)
                .comment("When the claims have ended, there is room again.")
                .steps(usedUp(1).verify(later, accepted()));
        book.positive("room-for-as-many")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.LONG_AFTER, StateFlags.AT_THE_EDGE)
                .comment("All claims of a full quota end, so that there is room for as many.")
                .steps(usedUp(2)
                        .verify(request(3).dated(ALL_OVER).at(ALL_OVER), accepted())
                        .verify(request(4).dated(ALL_OVER).at(ALL_OVER), accepted()));
        book.negative("room-for-no-more")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.LONG_AFTER, StateFlags.PAST_THE_EDGE)
                .from("room-for-as-many")
                .difference("One more request comes.")
                .comment("The quota is the same as before.")
                .steps(usedUp(2)
                        .verify(request(3).dated(ALL_OVER).at(ALL_OVER), accepted())
                        .verify(request(4).dated(ALL_OVER).at(ALL_OVER), accepted())
                        .verify(request(5).dated(ALL_OVER).at(ALL_OVER), rejected(Reason.STORE_FULL)));
        book.negative("no-room-while-the-claim-lives")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.AT_THE_EDGE)
                .from("room-long-after-an-early-date")
                .difference("The last request arrives 300 seconds after the first.")
                .comment("A claim lives for 300 seconds at least, and counts as long.")
                .steps(usedUp(1).verify(request(2).dated(600).at(300), rejected(Reason.STORE_FULL)));
        book.positive("room-long-after-an-early-date")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.LONG_AFTER)
                .comment("The first claim ended some 600 seconds ago; this request is as old as the window allows.")
                .steps(usedUp(1).verify(request(2).dated(600).at(900), accepted()));
        book.positive("room-after-expiry")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.LONG_AFTER, StateFlags.SAME_REQUEST)
                .comment("Refused at first, and sent again when there is room and it is still fresh.")
                .steps(usedUp(1)
                        .verify(request(2).dated(300), rejected(Reason.STORE_FULL))
                        .verify(request(2).dated(300).at(600), accepted()));
    }

    private void replayFirst() {
        book.positive("copy-when-used-up")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.SAME_REQUEST)
                .comment("The quota is used up, and an accepted request comes again: a replay, whatever room there is.")
                .steps(usedUp(1).verify(request(1), rejected(Reason.NONCE_REPLAY)));
        book.positive("same-nonce-when-used-up")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.SAME_NONCE)
                .comment("A genuine request under the used nonce.")
                .steps(usedUp(1).verify(request(2).nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.positive("swapped-nonce-when-used-up")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.SWAPPED_NONCE)
                .comment("A captured signature under a new nonce.")
                .steps(usedUp(1).verify(request(1).nonce("2"), rejected(Reason.SIGNATURE_REPLAY)));
        book.positive("flipped-when-used-up")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.FLIPPED_S)
                .comment("A captured signature, flipped, under a new nonce.")
                .steps(usedUp(1).verify(request(1).s(HalfOrder.FLIPPED).nonce("2"), rejected(Reason.SIGNATURE_REPLAY)));
        Scenario refused = usedUp(1).verify(request(2), rejected(Reason.STORE_FULL));
        book.positive("copy-after-a-refusal")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.SAME_REQUEST, StateFlags.SEVERAL_FAULTS)
                .comment("That another request was refused did not push the first one's claim out.")
                .steps(refused.verify(request(1), rejected(Reason.NONCE_REPLAY)));
        book.negative("another-after-a-refusal")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.SWAPPED_NONCE)
                .from("swapped-nonce-after-a-refusal")
                .difference("The last request carries a signature of its own.")
                .comment("Not a replay, and no room.")
                .steps(refused.verify(request(3), rejected(Reason.STORE_FULL)));
        book.positive("swapped-nonce-after-a-refusal")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.SWAPPED_NONCE, StateFlags.SEVERAL_FAULTS)
                .comment("The first one's signature under a third nonce, after a refusal.")
                .steps(refused.verify(request(1).nonce("3"), rejected(Reason.SIGNATURE_REPLAY)));
    }

    /** What does not count against the quota. */
    private void notCounted() {
        Draft read = Draft.get("/v1/state").nonce("2");
        Scenario writes = Scenario.verifier(Settings.both(Settings.quota(1), Settings.writesOnly()));
        book.positive("unprotected-reads-are-not-counted")
                .rule(Rules.QUOTA)
                .flags(StateFlags.READ_METHOD, StateFlags.WRITES_ONLY)
                .comment("A read that is not claimed takes no part of the quota.")
                .steps(writes.verify(read, accepted()).verify(FIRST, accepted()));
        book.negative("protected-reads-are-counted")
                .rule(Rules.QUOTA)
                .flags(StateFlags.READ_METHOD, StateFlags.QUOTA_USED_UP)
                .from("unprotected-reads-are-not-counted")
                .difference("Every method is protected.")
                .comment("A read that is claimed counts.")
                .steps(Scenario.verifier(Settings.quota(1))
                        .verify(read, accepted())
                        .verify(FIRST, rejected(Reason.STORE_FULL)));
        book.positive("unprotected-read-when-used-up")
                .rule(Rules.QUOTA)
                .flags(StateFlags.READ_METHOD, StateFlags.WRITES_ONLY, StateFlags.QUOTA_USED_UP)
                .comment("A read that is not claimed needs no room.")
                .steps(writes.verify(FIRST, accepted()).verify(read, accepted()));
        book.positive("rejected-requests-are-not-counted")
                .rule(Rules.QUOTA)
                .flags(StateFlags.BAD_SIGNATURE, StateFlags.AT_THE_EDGE)
                .comment("Strangers cannot use up a device's quota.")
                .steps(Scenario.verifier(Settings.quota(1))
                        .verify(request(2).key("x"), rejected(Reason.INVALID_SIGNATURE))
                        .verify(request(1), accepted()));
        book.negative("accepted-requests-are-counted")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP)
                .from("rejected-requests-are-not-counted")
                .difference("The first request is signed by the device.")
                .comment("Accepted, so it counts.")
                .steps(Scenario.verifier(Settings.quota(1))
                        .verify(request(2), accepted())
                        .verify(request(1), rejected(Reason.STORE_FULL)));
        book.positive("replays-are-not-counted")
                .rule(Rules.QUOTA)
                .flags(StateFlags.SAME_REQUEST, StateFlags.AT_THE_EDGE)
                .comment("A copy takes no part of the quota.")
                .steps(Scenario.verifier(Settings.quota(2))
                        .verify(request(1), accepted())
                        .verify(request(1), rejected(Reason.NONCE_REPLAY))
                        .verify(request(2), accepted()));
        book.negative("genuine-requests-are-counted")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.PAST_THE_EDGE)
                .from("replays-are-not-counted")
                .difference("A genuine request comes in between.")
                .comment("The second one used up the quota.")
                .steps(Scenario.verifier(Settings.quota(2))
                        .verify(request(1), accepted())
                        .verify(request(1), rejected(Reason.NONCE_REPLAY))
                        .verify(request(3), accepted())
                        .verify(request(2), rejected(Reason.STORE_FULL)));
        book.positive("quota-of-two-tokens")
                .rule(Rules.QUOTA)
                .flags(StateFlags.AT_THE_EDGE, StateFlags.NONCE_TOKEN_ONLY)
                .comment("The quota counts requests, not tokens: with one token or two it is the same.")
                .steps(allAccepted(Scenario.verifier(Settings.both(Settings.quota(2), Settings.nonceOnly())), 2));
        book.negative("quota-of-two-tokens-and-one-more")
                .rule(Rules.QUOTA)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.NONCE_TOKEN_ONLY)
                .from("quota-of-two-tokens")
                .difference("One more request comes.")
                .comment("The quota is used up.")
                .steps(allAccepted(Scenario.verifier(Settings.both(Settings.quota(2), Settings.nonceOnly())), 2)
                        .verify(request(3), rejected(Reason.STORE_FULL)));
    }
}
