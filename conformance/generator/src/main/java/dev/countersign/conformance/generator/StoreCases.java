package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Draft.SECOND;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** Stores that fail or are full: 503, never 401, never accepted, and nothing burnt. */
final class StoreCases {
    private static final ObjectNode UNAVAILABLE = rejected(Reason.STORE_UNAVAILABLE);
    private static final ObjectNode FULL = rejected(Reason.STORE_FULL);

    private final CaseBook book = new CaseBook("stores", "Stores that are down or full", Role.VERIFIER);
    private final FaultOrder order = new FaultOrder(book, Rules.END_ORDER, List.of());

    static Group group() {
        StoreCases cases = new StoreCases();
        cases.down("keys", StateFlags.KEYS_DOWN);
        cases.down("nonces", StateFlags.NONCES_DOWN);
        cases.claimsSurvive();
        cases.full();
        cases.unprotectedReads();
        cases.keysDownOrder();
        cases.noncesDownOrder();
        return cases.book.group();
    }

    private void down(String store, Flag flag) {
        String name = store + "-";
        book.positive(name + "up")
                .rule(Rules.STORES_DOWN)
                .flags(StateFlags.STORE_RECOVERS)
                .comment("The store was down for a moment in which nobody asked.")
                .steps(Scenario.verifier()
                        .fault(store, "down")
                        .fault(store, "up")
                        .verify(FIRST, accepted()));
        book.negative(name + "down")
                .rule(Rules.STORES_DOWN)
                .flags(flag)
                .from(name + "up")
                .difference("The store does not come back.")
                .comment(
                        "What cannot be checked is not accepted, and 503 makes the client come back where 401 would make it drop its data.")
                .steps(Scenario.verifier().fault(store, "down").verify(FIRST, UNAVAILABLE));
        Scenario refused = Scenario.verifier().fault(store, "down").verify(FIRST, UNAVAILABLE);
        book.positive(name + "up-again")
                .rule(Rules.STORES_DOWN)
                .flags(flag, StateFlags.STORE_RECOVERS, StateFlags.SIGNATURE_STAYS_FREE)
                .comment("Refused while the store was down; the very same request counts when it is back.")
                .steps(refused.fault(store, "up").verify(FIRST, accepted()));
        book.negative(name + "still-down")
                .rule(Rules.STORES_DOWN)
                .flags(flag, StateFlags.SAME_REQUEST)
                .from(name + "up-again")
                .difference("The store does not come back.")
                .comment("The same answer again, and not that of a replay.")
                .steps(refused.verify(FIRST, UNAVAILABLE));
    }

    private void claimsSurvive() {
        claimsSurvive("keys", StateFlags.KEYS_DOWN);
        claimsSurvive("nonces", StateFlags.NONCES_DOWN);
    }

    private void claimsSurvive(String store, Flag flag) {
        Scenario was = Scenario.verifier().verify(FIRST, accepted()).fault(store, "down");
        book.positive(store + "-back-with-its-claims")
                .rule(Rules.STORES_DOWN)
                .flags(flag, StateFlags.STORE_RECOVERS)
                .comment("One request before the store went down, another when it is back.")
                .steps(was.fault(store, "up").verify(SECOND, accepted()));
        book.negative(store + "-back-same-nonce")
                .rule(Rules.STORES_DOWN)
                .flags(flag, StateFlags.STORE_RECOVERS, StateFlags.SAME_NONCE)
                .from(store + "-back-with-its-claims")
                .difference("The second request has the first one's nonce.")
                .comment("What was accepted before is remembered.")
                .steps(was.fault(store, "up").verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.negative(store + "-down-for-a-known-device")
                .rule(Rules.STORES_DOWN)
                .flags(flag)
                .from(store + "-back-with-its-claims")
                .difference("The store does not come back.")
                .comment("That the device was seen a moment ago is no substitute for asking.")
                .steps(was.verify(SECOND, UNAVAILABLE));
    }

    private void full() {
        book.positive("nonces-roomy")
                .rule(Rules.STORES_FULL)
                .flags(StateFlags.STORE_RECOVERS)
                .comment("The store was full for a moment in which nobody asked.")
                .steps(Scenario.verifier()
                        .fault("nonces", "full")
                        .fault("nonces", "up")
                        .verify(FIRST, accepted()));
        book.negative("nonces-full")
                .rule(Rules.STORES_FULL)
                .flags(StateFlags.NONCES_FULL)
                .from("nonces-roomy")
                .difference("The store stays full.")
                .comment("What cannot be claimed is not accepted.")
                .steps(Scenario.verifier().fault("nonces", "full").verify(FIRST, FULL));
        Scenario refused = Scenario.verifier().fault("nonces", "full").verify(FIRST, FULL);
        book.positive("nonces-roomy-again")
                .rule(Rules.STORES_FULL)
                .flags(StateFlags.NONCES_FULL, StateFlags.STORE_RECOVERS, StateFlags.SIGNATURE_STAYS_FREE)
                .comment("Refused while the store was full; the very same request counts when there is room.")
                .steps(refused.fault("nonces", "up").verify(FIRST, accepted()));
        book.negative("nonces-still-full")
                .rule(Rules.STORES_FULL)
                .flags(StateFlags.NONCES_FULL, StateFlags.SAME_REQUEST)
                .from("nonces-roomy-again")
                .difference("The store stays full.")
                .comment("The same answer again, and not that of a replay.")
                .steps(refused.verify(FIRST, FULL));
        Scenario was = Scenario.verifier().verify(FIRST, accepted()).fault("nonces", "full");
        Scenario back = was.verify(SECOND, FULL).fault("nonces", "up");
        Draft third = FIRST.nonce("3").attempt(2);
        book.positive("roomy-again-with-its-claims")
                .rule(Rules.STORES_FULL)
                .flags(StateFlags.NONCES_FULL, StateFlags.STORE_RECOVERS)
                .comment("One request before the store was full, one refused, one when there is room.")
                .steps(back.verify(third, accepted()));
        book.negative("roomy-again-same-nonce")
                .rule(Rules.STORES_FULL)
                .flags(StateFlags.NONCES_FULL, StateFlags.STORE_RECOVERS, StateFlags.SAME_NONCE)
                .from("roomy-again-with-its-claims")
                .difference("The last request has the first one's nonce.")
                .comment("No live claim was dropped to make room.")
                .steps(back.verify(third.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.positive("copy-when-full")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.NONCES_FULL, StateFlags.SAME_REQUEST)
                .comment("An accepted request comes again while the store is full: a replay is answered as one.")
                .steps(was.verify(FIRST, rejected(Reason.NONCE_REPLAY)));
        book.positive("same-nonce-when-full")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.NONCES_FULL, StateFlags.SAME_NONCE)
                .comment("A genuine request under the used nonce.")
                .steps(was.verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.negative("genuine-when-full")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.NONCES_FULL)
                .from("same-nonce-when-full")
                .difference("The last request has a nonce of its own.")
                .comment("Not a replay, and no room.")
                .steps(was.verify(SECOND, FULL));
        book.positive("swapped-nonce-when-full")
                .rule(Rules.REPLAY_BEFORE_QUOTA)
                .flags(StateFlags.NONCES_FULL, StateFlags.SWAPPED_NONCE)
                .comment("A captured signature under a new nonce.")
                .steps(was.verify(FIRST.nonce("2"), rejected(Reason.SIGNATURE_REPLAY)));
    }

    private void unprotectedReads() {
        Draft read = Draft.get("/v1/state");
        for (String state : List.of("down", "full")) {
            Flag flag = state.equals("down") ? StateFlags.NONCES_DOWN : StateFlags.NONCES_FULL;
            Rules rule = state.equals("down") ? Rules.STORES_DOWN : Rules.STORES_FULL;
            book.positive("unprotected-read-nonces-" + state)
                    .rule(rule)
                    .flags(flag, StateFlags.READ_METHOD, StateFlags.WRITES_ONLY)
                    .comment("A read that is not claimed does not need the nonce store.")
                    .steps(Scenario.verifier(Settings.writesOnly())
                            .fault("nonces", state)
                            .verify(read, accepted()));
            book.negative("protected-read-nonces-" + state)
                    .rule(rule)
                    .flags(flag, StateFlags.READ_METHOD)
                    .from("unprotected-read-nonces-" + state)
                    .difference("Every method is protected.")
                    .comment("A protected read is claimed like a write.")
                    .steps(Scenario.verifier()
                            .fault("nonces", state)
                            .verify(read, state.equals("down") ? UNAVAILABLE : FULL));
        }
        book.negative("unprotected-read-keys-down")
                .rule(Rules.STORES_DOWN)
                .flags(StateFlags.KEYS_DOWN, StateFlags.READ_METHOD, StateFlags.WRITES_ONLY)
                .from("unprotected-read-nonces-down")
                .difference("It is the key store that is down.")
                .comment("Every request needs a key.")
                .steps(Scenario.verifier(Settings.writesOnly())
                        .fault("keys", "down")
                        .verify(read, UNAVAILABLE));
    }

    /** What is answered before anybody asks the key store, and what it hides. */
    private void keysDownOrder() {
        Scenario down = Scenario.verifier().fault("keys", "down");
        order.answered(
                "malformed-before-keys-down",
                StateFlags.KEYS_DOWN,
                "A malformed head needs no store.",
                down.verify(FIRST.with(Draft.NONCE, "none"), rejected(Reason.MALFORMED_HEADER)));
        order.answered(
                        "stale-head-before-keys-down",
                        StateFlags.KEYS_DOWN,
                        "A stale head needs no store either.",
                        down.verify(FIRST.at(301), rejected(Reason.CLOCK_SKEW)))
                .without(
                        "fresh-and-keys-down",
                        "It arrives one second earlier.",
                        down.verify(FIRST.at(300), UNAVAILABLE));
        Scenario small = Scenario.verifier(Settings.longestBody(7)).fault("keys", "down");
        order.answered(
                        "large-body-before-keys-down",
                        StateFlags.KEYS_DOWN,
                        "A body that is too large is refused as it comes.",
                        small.verify(FIRST.body(Body.text("eight...")), rejected(Reason.BODY_TOO_LARGE)))
                .without(
                        "small-body-and-keys-down",
                        "The body is one byte shorter.",
                        small.verify(FIRST.body(Body.text("seven..")), UNAVAILABLE));
        order.answered(
                "keys-down-before-bad-signature",
                StateFlags.KEYS_DOWN,
                "A bad signature cannot be known as one without the key.",
                down.verify(FIRST.key("x"), UNAVAILABLE));
        order.answered(
                        "keys-down-before-unknown-device",
                        StateFlags.KEYS_DOWN,
                        "Nobody can say that a device is unknown while the store is down.",
                        down.verify(FIRST.device("b"), UNAVAILABLE))
                .without(
                        "unknown-device-and-keys-up",
                        "The store is up.",
                        Scenario.verifier().verify(FIRST.device("b"), rejected(Reason.UNKNOWN_DEVICE)));
        order.answered(
                "keys-down-before-late-body",
                StateFlags.KEYS_DOWN,
                "The lookup comes before the second reading of the clock.",
                down.verify(FIRST.arriving(0, 301L), UNAVAILABLE));
    }

    /** What is answered before anybody asks the nonce store: everything else. */
    private void noncesDownOrder() {
        Scenario down = Scenario.verifier().fault("nonces", "down");
        order.answered(
                "bad-signature-before-nonces-down",
                StateFlags.NONCES_DOWN,
                "A bad signature makes no claim, so its answer needs no nonce store.",
                down.verify(FIRST.key("x"), rejected(Reason.INVALID_SIGNATURE)));
        order.answered(
                "bad-signature-before-nonces-full",
                StateFlags.NONCES_FULL,
                "A bad signature makes no claim, so it needs no room.",
                Scenario.verifier().fault("nonces", "full").verify(FIRST.key("x"), rejected(Reason.INVALID_SIGNATURE)));
        order.answered(
                        "late-body-before-nonces-down",
                        StateFlags.NONCES_DOWN,
                        "What is stale at its end makes no claim.",
                        down.verify(FIRST.arriving(0, 301L), rejected(Reason.CLOCK_SKEW)))
                .without(
                        "body-in-time-and-nonces-down",
                        "The body ends one second earlier.",
                        down.verify(FIRST.arriving(0, 300L), UNAVAILABLE));
        stateOrder("revoked", Devices.revoked(), Reason.DEVICE_REVOKED, StateFlags.REVOKED_DEVICE);
        stateOrder("pending", Devices.pending(), Reason.DEVICE_PENDING, StateFlags.PENDING_DEVICE);
        stateOrder("invalidated", Devices.invalidated(), Reason.KEY_INVALIDATED, StateFlags.INVALIDATED_KEY);
        book.positive("copy-after-the-store-is-back")
                .rule(Rules.END_ORDER)
                .flags(StateFlags.NONCES_DOWN, StateFlags.STORE_RECOVERS, StateFlags.SAME_REQUEST)
                .comment("A store that is back knows what it knew.")
                .steps(Scenario.verifier()
                        .verify(FIRST, accepted())
                        .fault("nonces", "down")
                        .fault("nonces", "up")
                        .verify(FIRST, rejected(Reason.NONCE_REPLAY)));
        book.negative("copy-while-the-store-is-down")
                .rule(Rules.END_ORDER)
                .flags(StateFlags.NONCES_DOWN, StateFlags.SAME_REQUEST)
                .from("copy-after-the-store-is-back")
                .difference("The store does not come back.")
                .comment("Whether it is a replay cannot be known now.")
                .steps(Scenario.verifier()
                        .verify(FIRST, accepted())
                        .fault("nonces", "down")
                        .verify(FIRST, UNAVAILABLE));
    }

    private void stateOrder(String name, DeviceTemplate device, Reason reason, Flag flag) {
        book.positive(name + "-before-nonces-down")
                .rule(Rules.END_ORDER)
                .flags(flag, StateFlags.NONCES_DOWN, StateFlags.SEVERAL_FAULTS)
                .comment("The state of device and key is judged before the claim.")
                .steps(Scenario.verifier(device).fault("nonces", "down").verify(FIRST, rejected(reason)));
    }
}
