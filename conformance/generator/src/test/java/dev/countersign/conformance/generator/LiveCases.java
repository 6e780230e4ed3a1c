package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.ok;
import static dev.countersign.conformance.generator.Expect.rejected;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import java.util.Collections;
import java.util.List;

/** Cases for the tests of the runner against live servers: one of every kind, and independent of what the suite holds. */
public final class LiveCases {
    private static final DeviceTemplate A = DeviceTemplate.active("a");
    private static final Draft POST = Draft.post("/v1/x");

    private final CaseBook verifier = new CaseBook("live", "For the tests", Role.VERIFIER);

    private LiveCases() {}

    /** Those that a live server can be asked. */
    public static List<Case> askable() {
        LiveCases cases = new LiveCases();
        cases.whole();
        cases.times();
        cases.replays();
        cases.devices();
        cases.odd();
        return cases.verifier.group().cases();
    }

    /** Those that it cannot be asked, each named after why. */
    public static List<Case> unaskable() {
        LiveCases cases = new LiveCases();
        cases.settings();
        cases.states();
        cases.beyondHttp();
        return cases.verifier.group().cases();
    }

    /** A case of another role. */
    public static Case ofAnotherRole() {
        CaseBook book = new CaseBook("other", "For the tests", Role.MESSAGE);
        ObjectNode request = Json.object().put("op", "message").put("method", "GET");
        book.positive("message")
                .rule(Rules.MESSAGE_LAYOUT)
                .flags(Flags.ORDINARY)
                .comment("")
                .steps(Scenario.empty().exchange(request, ok(), Json.object()));
        return book.group().cases().get(0);
    }

    private void add(String name, Scenario scenario) {
        verifier.positive(name)
                .rule(Rules.INGEST_STRIP)
                .flags(Flags.ORDINARY)
                .comment("A test's.")
                .steps(scenario);
    }

    private void needing(String name, String needed, Scenario scenario) {
        verifier.positive(name)
                .rule(Rules.ANSWER_BODY)
                .flags(Flags.ORDINARY)
                .comment("A test's.")
                .needs(List.of(needed))
                .steps(scenario);
    }

    private void whole() {
        add("plain", Scenario.verifier().verify(POST, accepted("/v1/x")));
        add("get", Scenario.verifier().verify(Draft.get("/v1/x?a=b"), accepted("/v1/x")));
        add("head", Scenario.verifier().verify(Draft.get("/v1/x").method("HEAD"), accepted()));
        add("ingest", Scenario.verifier().verify(Draft.post("/ingest/v1/x").signingPath("/v1/x"), accepted("/v1/x")));
        add(
                "ingest-on-get",
                Scenario.verifier()
                        .verify(Draft.get("/ingest/v1/x").signingPath("/v1/x"), rejected(Reason.INVALID_SIGNATURE)));
        add("long-body", Scenario.verifier().verify(POST.body(new Body("000102fdfeff", 100_000)), accepted()));
        add(
                "long-body-rejected-with-its-head",
                Scenario.verifier()
                        .verify(
                                POST.body(new Body("00", 600_000)).without(Draft.NONCE),
                                rejected(Reason.MISSING_HEADER)));
        add("wrong-key", Scenario.verifier().verify(POST.key("b"), rejected(Reason.INVALID_SIGNATURE)));
        add("unknown-device", Scenario.verifier().verify(POST.device("b"), rejected(Reason.UNKNOWN_DEVICE)));
        add("missing", Scenario.verifier().verify(POST.without(Draft.NONCE), rejected(Reason.MISSING_HEADER)));
        add("malformed", Scenario.verifier().verify(POST.with(Draft.NONCE, "x"), rejected(Reason.MALFORMED_HEADER)));
    }

    private void times() {
        for (int edge : new int[] {300, 296, 295, 1, 0, -1, -295, -296, -300}) {
            add("at" + edge, Scenario.verifier().verify(POST.dated(edge), accepted()));
        }
        for (int edge : new int[] {301, 305, 306, 5000, -301, -305, -306, -5000}) {
            add("at" + edge, Scenario.verifier().verify(POST.dated(edge), rejected(Reason.CLOCK_SKEW)));
        }
        add("later", Scenario.verifier().verify(POST.at(1000).dated(1300), accepted()));
        ObjectNode expect = rejected(Reason.CLOCK_SKEW);
        expect.putObject("responseHeaders")
                .put("x-server-timestamp", "1767225600")
                .put("www-authenticate", "*");
        expect.putObject("responseJson").put("server_timestamp", 1_767_225_600L).put("status", "error");
        needing("skew-tells-the-time", "responseBodyHex", Scenario.verifier().verify(POST.dated(-4000), expect));
        needing(
                "skew-tells-head-nothing",
                "responseBodyHex",
                Scenario.verifier().verify(POST.method("HEAD").dated(-4000), expect));
        ObjectNode silent = rejected(Reason.INVALID_SIGNATURE);
        silent.putObject("responseHeaders").putNull("x-server-timestamp");
        needing("no-time-without-skew", "responseHeaders", Scenario.verifier().verify(POST.key("b"), silent));
    }

    private void replays() {
        add("replay", Scenario.verifier().verify(POST, accepted()).verify(POST, rejected(Reason.NONCE_REPLAY)));
        add(
                "swapped-nonce",
                Scenario.verifier()
                        .verify(POST, accepted())
                        .verify(POST.nonce("2"), rejected(Reason.SIGNATURE_REPLAY)));
        List<ObjectNode> oneOfEight = new java.util.ArrayList<>(List.of(accepted()));
        oneOfEight.addAll(Collections.nCopies(7, rejected(Reason.NONCE_REPLAY)));
        add("copies", Scenario.verifier().verifyAll(Collections.nCopies(8, POST), oneOfEight));
        Draft bare = Draft.get("/v1/x");
        List<ObjectNode> oneOfThree = List.of(rejected(Reason.NONCE_REPLAY), accepted(), rejected(Reason.NONCE_REPLAY));
        add("copies-without-body", Scenario.verifier().verifyAll(Collections.nCopies(3, bare), oneOfThree));
    }

    private void devices() {
        DeviceTemplate revoked = A.withStatus("revoked");
        DeviceTemplate newKey = A.withKeys(new DeviceTemplate.Key("n", "current", null));
        add("revoked", Scenario.verifier(revoked).verify(POST, rejected(Reason.DEVICE_REVOKED)));
        add(
                "revoked-meanwhile",
                Scenario.verifier()
                        .verify(POST, accepted())
                        .devices(revoked)
                        .verify(POST.nonce("2").attempt(1), rejected(Reason.DEVICE_REVOKED)));
        add(
                "revoked-in-another-case",
                Scenario.verifier(A.withIds("{app:a}", "{DEVICE:a}"))
                        .devices(revoked)
                        .verify(POST, rejected(Reason.DEVICE_REVOKED)));
        add(
                "new-key-for-a-revoked-one",
                Scenario.verifier(revoked)
                        .devices(newKey)
                        .verify(POST.key("n"), accepted())
                        .verify(POST.nonce("2"), rejected(Reason.INVALID_SIGNATURE)));
        add(
                "new-key",
                Scenario.verifier()
                        .devices(newKey, DeviceTemplate.active("b"))
                        .verify(POST.key("n"), accepted())
                        .verify(POST.device("b"), accepted()));
        add(
                "odd-app-id",
                Scenario.verifier(A.withIds("a%/..;b?#~", "{DEVICE:a}"))
                        .verify(POST.with(Draft.APP_ID, "a%/..;b?#~"), accepted()));
    }

    private void odd() {
        add("verbatim", Scenario.verifier().verify(Draft.post("/a/%2F//../x;y"), accepted("/a/%2F//../x;y")));
        add("lower-case-method", Scenario.verifier().verify(POST.method("post"), rejected(Reason.MALFORMED_TARGET)));
        add("backslash", Scenario.verifier().verify(POST.target("/a\\b"), rejected(Reason.MALFORMED_TARGET)));
        add("space", Scenario.verifier().verify(POST.target("/a b"), rejected(Reason.MALFORMED_TARGET)));
        add(
                "absolute",
                Scenario.verifier()
                        .verify(POST.target("http://api.example/v1/x").signingPath("/v1/x"), accepted("/v1/x")));
    }

    private void settings() {
        add(
                "setting-window",
                Scenario.verifier(config -> config.put("freshnessSeconds", 60)).verify(POST, accepted()));
        add(
                "setting-opaque",
                Scenario.verifier(config -> config.put("deviceIds", "opaque"), OPAQUE)
                        .verify(POST.with(Draft.DEVICE_ID, "device-1"), accepted()));
    }

    private static final DeviceTemplate OPAQUE = A.withIds("{app:a}", "device-1");

    private void states() {
        add("state-pending", Scenario.verifier(A.withStatus("pending")).verify(POST, accepted()));
        for (String state : List.of("provisional", "previous", "invalidated", "retired")) {
            add(
                    "state-" + state,
                    Scenario.verifier(A.withKeys(new DeviceTemplate.Key("a", state, null)))
                            .verify(POST, accepted()));
        }
        add(
                "state-ends",
                Scenario.verifier(A.withKeys(new DeviceTemplate.Key("a", "current", 5L)))
                        .verify(POST, accepted()));
        add("state-no-keys", Scenario.verifier(A.withKeys()).verify(POST, accepted()));
        add(
                "state-two-owners",
                Scenario.verifier(
                                A, DeviceTemplate.active("b").withKeys(A.keys().get(0)))
                        .verify(POST, accepted()));
        add(
                "state-alive-again",
                Scenario.verifier(A.withStatus("revoked")).devices(A).verify(POST, accepted()));
        add(
                "state-key-again",
                Scenario.verifier()
                        .devices(A.withKeys(new DeviceTemplate.Key("n", "current", null)))
                        .devices(A)
                        .verify(POST, accepted()));
        add("fault", Scenario.verifier().fault("keys", "down").verify(POST, accepted()));
        add(
                "restart",
                Scenario.verifier()
                        .verify(POST, accepted())
                        .reset(0, config -> config, A)
                        .verify(POST, accepted()));
        add(
                "time-passes",
                Scenario.verifier().verify(POST, accepted()).verify(POST.at(5), rejected(Reason.NONCE_REPLAY)));
        add("withheld", Scenario.verifier().verify(POST.arriving(0, 5L), accepted()));
    }

    private void beyondHttp() {
        add("http-padded", Scenario.verifier().verify(POST.with(Draft.NONCE, " {nonce:1}"), accepted()));
        add("http-padded-end", Scenario.verifier().verify(POST.with(Draft.NONCE, "{nonce:1}\t"), accepted()));
        add("http-control", Scenario.verifier().verify(POST.with(Draft.NONCE, "{nonce:1}\u0001x"), accepted()));
        add("http-line-end", Scenario.verifier().verify(POST.adding("X-More", "a\r\nb: c"), accepted()));
        add("http-name", Scenario.verifier().verify(POST.renamed(Draft.NONCE, "X Nonce"), accepted()));
        add("http-framing", Scenario.verifier().verify(POST.adding("transfer-encoding", "chunked"), accepted()));
        add("http-target", Scenario.verifier().verify(POST.target("/a\nb"), accepted()));
    }
}
