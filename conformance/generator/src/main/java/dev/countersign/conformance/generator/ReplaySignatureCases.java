package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;
import static dev.countersign.conformance.generator.Scenario.ACCEPTED_ONCE;

import dev.countersign.conformance.signing.Recipe.HalfOrder;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** The second token: r under a key counts once, whatever is done to what is not signed. */
final class ReplaySignatureCases {
    private final CaseBook book =
            new CaseBook("replay-signatures", "Signatures are used once, under any nonce", Role.VERIFIER);

    static Group group() {
        ReplaySignatureCases cases = new ReplaySignatureCases();
        cases.swappedNonces();
        cases.flipped();
        cases.unsignedParts();
        cases.deterministicSigner();
        cases.nonceTokenOnly();
        return cases.book.group();
    }

    private void swappedNonces() {
        captured(
                "new-nonce",
                List.of(StateFlags.SWAPPED_NONCE),
                "replay-nonces/two-requests",
                "The nonce is not signed: under another one the captured signature is still valid, and known.",
                ACCEPTED_ONCE,
                FIRST.nonce("2"));
        captured(
                "new-nonce-in-upper-case",
                List.of(StateFlags.SWAPPED_NONCE, StateFlags.NONCE_CASE),
                "replay-nonces/nonce-in-upper-case",
                "How the new nonce is written changes nothing.",
                ACCEPTED_ONCE,
                FIRST.with(Draft.NONCE, "{NONCE:2}"));
        captured(
                "new-nonce-and-device-case",
                List.of(StateFlags.SWAPPED_NONCE, StateFlags.DEVICE_CASE),
                "replay-nonces/device-in-upper-case",
                "The signature's token holds the key, not the ids.",
                ACCEPTED_ONCE,
                FIRST.nonce("2").with(Draft.DEVICE_ID, "{DEVICE:a}"));
        captured(
                "new-nonce-at-the-windows-end",
                List.of(StateFlags.SWAPPED_NONCE, StateFlags.AT_THE_EDGE),
                "replay-nonces/second-at-the-windows-end",
                "The signature is remembered as long as the request is fresh.",
                ACCEPTED_ONCE,
                FIRST.nonce("2").at(300));
    }

    private void flipped() {
        Draft low = FIRST.s(HalfOrder.LOW);
        Draft high = FIRST.s(HalfOrder.HIGH);
        genuineAndCaptured(
                "low-then-high-s",
                List.of(StateFlags.FLIPPED_S, StateFlags.SWAPPED_NONCE),
                "Another signature, with a high s.",
                "(r, n-s) is valid whenever (r, s) is, and has the same r.",
                low,
                high.nonce("2"));
        genuineAndCaptured(
                "high-then-low-s",
                List.of(StateFlags.FLIPPED_S, StateFlags.SWAPPED_NONCE),
                "Another signature, with a low s.",
                "It does not matter which of the two came first.",
                high,
                low.nonce("2"));
        Scenario lowOnce = Scenario.verifier().verify(low, accepted());
        book.positive("low-s-once")
                .rule(Rules.REPLAY_SIGNATURE)
                .flags(Flags.ORDINARY)
                .comment("A request whose signature has a low s.")
                .steps(lowOnce);
        book.negative("flipped-under-the-same-nonce")
                .rule(Rules.REPLAY_SIGNATURE)
                .flags(StateFlags.FLIPPED_S, StateFlags.SAME_NONCE)
                .from("low-s-once")
                .difference("The request comes a second time, with its signature flipped.")
                .comment("Both tokens are known; the answer names the nonce.")
                .steps(lowOnce.verify(high, rejected(Reason.NONCE_REPLAY)));
    }

    private void unsignedParts() {
        genuineAndCaptured(
                "with-a-query",
                List.of(StateFlags.UNSIGNED_PART, StateFlags.SWAPPED_NONCE),
                "Same path with a query, another nonce.",
                "The query is not signed, so adding one leaves the signature valid, and known.",
                FIRST,
                FIRST.nonce("2").target("/v1/events?page=2"));
        genuineAndCaptured(
                "in-absolute-form",
                List.of(StateFlags.UNSIGNED_PART, StateFlags.SWAPPED_NONCE),
                "Same path in absolute-form, another nonce.",
                "The form of the target is not signed.",
                FIRST,
                FIRST.nonce("2").target("http://api.example.com/v1/events").signingPath("/v1/events"));
        genuineAndCaptured(
                "with-another-header",
                List.of(StateFlags.UNSIGNED_PART, StateFlags.SWAPPED_NONCE),
                "Same content, another nonce and one more header.",
                "Other headers are not signed.",
                FIRST,
                FIRST.nonce("2").adding("X-Request-Id", "2"));
        Draft ingest = Draft.post("/ingest/v1/events").signingPath("/v1/events");
        genuineAndCaptured(
                "from-ingest-to-the-stripped-path",
                List.of(StateFlags.UNSIGNED_PART, StateFlags.SWAPPED_NONCE),
                "To /v1/events, which is what the first signature covered as well.",
                "Both routes have one signed path. They share their claims, so a request is delivered to one of them, once.",
                ingest,
                FIRST.nonce("2"));
        genuineAndCaptured(
                "from-the-stripped-path-to-ingest",
                List.of(StateFlags.UNSIGNED_PART, StateFlags.SWAPPED_NONCE),
                "To /ingest/v1/events, whose signed path is that of the first.",
                "Both routes have one signed path and share their claims.",
                FIRST,
                ingest.nonce("2"));
        book.negative("other-route-same-nonce")
                .rule(Rules.REPLAY_SIGNATURE)
                .flags(StateFlags.UNSIGNED_PART, StateFlags.SAME_NONCE)
                .from("genuine-from-ingest-to-the-stripped-path")
                .difference("The second request has the first one's nonce.")
                .comment("Nonces are shared by all routes.")
                .steps(Scenario.verifier()
                        .verify(ingest, accepted())
                        .verify(FIRST.attempt(1), rejected(Reason.NONCE_REPLAY)));
    }

    /** Two requests: the second with a signature of its own, and with the captured one. */
    private void genuineAndCaptured(
            String name, List<Flag> flags, String second, String comment, Draft first, Draft captured) {
        Scenario once = Scenario.verifier().verify(first, accepted());
        book.positive("genuine-" + name)
                .rule(Rules.REPLAY_SIGNATURE)
                .flags(flags.stream()
                        .filter(flag -> !flag.equals(StateFlags.SWAPPED_NONCE))
                        .findFirst()
                        .map(List::of)
                        .orElse(List.of(Flags.ORDINARY)))
                .comment("A second request, signed by itself. " + second)
                .steps(once.verify(captured.attempt(1), accepted()));
        captured(name, flags, "genuine-" + name, comment, once, captured);
    }

    /** The captured signature on a second request, which with a signature of its own is the case it departs from. */
    private void captured(String name, List<Flag> flags, String from, String comment, Scenario once, Draft captured) {
        book.negative("captured-" + name)
                .rule(Rules.REPLAY_SIGNATURE)
                .flags(flags)
                .from(from)
                .difference("The second request carries the first one's signature.")
                .comment(comment)
                .steps(once.verify(captured, rejected(Reason.SIGNATURE_REPLAY)));
    }

    private void deterministicSigner() {
        Draft poll = Draft.get("/v1/state").at(1);
        Scenario polled = Scenario.verifier().verify(poll, accepted());
        book.positive("deterministic-signer-next-second")
                .rule(Rules.REPLAY_SIGNATURE)
                .flags(StateFlags.DETERMINISTIC_SIGNER)
                .comment(
                        "A client with deterministic signatures asks the same thing again, dated a second later: another message, another signature.")
                .steps(polled.verify(poll.nonce("2").dated(1), accepted()));
        book.negative("deterministic-signer-same-second")
                .rule(Rules.REPLAY_SIGNATURE)
                .flags(StateFlags.DETERMINISTIC_SIGNER)
                .from("deterministic-signer-next-second")
                .difference("The second request is dated in the same second as the first.")
                .comment(
                        "The price of the second token: identical signed content in one second has an identical signature. Hardware keys are randomised and never meet this.")
                .steps(polled.verify(poll.nonce("2"), rejected(Reason.SIGNATURE_REPLAY)));
    }

    private void nonceTokenOnly() {
        Scenario once = Scenario.verifier(Settings.nonceOnly()).verify(FIRST, accepted());
        List<Flag> flags = List.of(StateFlags.NONCE_TOKEN_ONLY, StateFlags.SWAPPED_NONCE);
        book.positive("nonce-only-new-nonce")
                .rule(Rules.REPLAY_TOKENS)
                .flags(flags)
                .comment(
                        "Without the second token, a deployment accepts the same signature under another nonce. That is what it asked for.")
                .steps(once.verify(FIRST.nonce("2"), accepted()));
        book.negative("both-tokens-new-nonce")
                .rule(Rules.REPLAY_TOKENS)
                .flags(StateFlags.SWAPPED_NONCE)
                .from("nonce-only-new-nonce")
                .difference("Both tokens are asked for.")
                .comment("The setting spells out the default.")
                .steps(Scenario.verifier(config -> config.put("replay", "nonce+signature"))
                        .verify(FIRST, accepted())
                        .verify(FIRST.nonce("2"), rejected(Reason.SIGNATURE_REPLAY)));
        book.negative("nonce-only-same-request")
                .rule(Rules.REPLAY_TOKENS)
                .flags(StateFlags.NONCE_TOKEN_ONLY, StateFlags.SAME_REQUEST)
                .from("nonce-only-new-nonce")
                .difference("The second request has the first one's nonce.")
                .comment("The nonce is claimed in either mode.")
                .steps(once.verify(FIRST, rejected(Reason.NONCE_REPLAY)));
        book.negative("nonce-only-nonce-in-upper-case")
                .rule(Rules.REPLAY_TOKENS)
                .flags(StateFlags.NONCE_TOKEN_ONLY, StateFlags.NONCE_CASE)
                .from("nonce-only-new-nonce")
                .difference("The second nonce is the first one in upper case.")
                .comment("Either case is the same nonce. No second token hides the mistake here.")
                .steps(once.verify(FIRST.with(Draft.NONCE, "{NONCE:1}"), rejected(Reason.NONCE_REPLAY)));
        Draft upperDevice = FIRST.with(Draft.DEVICE_ID, "{DEVICE:a}");
        book.positive("nonce-only-device-in-upper-case")
                .rule(Rules.REPLAY_TOKENS)
                .flags(StateFlags.NONCE_TOKEN_ONLY, StateFlags.DEVICE_CASE)
                .comment("Another nonce, the device id in upper case.")
                .steps(once.verify(upperDevice.nonce("2"), accepted()));
        book.negative("nonce-only-device-case-same-nonce")
                .rule(Rules.REPLAY_TOKENS)
                .flags(StateFlags.NONCE_TOKEN_ONLY, StateFlags.DEVICE_CASE, StateFlags.SAME_REQUEST)
                .from("nonce-only-device-in-upper-case")
                .difference("The second request has the first one's nonce.")
                .comment("Either case is the same device. No second token hides the mistake here.")
                .steps(once.verify(upperDevice, rejected(Reason.NONCE_REPLAY)));
        Draft flipped = FIRST.s(HalfOrder.FLIPPED);
        book.positive("nonce-only-flipped")
                .rule(Rules.REPLAY_TOKENS)
                .flags(StateFlags.NONCE_TOKEN_ONLY, StateFlags.FLIPPED_S)
                .comment("The flipped signature under another nonce: accepted, as with the same signature.")
                .steps(once.verify(flipped.nonce("2"), accepted()));
        book.negative("nonce-only-flipped-same-nonce")
                .rule(Rules.REPLAY_TOKENS)
                .flags(StateFlags.NONCE_TOKEN_ONLY, StateFlags.FLIPPED_S, StateFlags.SAME_NONCE)
                .from("nonce-only-flipped")
                .difference("The second request has the first one's nonce.")
                .comment("The nonce is claimed in either mode.")
                .steps(once.verify(flipped, rejected(Reason.NONCE_REPLAY)));
        Draft poll = Draft.get("/v1/state");
        book.positive("nonce-only-deterministic-signer")
                .rule(Rules.REPLAY_TOKENS)
                .flags(StateFlags.NONCE_TOKEN_ONLY, StateFlags.DETERMINISTIC_SIGNER)
                .comment(
                        "What the setting is for: a client with deterministic signatures may ask the same thing twice in a second.")
                .steps(Scenario.verifier(Settings.nonceOnly())
                        .verify(poll, accepted())
                        .verify(poll.nonce("2"), accepted()));
    }
}
