package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Draft.SECOND;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.answer;
import static dev.countersign.conformance.generator.Scenario.ACCEPTED_ONCE;

import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** The answer to a rejected client: status, headers and JSON. Strangers learn no more than that. */
final class AnswerCases {
    private static final String GROUP = "answers";

    /** Without them an answer's status and code are compared elsewhere. */
    private static final List<String> NEEDS = List.of("responseHeaders", "responseBodyHex");

    private final CaseBook book = new CaseBook(GROUP, "Answers that clients act on", Role.VERIFIER);

    static Group group() {
        AnswerCases cases = new AnswerCases();
        cases.badRequests();
        cases.unauthorised();
        cases.unavailable();
        cases.clock();
        cases.numbers();
        cases.enumeration();
        return cases.book.group();
    }

    /** An answer to the request without its fault would be an acceptance: each is a breach of that one. */
    private void badRequests() {
        book.positive("accepted")
                .rule(Rules.ANSWER_CODES)
                .flags(Flags.ORDINARY)
                .comment("Nothing to tell: the application answers.")
                .accepts(FIRST);
        code("missing-header", Reason.MISSING_HEADER)
                .flags(StateFlags.ANSWER_4XX)
                .from("accepted")
                .difference("The nonce's header is left out.")
                .steps(Scenario.verifier().verify(FIRST.without(Draft.NONCE), answer(Reason.MISSING_HEADER, 0)));
        code("malformed-header", Reason.MALFORMED_HEADER)
                .flags(StateFlags.ANSWER_4XX)
                .from("accepted")
                .difference("The nonce is not a UUID.")
                .steps(Scenario.verifier().verify(FIRST.with(Draft.NONCE, "1"), answer(Reason.MALFORMED_HEADER, 0)));
        code("malformed-target", Reason.MALFORMED_TARGET)
                .flags(StateFlags.ANSWER_4XX)
                .from("accepted")
                .difference("The target has a fragment.")
                .steps(Scenario.verifier()
                        .verify(
                                FIRST.target("/v1/events#top").signingPath("/v1/events"),
                                answer(Reason.MALFORMED_TARGET, 0)));
        code("unsupported-version", Reason.UNSUPPORTED_VERSION)
                .flags(StateFlags.ANSWER_4XX)
                .from("accepted")
                .difference("The version is 2.")
                .steps(Scenario.verifier()
                        .verify(FIRST.with(Draft.VERSION, "2"), answer(Reason.UNSUPPORTED_VERSION, 0)));
        Draft query = FIRST.target("/v1/events?x=1");
        book.positive("accepted-query")
                .rule(Rules.ANSWER_CODES)
                .flags(Flags.ORDINARY)
                .comment("A query on a write, which is allowed unless a deployment refuses it.")
                .accepts(query);
        code("query-not-allowed", Reason.QUERY_NOT_ALLOWED)
                .flags(StateFlags.ANSWER_4XX)
                .from("accepted-query")
                .difference("Queries on writes are refused.")
                .steps(Scenario.verifier(Settings.noQueryOnWrites())
                        .verify(query, answer(Reason.QUERY_NOT_ALLOWED, 0)));
        code("body-too-large", Reason.BODY_TOO_LARGE)
                .flags(StateFlags.ANSWER_4XX)
                .from("accepted")
                .difference("No body may have a byte.")
                .steps(Scenario.verifier(Settings.longestBody(0)).verify(FIRST, answer(Reason.BODY_TOO_LARGE, 0)));
    }

    private void unauthorised() {
        book.positive("accepted-late")
                .rule(Rules.ANSWER_CODES)
                .flags(StateFlags.AT_THE_EDGE)
                .comment("In the last second of its window.")
                .accepts(FIRST.at(300));
        code("clock-skew", Reason.CLOCK_SKEW)
                .flags(StateFlags.ANSWER_401)
                .from("accepted-late")
                .difference("It arrives one second later.")
                .steps(Scenario.verifier().verify(FIRST.at(301), answer(Reason.CLOCK_SKEW, 301)));
        book.positive("accepted-twice")
                .rule(Rules.ANSWER_CODES)
                .flags(Flags.ORDINARY)
                .comment("Two genuine requests.")
                .steps(ACCEPTED_ONCE.verify(SECOND, accepted()));
        code("nonce-replay", Reason.NONCE_REPLAY)
                .flags(StateFlags.ANSWER_401)
                .from("accepted-twice")
                .difference("The second request has the first one's nonce.")
                .steps(ACCEPTED_ONCE.verify(SECOND.nonce("1"), answer(Reason.NONCE_REPLAY, 0)));
        code("signature-replay", Reason.SIGNATURE_REPLAY)
                .flags(StateFlags.ANSWER_401)
                .from("accepted-twice")
                .difference(
                        "The second request carries the first one's signature. The answer is NONCE_REPLAY: the client signs again in either case.")
                .steps(ACCEPTED_ONCE.verify(FIRST.nonce("2"), answer(Reason.SIGNATURE_REPLAY, 0)));
        code("unknown-device", Reason.UNKNOWN_DEVICE)
                .flags(StateFlags.ANSWER_401)
                .from("accepted")
                .difference("The device id is one that nobody registered.")
                .steps(Scenario.verifier()
                        .verify(FIRST.with(Draft.DEVICE_ID, "{device:c}"), answer(Reason.UNKNOWN_DEVICE, 0)));
        code("invalid-signature", Reason.INVALID_SIGNATURE)
                .flags(StateFlags.ANSWER_401)
                .from("accepted")
                .difference("Signed by a key that no device has.")
                .steps(Scenario.verifier().verify(FIRST.key("x"), answer(Reason.INVALID_SIGNATURE, 0)));
        code("key-invalidated", Reason.KEY_INVALIDATED)
                .flags(StateFlags.ANSWER_401)
                .from("accepted")
                .difference("The operator has asked for a new key.")
                .steps(Scenario.verifier(Devices.invalidated()).verify(FIRST, answer(Reason.KEY_INVALIDATED, 0)));
        code("device-revoked", Reason.DEVICE_REVOKED)
                .flags(StateFlags.ANSWER_401)
                .from("accepted")
                .difference("The device is revoked.")
                .steps(Scenario.verifier(Devices.revoked()).verify(FIRST, answer(Reason.DEVICE_REVOKED, 0)));
    }

    private void unavailable() {
        code("device-pending", Reason.DEVICE_PENDING)
                .flags(StateFlags.ANSWER_503)
                .from("accepted")
                .difference("The device is not approved yet.")
                .steps(Scenario.verifier(Devices.pending()).verify(FIRST, answer(Reason.DEVICE_PENDING, 0)));
        code("keys-unavailable", Reason.STORE_UNAVAILABLE)
                .flags(StateFlags.ANSWER_503)
                .from("accepted")
                .difference("The key store is down.")
                .steps(Scenario.verifier().fault("keys", "down").verify(FIRST, answer(Reason.STORE_UNAVAILABLE, 0)));
        code("nonces-unavailable", Reason.STORE_UNAVAILABLE)
                .flags(StateFlags.ANSWER_503)
                .from("accepted")
                .difference("The nonce store is down.")
                .steps(Scenario.verifier().fault("nonces", "down").verify(FIRST, answer(Reason.STORE_UNAVAILABLE, 0)));
        code("store-full", Reason.STORE_FULL)
                .flags(StateFlags.ANSWER_503)
                .from("accepted")
                .difference("The nonce store is full.")
                .steps(Scenario.verifier().fault("nonces", "full").verify(FIRST, answer(Reason.STORE_FULL, 0)));
        code("quota-used-up", Reason.STORE_FULL)
                .flags(StateFlags.ANSWER_503)
                .from("accepted-twice")
                .difference("The device may have one live claim.")
                .steps(Scenario.verifier(Settings.quota(1))
                        .verify(FIRST, accepted())
                        .verify(SECOND, answer(Reason.STORE_FULL, 0)));
        code("not-watching-yet", Reason.NOT_WATCHING_YET)
                .flags(StateFlags.ANSWER_503)
                .from("accepted")
                .difference("The nonce store has been watching since now.")
                .steps(Scenario.verifier(Settings.watchingSince(0)).verify(FIRST, answer(Reason.NOT_WATCHING_YET, 0)));
    }

    /** x-server-timestamp with CLOCK_SKEW, and beside it the same fault's neighbours without. */
    private void clock() {
        shown("clock-in-the-past")
                .rule(Rules.ANSWER_HEADERS)
                .flags(StateFlags.ANSWER_401, StateFlags.SERVER_CLOCK)
                .comment(
                        "The client's clock is slow. The answer has the server's time, and the client corrects its own.")
                .steps(Scenario.verifier().verify(FIRST.at(400), answer(Reason.CLOCK_SKEW, 400)));
        shown("clock-ahead")
                .rule(Rules.ANSWER_HEADERS)
                .flags(StateFlags.DATED_AHEAD, StateFlags.SERVER_CLOCK)
                .comment("The client's clock is fast. The answer has the server's time, not the client's timestamp.")
                .steps(Scenario.verifier().verify(FIRST.dated(600).at(100), answer(Reason.CLOCK_SKEW, 100)));
        shown("clock-at-the-end")
                .rule(Rules.ANSWER_HEADERS)
                .flags(StateFlags.WITHHELD_BODY, StateFlags.SERVER_CLOCK)
                .comment(
                        "Stale when its body ended. The answer has the time at which it is made, not that of the head.")
                .steps(Scenario.verifier().verify(FIRST.arriving(0, 301L), answer(Reason.CLOCK_SKEW, 301)));
        Scenario copied = ACCEPTED_ONCE.verify(FIRST.at(301), answer(Reason.CLOCK_SKEW, 301));
        shown("clock-of-a-copy")
                .rule(Rules.ANSWER_HEADERS)
                .flags(StateFlags.SAME_REQUEST, StateFlags.SERVER_CLOCK)
                .comment("A stale copy: the answer names the clock.")
                .steps(copied);
        silent("replay-shows-no-clock")
                .flags(StateFlags.SERVER_CLOCK, StateFlags.ANSWER_401)
                .from("clock-of-a-copy")
                .difference("The copy comes one second earlier.")
                .comment(
                        "A client that finds x-server-timestamp in a 401 with such a body corrects its clock, whatever the code. A replay must not do that.")
                .steps(ACCEPTED_ONCE.verify(FIRST.at(300), answer(Reason.NONCE_REPLAY, 300)));
        silent("bad-signature-shows-no-clock")
                .flags(StateFlags.SERVER_CLOCK, StateFlags.ANSWER_401)
                .from("clock-at-the-end")
                .difference("It is signed by a key that no device has.")
                .comment("A bad signature is answered before the second reading, and without a clock.")
                .steps(Scenario.verifier()
                        .verify(FIRST.key("x").arriving(0, 301L), answer(Reason.INVALID_SIGNATURE, 301)));
        silent("malformed-shows-no-clock")
                .flags(StateFlags.SERVER_CLOCK, StateFlags.ANSWER_4XX)
                .from("clock-in-the-past")
                .difference("The nonce is not a UUID.")
                .comment("Stale as well, but the answer names the malformed header.")
                .steps(Scenario.verifier()
                        .verify(FIRST.with(Draft.NONCE, "1").at(400), answer(Reason.MALFORMED_HEADER, 400)));
        Scenario down = Scenario.verifier().fault("nonces", "down");
        shown("clock-beside-a-store-that-is-down")
                .rule(Rules.ANSWER_HEADERS)
                .flags(StateFlags.NONCES_DOWN, StateFlags.SERVER_CLOCK)
                .comment("Stale at its end: the nonce store is not asked.")
                .steps(down.verify(FIRST.arriving(0, 301L), answer(Reason.CLOCK_SKEW, 301)));
        silent("unavailable-shows-no-clock")
                .flags(StateFlags.SERVER_CLOCK, StateFlags.ANSWER_503)
                .from("clock-beside-a-store-that-is-down")
                .difference("The body ends one second earlier.")
                .comment("503 has its Retry-After, and no clock.")
                .steps(down.verify(FIRST.arriving(0, 300L), answer(Reason.STORE_UNAVAILABLE, 300)));
        Scenario revoked = Scenario.verifier(Devices.revoked());
        shown("clock-of-a-revoked-device")
                .rule(Rules.ANSWER_HEADERS)
                .flags(StateFlags.REVOKED_DEVICE, StateFlags.SERVER_CLOCK)
                .comment("Stale at its end: the device's state is not judged.")
                .steps(revoked.verify(FIRST.arriving(0, 301L), answer(Reason.CLOCK_SKEW, 301)));
        silent("revoked-shows-no-clock")
                .flags(StateFlags.SERVER_CLOCK, StateFlags.ANSWER_401)
                .from("clock-of-a-revoked-device")
                .difference("The body ends one second earlier.")
                .comment("The answer says that the device is revoked, and nothing about clocks.")
                .steps(revoked.verify(FIRST.arriving(0, 300L), answer(Reason.DEVICE_REVOKED, 300)));
    }

    /** Numbers in the JSON body, and where they must not be. */
    private void numbers() {
        Draft stranger = FIRST.key("x").method("PUT");
        book.negative("json-without-the-clock")
                .rule(Rules.ANSWER_BODY)
                .flags(StateFlags.SERVER_CLOCK, StateFlags.ANSWER_401)
                .from("json-with-the-clock")
                .difference("It arrives one second earlier.")
                .comment("Every other 401 has the same members, and no server_timestamp.")
                .needs(NEEDS)
                .steps(Scenario.verifier().verify(stranger.at(300), answer(Reason.INVALID_SIGNATURE, 300)));
        shown("json-with-the-clock")
                .rule(Rules.ANSWER_BODY)
                .flags(StateFlags.SERVER_CLOCK)
                .comment(
                        "server_timestamp is a JSON number, the same as in the header. The answer to a stale head has it, with any signature.")
                .steps(Scenario.verifier().verify(stranger.at(301), answer(Reason.CLOCK_SKEW, 301)));
        Scenario down = Scenario.verifier().fault("keys", "down");
        shown("json-with-retry-after")
                .rule(Rules.ANSWER_BODY)
                .flags(StateFlags.ANSWER_503)
                .comment("retry_after is a JSON number.")
                .steps(down.verify(stranger, answer(Reason.STORE_UNAVAILABLE, 0)));
        book.negative("json-of-a-401-after-a-503")
                .rule(Rules.ANSWER_BODY)
                .flags(StateFlags.ANSWER_401, StateFlags.STORE_RECOVERS)
                .from("json-with-retry-after")
                .difference("The store is up.")
                .comment("The same request when the store is up: another code, in every member that has it.")
                .needs(NEEDS)
                .steps(Scenario.verifier().verify(stranger, answer(Reason.INVALID_SIGNATURE, 0)));
    }

    /** A stranger sends one request to a device that exists and to one that does not: the answers are the same. */
    private void enumeration() {
        Draft stranger = Draft.get("/v1/state").key("x");
        DeviceTemplate known = DeviceTemplate.active("a");
        enumeration("ordinary", Scenario.verifier(known), stranger, "A stranger's request.", 0);
        enumeration(
                "late-body",
                Scenario.verifier(known),
                stranger.arriving(0, 301L),
                "The answer to a stranger whose body ends too late does not name the clock: the signature is judged first.",
                301);
        enumeration(
                "nonces-down",
                Scenario.verifier(known).fault("nonces", "down"),
                stranger,
                "A stranger does not get as far as the nonce store.",
                0);
        enumeration(
                "used-nonce",
                ACCEPTED_ONCE,
                stranger,
                "A stranger under a nonce that the device used: without a valid signature no answer names nonces.",
                0);
        enumeration(
                "revoked",
                Scenario.verifier(Devices.revoked()),
                stranger,
                "A stranger's request for a revoked device.",
                0);
        enumeration(
                "pending",
                Scenario.verifier(Devices.pending()),
                stranger,
                "A stranger's request for a pending device.",
                0);
        enumeration(
                "invalidated",
                Scenario.verifier(Devices.invalidated()),
                stranger,
                "A stranger's request for a device whose key is invalidated.",
                0);
        book.negative("unknown-app")
                .rule(Rules.ENUMERATION)
                .flags(StateFlags.UNKNOWN_DEVICE)
                .from("known-ordinary")
                .difference("The app id is one that nobody registered.")
                .comment("An app that nobody knows is answered like a device that nobody knows.")
                .needs(NEEDS)
                .steps(Scenario.verifier(known)
                        .verify(stranger.with(Draft.APP_ID, "{app:c}"), answer(Reason.UNKNOWN_DEVICE, 0)));
        Draft large = stranger.body(Body.text("eight..."));
        Scenario seven = Scenario.verifier(Settings.longestBody(7));
        shown("known-large-body")
                .rule(Rules.ENUMERATION)
                .flags(StateFlags.BODY_LIMIT)
                .comment("A stranger's body is too long: it is refused before anybody asks for the device.")
                .steps(seven.verify(large, answer(Reason.BODY_TOO_LARGE, 0)));
        book.negative("unknown-large-body")
                .rule(Rules.ENUMERATION)
                .flags(StateFlags.UNKNOWN_DEVICE, StateFlags.BODY_LIMIT)
                .from("known-large-body")
                .difference("The device id is one that nobody registered.")
                .comment("The same answer for a device that nobody knows.")
                .needs(NEEDS)
                .steps(seven.verify(large.with(Draft.DEVICE_ID, "{device:c}"), answer(Reason.BODY_TOO_LARGE, 0)));
        Scenario down = Scenario.verifier().fault("keys", "down");
        book.negative("unknown-keys-down")
                .rule(Rules.ENUMERATION)
                .flags(StateFlags.UNKNOWN_DEVICE, StateFlags.KEYS_DOWN)
                .from("json-with-retry-after")
                .difference("The device id is one that nobody registered.")
                .comment("The same answer for a device that nobody knows.")
                .needs(NEEDS)
                .steps(down.verify(
                        FIRST.key("x").method("PUT").with(Draft.DEVICE_ID, "{device:c}"),
                        answer(Reason.STORE_UNAVAILABLE, 0)));
    }

    private void enumeration(String name, Scenario server, Draft stranger, String comment, long answeredAt) {
        shown("known-" + name)
                .rule(Rules.ENUMERATION)
                .flags(StateFlags.BAD_SIGNATURE)
                .comment(comment)
                .steps(server.verify(stranger, answer(Reason.INVALID_SIGNATURE, answeredAt)));
        book.negative("unknown-" + name)
                .rule(Rules.ENUMERATION)
                .flags(StateFlags.UNKNOWN_DEVICE, StateFlags.BAD_SIGNATURE)
                .from("known-" + name)
                .difference("The device id is one that nobody registered.")
                .comment("The same answer, header for header, for a device that nobody knows.")
                .needs(NEEDS)
                .steps(server.verify(
                        stranger.with(Draft.DEVICE_ID, "{device:c}"), answer(Reason.UNKNOWN_DEVICE, answeredAt)));
    }

    private CaseBuilder shown(String name) {
        return book.positive(name).needs(NEEDS);
    }

    /** A neighbour of an answer that tells the clock. */
    private CaseBuilder silent(String name) {
        return book.negative(name).rule(Rules.ANSWER_HEADERS).needs(NEEDS);
    }

    /** What a reason is for the client. */
    private CaseBuilder code(String name, Reason reason) {
        return book.negative(name)
                .rule(Rules.ANSWER_CODES)
                .comment(reason + " is " + reason.status + " " + reason.publicCode
                        + " to the client, in the headers and in the JSON.")
                .needs(NEEDS);
    }
}
