package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Draft.SECOND;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;
import static dev.countersign.conformance.generator.Expect.replayed;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.signing.Recipe.HalfOrder;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Requests at the same moment: a check and a store that are two steps let copies through. */
final class ReplayParallelCases {
    private final CaseBook book = new CaseBook("replay-parallel", "Requests at the same moment", Role.VERIFIER);

    static Group group() {
        ReplayParallelCases cases = new ReplayParallelCases();
        cases.copies();
        cases.oneTokenInCommon();
        cases.mixtures();
        cases.afterwards();
        cases.withOtherRules();
        return cases.book.group();
    }

    private void copies() {
        book.positive("one-alone")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(Flags.ORDINARY)
                .comment("One request, asked for as those at the same moment are.")
                .steps(Scenario.verifier().verifyAll(List.of(FIRST), List.of(accepted())));
        for (int count : List.of(2, 8, 16)) {
            book.positive("genuine-" + count)
                    .rule(Rules.REPLAY_ATOMIC)
                    .flags(StateFlags.PARALLEL)
                    .comment(count + " genuine requests of one device at the same moment are all accepted.")
                    .steps(Scenario.verifier().verifyAll(genuine(count), times(count, accepted())));
            book.negative("copies-" + count)
                    .rule(Rules.REPLAY_ATOMIC)
                    .flags(StateFlags.PARALLEL, StateFlags.SAME_REQUEST)
                    .from("one-alone")
                    .difference("The request is there " + count + " times.")
                    .comment("Exactly one of the copies is accepted, whichever it is.")
                    .steps(Scenario.verifier()
                            .verifyAll(Collections.nCopies(count, FIRST), oneOf(count, rejected(Reason.NONCE_REPLAY))));
        }
    }

    private void oneTokenInCommon() {
        book.negative("same-nonce")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.SAME_NONCE)
                .from("genuine-2")
                .difference("The second request has the first one's nonce.")
                .comment("One nonce counts once, also for two genuine requests.")
                .steps(Scenario.verifier()
                        .verifyAll(List.of(FIRST, SECOND.nonce("1")), oneOf(2, rejected(Reason.NONCE_REPLAY))));
        book.negative("swapped-nonce")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.SWAPPED_NONCE)
                .from("genuine-2")
                .difference("The second request carries the first one's signature.")
                .comment("The signature's token is part of the same atomic claim.")
                .steps(Scenario.verifier()
                        .verifyAll(List.of(FIRST, FIRST.nonce("2")), oneOf(2, rejected(Reason.SIGNATURE_REPLAY))));
        book.positive("genuine-and-flipped")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.FLIPPED_S)
                .comment("Two signatures of one message: the second has the other form of s, and another r.")
                .steps(Scenario.verifier()
                        .verifyAll(
                                List.of(
                                        FIRST,
                                        FIRST.attempt(1).s(HalfOrder.FLIPPED).nonce("2")),
                                times(2, accepted())));
        book.negative("flipped")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.FLIPPED_S, StateFlags.SWAPPED_NONCE)
                .from("genuine-and-flipped")
                .difference("The flipped signature is the first request's own.")
                .comment("The same r, so the same token.")
                .steps(Scenario.verifier()
                        .verifyAll(
                                List.of(FIRST, FIRST.s(HalfOrder.FLIPPED).nonce("2")),
                                oneOf(2, rejected(Reason.SIGNATURE_REPLAY))));
        List<Draft> swapped = IntStream.rangeClosed(1, 8)
                .mapToObj(i -> FIRST.nonce(Integer.toString(i)))
                .toList();
        book.negative("swapped-nonces-8")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.SWAPPED_NONCE)
                .from("one-alone")
                .difference("The request is there eight times, each under a nonce of its own.")
                .comment("Eight nonces, one signature: exactly one is accepted.")
                .steps(Scenario.verifier().verifyAll(swapped, oneOf(8, rejected(Reason.SIGNATURE_REPLAY))));
        List<Draft> spelled = List.of(
                FIRST,
                FIRST.with(Draft.NONCE, "{NONCE:1}"),
                FIRST.with(Draft.DEVICE_ID, "{DEVICE:a}"),
                FIRST.with(Draft.NONCE, "{NONCE:1}").with(Draft.DEVICE_ID, "{DEVICE:a}"));
        book.negative("every-spelling")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.NONCE_CASE, StateFlags.DEVICE_CASE)
                .from("one-alone")
                .difference("The request is there four times, its nonce and its device id in either case.")
                .comment("Four spellings of one request.")
                .steps(Scenario.verifier().verifyAll(spelled, oneOf(4, rejected(Reason.NONCE_REPLAY))));
    }

    private void mixtures() {
        List<Draft> copiesOfBoth = List.of(FIRST, SECOND, FIRST, SECOND, FIRST, SECOND, FIRST, SECOND);
        List<ObjectNode> twoOfEight = new ArrayList<>(times(2, accepted()));
        twoOfEight.addAll(times(6, rejected(Reason.NONCE_REPLAY)));
        book.negative("copies-of-two")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.SAME_REQUEST)
                .from("genuine-2")
                .difference("Each of the two requests is there four times.")
                .comment("Of each request exactly one copy is accepted.")
                .steps(Scenario.verifier().verifyAll(copiesOfBoth, twoOfEight));
        // Whether a copy meets the nonce or the signature first depends on which one won.
        List<Draft> everyTrick = List.of(
                FIRST,
                FIRST,
                FIRST.nonce("2"),
                FIRST.s(HalfOrder.FLIPPED),
                FIRST.s(HalfOrder.FLIPPED).nonce("3"),
                FIRST.with(Draft.NONCE, "{NONCE:1}"));
        book.negative("every-trick")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(
                        StateFlags.PARALLEL,
                        StateFlags.SAME_REQUEST,
                        StateFlags.SWAPPED_NONCE,
                        StateFlags.FLIPPED_S,
                        StateFlags.NONCE_CASE)
                .from("one-alone")
                .difference("The request is there six times: copied, under other nonces, flipped, spelled otherwise.")
                .comment(
                        "They all have one signature's r, so exactly one is accepted. Which token stopped the others depends on which one won; clients get the same answer.")
                .steps(Scenario.verifier().verifyAll(everyTrick, oneOf(6, replayed())));
        Scenario two = Scenario.verifier(DeviceTemplate.active("a"), DeviceTemplate.active("b"));
        book.positive("two-devices")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.OTHER_DEVICE)
                .comment("Two devices with one nonce at the same moment: two different claims.")
                .steps(two.verifyAll(List.of(FIRST, FIRST.device("b")), times(2, accepted())));
        book.negative("two-devices-one-signature")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.OTHER_DEVICE, StateFlags.FOREIGN_KEY)
                .from("two-devices")
                .difference("The second request carries the first device's signature.")
                .comment("It is not valid there, and does not disturb the first.")
                .steps(two.verifyAll(
                        List.of(FIRST, FIRST.device("b").key("a")),
                        List.of(accepted(), rejected(Reason.INVALID_SIGNATURE))));
        book.negative("one-bad-among-two")
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(StateFlags.PARALLEL, StateFlags.BAD_SIGNATURE, StateFlags.NONCE_STAYS_FREE)
                .from("genuine-2")
                .difference("The second request is signed by a key that no device has.")
                .comment("A bad request does not touch the good one beside it.")
                .steps(Scenario.verifier()
                        .verifyAll(
                                List.of(FIRST, SECOND.key("x").attempt(1)),
                                List.of(accepted(), rejected(Reason.INVALID_SIGNATURE))));
        book.positive("stranger-with-the-same-nonce")
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(StateFlags.PARALLEL, StateFlags.BAD_SIGNATURE, StateFlags.NONCE_STAYS_FREE)
                .comment(
                        "Seven requests of strangers under the nonce of a genuine one, all at the same moment: the genuine one is accepted.")
                .steps(Scenario.verifier()
                        .verifyAll(strangersAround(FIRST), oneOf(8, rejected(Reason.INVALID_SIGNATURE))));
        book.positive("copies-of-a-read")
                .rule(Rules.REPLAY_METHODS)
                .flags(StateFlags.PARALLEL, StateFlags.READ_METHOD, StateFlags.WRITES_ONLY)
                .comment("Where only writes are claimed, eight copies of a read are all accepted.")
                .steps(Scenario.verifier(Settings.writesOnly())
                        .verifyAll(Collections.nCopies(8, Draft.get("/v1/state")), times(8, accepted())));
        book.negative("copies-of-a-protected-read")
                .rule(Rules.REPLAY_METHODS)
                .flags(StateFlags.PARALLEL, StateFlags.READ_METHOD)
                .from("copies-of-a-read")
                .difference("The setting is left out.")
                .comment("Reads are claimed like writes: exactly one is accepted.")
                .steps(Scenario.verifier()
                        .verifyAll(
                                Collections.nCopies(8, Draft.get("/v1/state")),
                                oneOf(8, rejected(Reason.NONCE_REPLAY))));
    }

    private static List<Draft> strangersAround(Draft genuine) {
        List<Draft> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(i == 4 ? genuine : genuine.key("x").attempt(i));
        }
        return all;
    }

    private void afterwards() {
        Scenario together = Scenario.verifier().verifyAll(List.of(FIRST, SECOND), times(2, accepted()));
        book.positive("and-then-another")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL)
                .comment("Two requests at the same moment, then a third.")
                .steps(together.verify(FIRST.nonce("3").attempt(2), accepted()));
        book.negative("and-then-a-copy")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.SAME_NONCE)
                .from("and-then-another")
                .difference("The third has the nonce of one of the two.")
                .comment("What was claimed together with others is claimed.")
                .steps(together.verify(FIRST.nonce("2").attempt(2), rejected(Reason.NONCE_REPLAY)));
        Scenario once = Scenario.verifier().verify(FIRST, accepted());
        book.positive("genuine-after-one")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL)
                .comment("One request, then another one alone.")
                .steps(once.verifyAll(List.of(SECOND), List.of(accepted())));
        book.negative("copies-after-one")
                .rule(Rules.REPLAY_ATOMIC)
                .flags(StateFlags.PARALLEL, StateFlags.SAME_REQUEST)
                .from("genuine-after-one")
                .difference("What follows is the first request, eight times.")
                .comment("It was accepted before, so none of its copies is.")
                .steps(once.verifyAll(Collections.nCopies(8, FIRST), times(8, rejected(Reason.NONCE_REPLAY))));
    }

    private void withOtherRules() {
        Scenario one = Scenario.verifier(Settings.quota(1));
        book.positive("copies-under-a-quota-of-one")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.PARALLEL, StateFlags.SAME_REQUEST, StateFlags.QUOTA_USED_UP)
                .comment("One copy takes the only claim of the quota. The others are replays, and answered as such.")
                .steps(one.verifyAll(Collections.nCopies(4, FIRST), oneOf(4, rejected(Reason.NONCE_REPLAY))));
        book.positive("quota-as-large-as-the-crowd")
                .rule(Rules.QUOTA)
                .flags(StateFlags.PARALLEL, StateFlags.AT_THE_EDGE)
                .comment("Four requests at the same moment, and a quota of four.")
                .steps(Scenario.verifier(Settings.quota(4)).verifyAll(genuine(4), times(4, accepted())));
        book.negative("genuine-under-a-quota-of-one")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.PARALLEL, StateFlags.QUOTA_USED_UP)
                .from("quota-as-large-as-the-crowd")
                .difference("The quota is one.")
                .comment("One takes the only claim. The others are no replays: they find no room.")
                .steps(one.verifyAll(genuine(4), oneOf(4, rejected(Reason.STORE_FULL))));
        List<ObjectNode> threeOfFour = new ArrayList<>(times(3, accepted()));
        threeOfFour.add(rejected(Reason.STORE_FULL));
        book.negative("quota-one-short")
                .rule(Rules.QUOTA)
                .flags(StateFlags.PARALLEL, StateFlags.QUOTA_USED_UP, StateFlags.PAST_THE_EDGE)
                .from("quota-as-large-as-the-crowd")
                .difference("The quota is three.")
                .comment("Exactly three are accepted: counting and claiming are one step, too.")
                .steps(Scenario.verifier(Settings.quota(3)).verifyAll(genuine(4), threeOfFour));

        DeviceTemplate rotating = Devices.withKeys(Devices.current("a"), Devices.provisional("a2", Devices.DAY));
        book.positive("both-keys-of-a-rotation")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.PARALLEL, StateFlags.NEW_KEY, StateFlags.OLD_KEY)
                .comment("Old and new key sign at the same moment. Whichever is judged first, both count.")
                .steps(Scenario.verifier(rotating)
                        .verifyAll(List.of(FIRST, FIRST.key("a2").nonce("2")), times(2, accepted())));
        book.negative("both-keys-one-nonce")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.PARALLEL, StateFlags.NEW_KEY, StateFlags.SAME_NONCE)
                .from("both-keys-of-a-rotation")
                .difference("The second request has the first one's nonce.")
                .comment("A nonce is the device's, whichever of its keys signs.")
                .steps(Scenario.verifier(rotating)
                        .verifyAll(List.of(FIRST, FIRST.key("a2")), oneOf(2, rejected(Reason.NONCE_REPLAY))));
    }

    private static List<Draft> genuine(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> FIRST.nonce(Integer.toString(i + 1)).attempt(i))
                .toList();
    }

    private static List<ObjectNode> times(int count, ObjectNode answer) {
        return Collections.nCopies(count, answer);
    }

    /** One is accepted, the others are not. */
    private static List<ObjectNode> oneOf(int count, ObjectNode others) {
        List<ObjectNode> answers = new ArrayList<>();
        answers.add(accepted());
        answers.addAll(times(count - 1, others));
        return answers;
    }
}
