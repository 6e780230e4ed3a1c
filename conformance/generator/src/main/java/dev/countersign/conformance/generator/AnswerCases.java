package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.answer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** What a rejected client is told: status, headers and JSON, and that strangers are told no more than that. */
final class AnswerCases {
    private static final String GROUP = "answers";

    /** Without them an answer's status and code are compared elsewhere. */
    private static final List<String> NEEDS = List.of("responseHeaders", "responseBodyHex");

    private static final Draft FIRST = Draft.post("/v1/events");
    private static final Draft SECOND = FIRST.nonce("2").attempt(1);
    private static final Scenario ONCE = Scenario.verifier().verify(FIRST, accepted());

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
        rejected(
                "missing-header",
                StateFlags.ANSWER_4XX,
                "accepted",
                "The nonce's header is left out.",
                Scenario.verifier().verify(FIRST.without(Draft.NONCE), answer(Reason.MISSING_HEADER, 0)));
        rejected(
                "malformed-header",
                StateFlags.ANSWER_4XX,
                "accepted",
                "The nonce is not a UUID.",
                Scenario.verifier().verify(FIRST.with(Draft.NONCE, "1"), answer(Reason.MALFORMED_HEADER, 0)));
        rejected(
                "malformed-target",
                StateFlags.ANSWER_4XX,
                "accepted",
                "The target has a fragment.",
                Scenario.verifier()
                        .verify(
                                FIRST.target("/v1/events#top").signingPath("/v1/events"),
                                answer(Reason.MALFORMED_TARGET, 0)));
        rejected(
                "unsupported-version",
                StateFlags.ANSWER_4XX,
                "accepted",
                "The version is 2.",
                Scenario.verifier().verify(FIRST.with(Draft.VERSION, "2"), answer(Reason.UNSUPPORTED_VERSION, 0)));
        Draft query = FIRST.target("/v1/events?x=1");
        book.positive("accepted-query")
                .rule(Rules.ANSWER_CODES)
                .flags(Flags.ORDINARY)
                .comment("A query on a write, which is allowed unless a deployment refuses it.")
                .accepts(query);
        rejected(
                "query-not-allowed",
                StateFlags.ANSWER_4XX,
                "accepted-query",
                "Queries on writes are refused.",
                Scenario.verifier(Settings.noQueryOnWrites()).verify(query, answer(Reason.QUERY_NOT_ALLOWED, 0)));
        rejected(
                "body-too-large",
                StateFlags.ANSWER_4XX,
                "accepted",
                "No body may have a byte.",
                Scenario.verifier(Settings.longestBody(0)).verify(FIRST, answer(Reason.BODY_TOO_LARGE, 0)));
    }

    private void unauthorised() {
        book.positive("accepted-late")
                .rule(Rules.ANSWER_CODES)
                .flags(StateFlags.AT_THE_EDGE)
                .comment("In the last second of its window.")
                .accepts(FIRST.at(300));
        rejected(
                "clock-skew",
                StateFlags.ANSWER_401,
                "accepted-late",
                "It arrives one second later.",
                Scenario.verifier().verify(FIRST.at(301), answer(Reason.CLOCK_SKEW, 301)));
        book.positive("accepted-twice")
                .rule(Rules.ANSWER_CODES)
                .flags(Flags.ORDINARY)
                .comment("Two genuine requests.")
                .steps(ONCE.verify(SECOND, accepted()));
        rejected(
                "nonce-replay",
                StateFlags.ANSWER_401,
                "accepted-twice",
                "The second request has the first one's nonce.",
                ONCE.verify(SECOND.nonce("1"), answer(Reason.NONCE_REPLAY, 0)));
        rejected(
                "signature-replay",
                StateFlags.ANSWER_401,
                "accepted-twice",
                "The second request carries the first one's signature. The client is told NONCE_REPLAY: it signs again in either case.",
                ONCE.verify(FIRST.nonce("2"), answer(Reason.SIGNATURE_REPLAY, 0)));
        rejected(
                "unknown-device",
                StateFlags.ANSWER_401,
                "accepted",
                "The device id is one that nobody registered.",
                Scenario.verifier()
                        .verify(FIRST.with(Draft.DEVICE_ID, "{device:c}"), answer(Reason.UNKNOWN_DEVICE, 0)));
        rejected(
                "invalid-signature",
                StateFlags.ANSWER_401,
                "accepted",
                "Signed by a key that no device has.",
                Scenario.verifier().verify(FIRST.key("x"), answer(Reason.INVALID_SIGNATURE, 0)));
        rejected(
                "key-invalidated",
                StateFlags.ANSWER_401,
                "accepted",
                "The operator has asked for a new key.",
                Scenario.verifier(Devices.invalidated()).verify(FIRST, answer(Reason.KEY_INVALIDATED, 0)));
        rejected(
                "device-revoked",
                StateFlags.ANSWER_401,
                "accepted",
                "The device is revoked.",
                Scenario.verifier(Devices.revoked()).verify(FIRST, answer(Reason.DEVICE_REVOKED, 0)));
    }

    private void unavailable() {
        rejected(
                "device-pending",
                StateFlags.ANSWER_503,
                "accepted",
                "The device is not approved yet.",
                Scenario.verifier(Devices.pending()).verify(FIRST, answer(Reason.DEVICE_PENDING, 0)));
        rejected(
                "keys-unavailable",
                StateFlags.ANSWER_503,
                "accepted",
                "The key store is down.",
                Scenario.verifier().fault("keys", "down").verify(FIRST, answer(Reason.STORE_UNAVAILABLE, 0)));
        rejected(
                "nonces-unavailable",
                StateFlags.ANSWER_503,
                "accepted",
                "The nonce store is down.",
                Scenario.verifier().fault("nonces", "down").verify(FIRST, answer(Reason.STORE_UNAVAILABLE, 0)));
        rejected(
                "store-full",
                StateFlags.ANSWER_503,
                "accepted",
                "The nonce store is full.",
                Scenario.verifier().fault("nonces", "full").verify(FIRST, answer(Reason.STORE_FULL, 0)));
        rejected(
                "quota-used-up",
                StateFlags.ANSWER_503,
                "accepted-twice",
                "The device may have one live claim.",
                Scenario.verifier(Settings.quota(1))
                        .verify(FIRST, accepted())
                        .verify(SECOND, answer(Reason.STORE_FULL, 0)));
        rejected(
                "not-watching-yet",
                StateFlags.ANSWER_503,
                "accepted",
                "The nonce store has been watching since now.",
                Scenario.verifier(Settings.watchingSince(0)).verify(FIRST, answer(Reason.NOT_WATCHING_YET, 0)));
    }

    /** x-server-timestamp with CLOCK_SKEW, and beside it the same fault's neighbours without. */
    private void clock() {
        positive(
                "clock-in-the-past",
                Rules.ANSWER_HEADERS,
                StateFlags.ANSWER_401,
                "The client's clock is slow. It is told the server's, and corrects its own.",
                Scenario.verifier().verify(FIRST.at(400), answer(Reason.CLOCK_SKEW, 400)));
        positive(
                "clock-ahead",
                Rules.ANSWER_HEADERS,
                StateFlags.DATED_AHEAD,
                "The client's clock is fast. It is told the server's, not its own timestamp.",
                Scenario.verifier().verify(FIRST.dated(600).at(100), answer(Reason.CLOCK_SKEW, 100)));
        positive(
                "clock-at-the-end",
                Rules.ANSWER_HEADERS,
                StateFlags.WITHHELD_BODY,
                "Stale when its body ended. The time that is told is that of the answer, not that of the head.",
                Scenario.verifier().verify(FIRST.arriving(0, 301L), answer(Reason.CLOCK_SKEW, 301)));
        Scenario copied = ONCE.verify(FIRST.at(301), answer(Reason.CLOCK_SKEW, 301));
        positive(
                "clock-of-a-copy",
                Rules.ANSWER_HEADERS,
                StateFlags.SAME_REQUEST,
                "A stale copy: its clock is what it is told about.",
                copied);
        silent(
                "replay-shows-no-clock",
                "clock-of-a-copy",
                "The copy comes one second earlier.",
                "A client that finds x-server-timestamp in a 401 with such a body corrects its clock, whatever the code. A replay must not do that.",
                StateFlags.ANSWER_401,
                ONCE.verify(FIRST.at(300), answer(Reason.NONCE_REPLAY, 300)));
        silent(
                "bad-signature-shows-no-clock",
                "clock-at-the-end",
                "It is signed by a key that no device has.",
                "A bad signature is told before the second reading, and without a clock.",
                StateFlags.ANSWER_401,
                Scenario.verifier().verify(FIRST.key("x").arriving(0, 301L), answer(Reason.INVALID_SIGNATURE, 301)));
        silent(
                "malformed-shows-no-clock",
                "clock-in-the-past",
                "The nonce is not a UUID.",
                "Stale as well, but the malformed header is told first.",
                StateFlags.ANSWER_4XX,
                Scenario.verifier().verify(FIRST.with(Draft.NONCE, "1").at(400), answer(Reason.MALFORMED_HEADER, 400)));
        Scenario down = Scenario.verifier().fault("nonces", "down");
        positive(
                "clock-beside-a-store-that-is-down",
                Rules.ANSWER_HEADERS,
                StateFlags.NONCES_DOWN,
                "Stale at its end: the nonce store is not asked.",
                down.verify(FIRST.arriving(0, 301L), answer(Reason.CLOCK_SKEW, 301)));
        silent(
                "unavailable-shows-no-clock",
                "clock-beside-a-store-that-is-down",
                "The body ends one second earlier.",
                "503 has its Retry-After, and no clock.",
                StateFlags.ANSWER_503,
                down.verify(FIRST.arriving(0, 300L), answer(Reason.STORE_UNAVAILABLE, 300)));
        Scenario revoked = Scenario.verifier(Devices.revoked());
        positive(
                "clock-of-a-revoked-device",
                Rules.ANSWER_HEADERS,
                StateFlags.REVOKED_DEVICE,
                "Stale at its end: the device's state is not judged.",
                revoked.verify(FIRST.arriving(0, 301L), answer(Reason.CLOCK_SKEW, 301)));
        silent(
                "revoked-shows-no-clock",
                "clock-of-a-revoked-device",
                "The body ends one second earlier.",
                "The device is told that it is revoked, and nothing about clocks.",
                StateFlags.ANSWER_401,
                revoked.verify(FIRST.arriving(0, 300L), answer(Reason.DEVICE_REVOKED, 300)));
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
        positive(
                "json-with-the-clock",
                Rules.ANSWER_BODY,
                StateFlags.SERVER_CLOCK,
                "server_timestamp is a JSON number, the same as in the header. A stale head is told it, whoever signed.",
                Scenario.verifier().verify(stranger.at(301), answer(Reason.CLOCK_SKEW, 301)));
        Scenario down = Scenario.verifier().fault("keys", "down");
        positive(
                "json-with-retry-after",
                Rules.ANSWER_BODY,
                StateFlags.ANSWER_503,
                "retry_after is a JSON number.",
                down.verify(stranger, answer(Reason.STORE_UNAVAILABLE, 0)));
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
                "A stranger whose body ends too late is not told about the clock: the signature is judged first.",
                301);
        enumeration(
                "nonces-down",
                Scenario.verifier(known).fault("nonces", "down"),
                stranger,
                "A stranger does not get as far as the nonce store.",
                0);
        enumeration(
                "used-nonce",
                ONCE,
                stranger,
                "A stranger under a nonce that the device used: without a valid signature nobody is told about nonces.",
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
        positive(
                "known-large-body",
                Rules.ENUMERATION,
                StateFlags.BODY_LIMIT,
                "A stranger's body is too long: it is refused before anybody asks for the device.",
                seven.verify(large, answer(Reason.BODY_TOO_LARGE, 0)));
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
        positive(
                "known-" + name,
                Rules.ENUMERATION,
                StateFlags.BAD_SIGNATURE,
                comment,
                server.verify(stranger, answer(Reason.INVALID_SIGNATURE, answeredAt)));
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

    private void positive(String name, Rules rule, Flag flag, String comment, Scenario scenario) {
        List<Flag> flags = rule == Rules.ANSWER_HEADERS && !flag.equals(StateFlags.SERVER_CLOCK)
                ? List.of(flag, StateFlags.SERVER_CLOCK)
                : List.of(flag);
        book.positive(name)
                .rule(rule)
                .flags(flags)
                .comment(comment)
                .needs(NEEDS)
                .steps(scenario);
    }

    private void silent(String name, String from, String difference, String comment, Flag flag, Scenario scenario) {
        book.negative(name)
                .rule(Rules.ANSWER_HEADERS)
                .flags(StateFlags.SERVER_CLOCK, flag)
                .from(from)
                .difference(difference)
                .comment(comment)
                .needs(NEEDS)
                .steps(scenario);
    }

    private void rejected(String name, Flag flag, String from, String difference, Scenario scenario) {
        ObjectNode expected = scenario.steps().get(scenario.steps().size() - 1).expect();
        book.negative(name)
                .rule(Rules.ANSWER_CODES)
                .flags(flag)
                .from(from)
                .difference(difference)
                .comment(expected.path("reason").asText() + " is "
                        + expected.path("status").asInt() + " "
                        + expected.path("publicCode").asText() + " to the client, in the headers and in the JSON.")
                .needs(NEEDS)
                .steps(scenario);
    }
}
