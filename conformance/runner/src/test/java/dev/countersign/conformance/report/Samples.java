package dev.countersign.conformance.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Difference;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Rule;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import dev.countersign.conformance.suite.SuiteFiles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Suites and runs with everything in them that a report can meet. */
final class Samples {
    /** Runs as script where it is not escaped, in text, in an attribute, in a script, in a title. */
    static final String HOSTILE =
            "</script></style></title></pre><img src=x onerror=\"globalThis.pwned=1\">\"'><script>globalThis.pwned=2</script>"
                    + "<svg onload=globalThis.pwned=3>&lt;b&gt;";

    /** A NUL, an escape sequence of a terminal, text turned around, foreign spaces, half of a pair. */
    static final String UNSEEN = "a\u0000b\u001b[31mc\u202Ed\u2028e\u00A0f\u200Bg\uD800h\uDC00i\uFFFEj\u0085k\r\n\tl";

    /** A report of the small sample run, and one of the hostile one. */
    record Sample(Suite suite, RunResult run) {
        String page() {
            return HtmlReport.page(suite, run);
        }
    }

    private Samples() {}

    static final List<Rule> RULES = List.of(
            new Rule("message.body", "The body", "The exact bytes on the wire are signed.", "The message"),
            new Rule("message.path", "The path", "The raw path is signed, never a decoded one.", "The message"),
            new Rule("keys.point", "The point", "65 bytes 04||x||y on the curve.", "Keys"),
            new Rule("unused.rule", "Never run", "Nothing shows it.", "Nowhere"));

    static final List<Flag> FLAGS = List.of(
            new Flag("Ordinary", "Nothing special."),
            new Flag("Encoded", "Percent signs in the path, which a decoder would change."),
            new Flag("LongBody", "More bytes than fit a screen."));

    /** Four cases, one for each ending: the first fails, with the bytes of two messages to compare. */
    static Sample small() {
        Case encoded = message(
                "message/encoded",
                "message.path",
                List.of("Encoded"),
                "message/plain",
                "POST\n/a%2Fb\n1767225600\n{\"n\":1}");
        Case plain =
                message("message/plain", "message.path", List.of("Ordinary"), null, "POST\n/ab\n1767225600\n{\"n\":1}");
        Case body = message(
                "message/body", "message.body", List.of("Ordinary", "LongBody"), null, "POST\n/ab\n1767225600\n");
        Case point = new Case(
                "keys/point",
                Role.KEYS,
                "keys.point",
                List.of("Ordinary"),
                true,
                "An uncompressed point is a key.",
                null,
                List.of(),
                List.of(new Step(
                        Json.object().put("op", "parseKey").put("form", "point").put("dataHex", "04" + "11".repeat(64)),
                        Json.object().put("pointHex", "04" + "11".repeat(64)),
                        null,
                        null)));
        Suite suite = new Suite(
                "1.2.3",
                RULES,
                FLAGS,
                List.of(
                        new Group("message", "What is signed", List.of(encoded, plain, body)),
                        new Group("keys", "Keys in every form", List.of(point))));
        String right = encoded.steps().get(0).expect().path("messageHex").asText();
        String wrong = hex("POST\n/a/b\n1767225600\n{\"n\":1}");
        List<CaseResult> results = List.of(
                failed(
                        encoded,
                        List.of(new Mismatch("messageHex", right, wrong), new Mismatch("signedPath", "/a%2Fb", "/a/b")),
                        Json.object().put("messageHex", wrong).put("signedPath", "/a/b")),
                passed(plain),
                failed(body, List.of(), null).asKnownFailing(),
                new CaseResult(point, Outcome.SKIPPED, "no parser here", -1, List.of(), null, false, 3));
        return new Sample(
                suite,
                new RunResult(
                        "sample-sdk 0.9",
                        "Dart",
                        "dart run harness.dart",
                        "1.2.3",
                        results,
                        List.of("message/plain", "old/*")));
    }

    /** A harness that puts markup and things that cannot be seen wherever it can. */
    static Sample hostile() {
        Sample small = small();
        String text = HOSTILE + UNSEEN;
        ObjectNode answer = Json.object().put(text, text);
        answer.putArray("list").add(text).addObject().put("deep", text);
        List<CaseResult> results = small.run().results().stream()
                .map(result -> new CaseResult(
                        result.subject(),
                        result.outcome(),
                        text,
                        result.step(),
                        List.of(
                                new Mismatch(text, "accepted", text),
                                new Mismatch("messageHex", "00ff".repeat(20), text),
                                new Mismatch("signature", HOSTILE, text)),
                        answer,
                        result.knownFailing(),
                        1))
                .toList();
        return new Sample(
                small.suite(), new RunResult(text, text, text, text, results, List.of(text, "message/plain")));
    }

    /** So many cases; the suite's own and copies of them; every fifth fails, every seventh is skipped. */
    static Sample many(int number) {
        Suite bundled = SuiteFiles.bundled();
        List<Case> originals = bundled.cases();
        List<Group> groups = new ArrayList<>();
        List<CaseResult> results = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            if (i % 60 == 0) {
                groups.add(new Group("group-" + i / 60, "Copies " + i / 60, List.of()));
            }
            Case original = originals.get(i % originals.size());
            Case copy = new Case(
                    "group-" + i / 60 + "/" + original.id().replace('/', '-') + "-" + i,
                    original.role(),
                    bundled.rules().get(i % bundled.rules().size()).id(),
                    original.flags(),
                    original.positive(),
                    original.comment(),
                    original.difference(),
                    original.needs(),
                    original.steps());
            Group last = groups.remove(groups.size() - 1);
            groups.add(new Group(
                    last.name(),
                    last.title(),
                    Stream.concat(last.cases().stream(), Stream.of(copy)).toList()));
            results.add(
                    i % 5 == 0
                            ? failed(
                                    copy,
                                    List.of(
                                            new Mismatch("verdict", "accepted", "rejected"),
                                            new Mismatch("status", "absent", "401")),
                                    Json.object()
                                            .put("verdict", "rejected")
                                            .put("status", 401)
                                            .put("publicCode", "INVALID_SIGNATURE"))
                            : i % 7 == 0
                                    ? new CaseResult(
                                            copy, Outcome.SKIPPED, "no stores here", -1, List.of(), null, false, 1)
                                    : passed(copy));
        }
        return new Sample(
                new Suite("1.0.0", bundled.rules(), bundled.flags(), groups),
                new RunResult("many 1", "Go", "./harness", "1.0.0", results, List.of()));
    }

    static CaseResult passed(Case subject) {
        return new CaseResult(subject, Outcome.PASSED, "", -1, List.of(), null, false, 1200);
    }

    static CaseResult failed(Case subject, List<Mismatch> mismatches, @Nullable ObjectNode answer) {
        String detail = mismatches.isEmpty()
                ? "no answer within 5 s"
                : mismatches.get(0).field() + " is not as expected";
        int last = subject.steps().size() - 1;
        return new CaseResult(subject, Outcome.FAILED, detail, last, mismatches, answer, false, 2500);
    }

    private static Case message(String id, String rule, List<String> flags, @Nullable String from, String message) {
        String[] parts = message.split("\n", 4);
        ObjectNode request = Json.object()
                .put("op", "message")
                .put("method", parts[0])
                .put("path", parts[1])
                .put("timestamp", parts[2])
                .put("bodyHex", hex(parts[3]));
        String sha256 = Hex.of(Hex.sha256(message.getBytes(StandardCharsets.ISO_8859_1)));
        ObjectNode expect = Json.object()
                .put("messageHex", hex(message))
                .put("sha256Hex", sha256)
                .put("signedPath", parts[1]);
        return new Case(
                id,
                Role.MESSAGE,
                rule,
                flags,
                from == null,
                "The message of " + id + " is as the protocol says.",
                from == null ? null : new Difference(from, "The path has a percent sign."),
                List.of(),
                List.of(new Step(
                        request,
                        expect,
                        Json.object().put("messageHex", hex(message)).put("sha256Hex", sha256),
                        null)));
    }

    static String hex(String text) {
        return Hex.of(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
