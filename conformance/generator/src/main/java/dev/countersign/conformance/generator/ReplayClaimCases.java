package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;
import static dev.countersign.conformance.generator.Scenario.ACCEPTED_ONCE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.signing.Recipe.HalfOrder;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;
import java.util.function.UnaryOperator;

/** What a request that is rejected leaves behind: nothing. */
final class ReplayClaimCases {
    /** A second genuine request with the same content and the same nonce. */
    private static final Draft OTHER = FIRST.attempt(1);

    /** The first request in the hands of somebody who can change it, but not its signature. */
    private static final Draft HELD_BACK = FIRST.sealed();

    private final CaseBook book =
            new CaseBook("replay-claims", "Rejected requests leave nothing behind", Role.VERIFIER);

    static Group group() {
        ReplayClaimCases cases = new ReplayClaimCases();
        cases.faultsOfTheHead();
        cases.faultsAtTheEnd();
        cases.states();
        cases.losingClaims();
        cases.noRoomNoToken();
        return cases.book.group();
    }

    private void faultsOfTheHead() {
        spared("a-missing-header", FIRST.without(Draft.VERSION), Reason.MISSING_HEADER, "The head lacks a header.");
        spared(
                "an-unknown-version",
                FIRST.with(Draft.VERSION, "2"),
                Reason.UNSUPPORTED_VERSION,
                "The head names a scheme that is not there.");
        spared(
                "a-malformed-signature",
                FIRST.with(Draft.SIGNATURE, "AAAA"),
                Reason.MALFORMED_HEADER,
                "The signature's header is malformed.");
        spared(
                "a-malformed-target",
                FIRST.target("/v1/events#top").signingPath("/v1/events"),
                Reason.MALFORMED_TARGET,
                "The target is malformed.");
        spared("a-stale-head", FIRST.dated(-301), Reason.CLOCK_SKEW, "The head is stale.");
        spared(
                "a-refused-query",
                Settings.noQueryOnWrites(),
                FIRST.target("/v1/events?x=1"),
                Reason.QUERY_NOT_ALLOWED,
                "The query is not allowed.");
        spared(
                "a-body-too-large",
                Settings.longestBody(10),
                FIRST.body(Body.text("longer than ten")),
                Reason.BODY_TOO_LARGE,
                "The body is longer than the limit.");
    }

    private void faultsAtTheEnd() {
        spared(
                "a-bad-signature",
                FIRST.key("x"),
                Reason.INVALID_SIGNATURE,
                "A stranger sends the nonce first, under a signature of his own.");
        spared(
                "a-changed-body",
                HELD_BACK.body(Body.text("{\"n\":9}")),
                Reason.INVALID_SIGNATURE,
                "The request was held back and sent with another body first, its genuine signature and nonce on it.");
        book.positive("signature-spared-by-a-changed-body")
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(StateFlags.BAD_SIGNATURE, StateFlags.SIGNATURE_STAYS_FREE)
                .comment(
                        "A changed body came first, under the genuine signature. When the request itself comes, its r is still free.")
                .steps(Scenario.verifier()
                        .verify(HELD_BACK.body(Body.text("{\"n\":9}")), rejected(Reason.INVALID_SIGNATURE))
                        .verify(FIRST, accepted()));
        book.negative("signature-burnt-by-the-request-itself")
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(StateFlags.SAME_REQUEST)
                .from("signature-spared-by-a-changed-body")
                .difference("The first request has the body that was signed.")
                .comment("What verified is stored.")
                .steps(Scenario.verifier().verify(HELD_BACK, accepted()).verify(FIRST, rejected(Reason.NONCE_REPLAY)));
        book.positive("signature-spared-under-another-device")
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(StateFlags.FOREIGN_KEY, StateFlags.SIGNATURE_STAYS_FREE)
                .comment(
                        "Somebody sends the request under another device's id first. It does not verify there, and burns nothing here.")
                .steps(Scenario.verifier(DeviceTemplate.active("a"), DeviceTemplate.active("b"))
                        .verify(FIRST.device("b").key("a"), rejected(Reason.INVALID_SIGNATURE))
                        .verify(FIRST, accepted()));
        book.positive("nonce-spared-by-a-late-body")
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(StateFlags.WITHHELD_BODY, StateFlags.NONCE_STAYS_FREE)
                .comment("Valid, but stale when its body ended. Its nonce is free for the client's next attempt.")
                .steps(Scenario.verifier()
                        .verify(FIRST.arriving(300, 302L), rejected(Reason.CLOCK_SKEW))
                        .verify(FIRST.dated(302).at(302), accepted()));
        book.positive("unknown-device-becomes-known")
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(StateFlags.UNKNOWN_DEVICE, StateFlags.SIGNATURE_STAYS_FREE)
                .comment("A request of a device that is not registered yet, and the very same request when it is.")
                .steps(Scenario.verifier()
                        .verify(FIRST.device("b"), rejected(Reason.UNKNOWN_DEVICE))
                        .devices(DeviceTemplate.active("b"))
                        .verify(FIRST.device("b"), accepted()));
        book.negative("unknown-device-stays-unknown")
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(StateFlags.UNKNOWN_DEVICE)
                .from("unknown-device-becomes-known")
                .difference("The device is not registered in between.")
                .comment("Nothing changed, so the answer is the same, and not that of a replay.")
                .steps(Scenario.verifier()
                        .verify(FIRST.device("b"), rejected(Reason.UNKNOWN_DEVICE))
                        .verify(FIRST.device("b"), rejected(Reason.UNKNOWN_DEVICE)));
    }

    /** A faulty request, then a genuine one under its nonce. */
    private void spared(String fault, Draft faulty, Reason reason, String comment) {
        spared(fault, Settings.usual(), faulty, reason, comment);
    }

    private void spared(String fault, UnaryOperator<ObjectNode> settings, Draft faulty, Reason reason, String comment) {
        boolean withHead = reason != Reason.INVALID_SIGNATURE;
        book.positive("nonce-spared-by-" + fault)
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(
                        withHead
                                ? List.of(StateFlags.NONCE_STAYS_FREE)
                                : List.of(StateFlags.NONCE_STAYS_FREE, StateFlags.BAD_SIGNATURE))
                .comment(comment + " That does not burn the nonce for a genuine request.")
                .steps(Scenario.verifier(settings)
                        .verify(faulty, rejected(reason))
                        .verify(OTHER, accepted()));
    }

    private void states() {
        DeviceTemplate active = DeviceTemplate.active("a");
        becomesGood("pending", StateFlags.PENDING_DEVICE, Devices.pending(), Reason.DEVICE_PENDING, active);
        becomesGood("revoked", StateFlags.REVOKED_DEVICE, Devices.revoked(), Reason.DEVICE_REVOKED, active);
        becomesGood("invalidated", StateFlags.INVALIDATED_KEY, Devices.invalidated(), Reason.KEY_INVALIDATED, active);
    }

    private void becomesGood(String name, Flag flag, DeviceTemplate before, Reason reason, DeviceTemplate after) {
        book.positive(name + "-burns-nothing")
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(flag, StateFlags.RECORD_CHANGES, StateFlags.SIGNATURE_STAYS_FREE)
                .comment(
                        "Validly signed, and rejected because of the record. When the record is set right, the very same request counts.")
                .steps(Scenario.verifier(before)
                        .verify(FIRST, rejected(reason))
                        .devices(after)
                        .verify(FIRST, accepted()));
        book.negative(name + "-stays")
                .rule(Rules.REPLAY_AFTER_VERIFY)
                .flags(flag, StateFlags.SAME_REQUEST)
                .from(name + "-burns-nothing")
                .difference("The record is not set right in between.")
                .comment("The same answer again, and not that of a replay: nothing was stored.")
                .steps(Scenario.verifier(before).verify(FIRST, rejected(reason)).verify(FIRST, rejected(reason)));
    }

    private void losingClaims() {
        Draft second = OTHER.nonce("2");
        book.positive("known-nonce-leaves-no-signature")
                .rule(Rules.REPLAY_ALL_OR_NOTHING)
                .flags(StateFlags.SAME_NONCE, StateFlags.SIGNATURE_STAYS_FREE)
                .comment(
                        "A genuine request under a used nonce is rejected. Under a fresh nonce its signature still counts.")
                .steps(ACCEPTED_ONCE
                        .verify(OTHER, rejected(Reason.NONCE_REPLAY))
                        .verify(second, accepted()));
        book.negative("winning-claim-leaves-its-signature")
                .rule(Rules.REPLAY_ALL_OR_NOTHING)
                .flags(StateFlags.SWAPPED_NONCE)
                .from("known-nonce-leaves-no-signature")
                .difference("The request in the middle has a fresh nonce, too.")
                .comment("It was accepted, so its signature is used.")
                .steps(ACCEPTED_ONCE
                        .verify(OTHER.nonce("3"), accepted())
                        .verify(second, rejected(Reason.SIGNATURE_REPLAY)));
        knownSignature("known-signature", FIRST, StateFlags.SWAPPED_NONCE);
        knownSignature("flipped-signature", FIRST.s(HalfOrder.FLIPPED), StateFlags.FLIPPED_S);
        book.positive("losing-twice")
                .rule(Rules.REPLAY_ALL_OR_NOTHING)
                .flags(StateFlags.SAME_NONCE, StateFlags.SWAPPED_NONCE, StateFlags.NONCE_STAYS_FREE)
                .comment(
                        "One request loses by its nonce, another by its signature. A third has the nonce of the latter and the signature of the former.")
                .steps(ACCEPTED_ONCE
                        .verify(OTHER, rejected(Reason.NONCE_REPLAY))
                        .verify(FIRST.nonce("2"), rejected(Reason.SIGNATURE_REPLAY))
                        .verify(second, accepted()));
        book.negative("losing-twice-winning-once")
                .rule(Rules.REPLAY_ALL_OR_NOTHING)
                .flags(StateFlags.SAME_NONCE, StateFlags.SWAPPED_NONCE)
                .from("losing-twice")
                .difference("The third request has the first one's nonce.")
                .comment("What won stays: the first request's nonce is used, however many copies lost against it.")
                .steps(ACCEPTED_ONCE
                        .verify(OTHER, rejected(Reason.NONCE_REPLAY))
                        .verify(FIRST.nonce("2"), rejected(Reason.SIGNATURE_REPLAY))
                        .verify(OTHER, rejected(Reason.NONCE_REPLAY)));
    }

    private void knownSignature(String name, Draft captured, Flag flag) {
        Draft last = FIRST.nonce("2").attempt(2);
        book.positive(name + "-leaves-no-nonce")
                .rule(Rules.REPLAY_ALL_OR_NOTHING)
                .flags(flag, StateFlags.NONCE_STAYS_FREE)
                .comment(
                        "A captured signature under a new nonce is rejected, and the nonce is still free for a genuine request.")
                .steps(ACCEPTED_ONCE
                        .verify(captured.nonce("2"), rejected(Reason.SIGNATURE_REPLAY))
                        .verify(last, accepted()));
        book.negative(name + "-replaced-leaves-its-nonce")
                .rule(Rules.REPLAY_ALL_OR_NOTHING)
                .flags(StateFlags.SAME_NONCE)
                .from(name + "-leaves-no-nonce")
                .difference("The request in the middle carries a signature of its own.")
                .comment("It was accepted, so its nonce is used.")
                .steps(ACCEPTED_ONCE
                        .verify(captured.nonce("2").attempt(1), accepted())
                        .verify(last, rejected(Reason.NONCE_REPLAY)));
    }

    private void noRoomNoToken() {
        Draft waiting = FIRST.nonce("2").dated(590);
        Scenario usedUp = Scenario.verifier(Settings.quota(1))
                .verify(FIRST, accepted())
                .verify(waiting.at(290), rejected(Reason.STORE_FULL));
        book.positive("no-room-no-token")
                .rule(Rules.REPLAY_ALL_OR_NOTHING)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.SIGNATURE_STAYS_FREE, StateFlags.LONG_AFTER)
                .comment(
                        "A request was refused because the device's quota was used up. When there is room again and it is still fresh, it is accepted.")
                .steps(usedUp.verify(waiting.at(890), accepted()));
        book.negative("no-room-too-late")
                .rule(Rules.REPLAY_ALL_OR_NOTHING)
                .flags(StateFlags.QUOTA_USED_UP, StateFlags.PAST_THE_EDGE)
                .from("no-room-no-token")
                .difference("It comes again one second later.")
                .comment("There is room, but the request is stale by now.")
                .steps(usedUp.verify(waiting.at(891), rejected(Reason.CLOCK_SKEW)));
        book.positive("not-watching-no-token")
                .rule(Rules.REPLAY_ALL_OR_NOTHING)
                .flags(StateFlags.RESTARTED, StateFlags.NONCE_STAYS_FREE)
                .comment(
                        "A request from before the restart gets 503 and burns nothing: its nonce counts in a request signed afterwards.")
                .steps(Scenario.verifier(Settings.watchingSince(0))
                        .verify(FIRST, rejected(Reason.NOT_WATCHING_YET))
                        .verify(FIRST.dated(1).at(1), accepted()));
    }
}
