package dev.countersign.conformance.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.HarnessSubject;
import dev.countersign.conformance.runner.Judge;
import dev.countersign.conformance.runner.KnownFailing;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.runner.SuiteRun;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one language signs, every language verifies. The result is docs/interop.md's table. */
@Tag("full")
class InteropMatrixTest {
    private static final String SIGNATURES = "signature";
    private static final String WHOLE = "request";
    private static final Path PUBLISHED = Path.of("../../docs/interop.md");

    private final List<InteropRequest> requests = InteropRequest.all();
    private final Map<Implementation, String> versions = new EnumMap<>(Implementation.class);

    /** Of each cell, by kind, signer and verifier, how many requests passed. */
    private final Map<String, Integer> passed = new LinkedHashMap<>();

    private final List<String> wrong = new ArrayList<>();

    @Test
    void whatOneSignsAllVerify(@TempDir Path folder) throws IOException {
        Map<Implementation, List<ObjectNode>> signed = new EnumMap<>(Implementation.class);
        for (Implementation signer : Implementation.values()) {
            signed.put(signer, sign(signer, folder));
        }
        for (Implementation verifier : Implementation.values()) {
            verify(verifier, signed);
        }

        List<String> tables = List.of(table("Signatures", SIGNATURES), table("Whole requests", WHOLE));
        Files.writeString(Path.of("target/interop.md"), String.join("\n", tables) + "\n" + versionTable());
        assertEquals(List.of(), wrong, () -> wrong.size() + " wrong answers; the table is in target/interop.md");
        String published = Files.readString(PUBLISHED);
        for (String table : tables) {
            assertTrue(
                    published.contains("\n" + table + "\n"),
                    () -> PUBLISHED + " has another table than this:\n" + table);
        }
    }

    /** The headers that the signer makes for each request. The runner's own judge has looked at them. */
    private List<ObjectNode> sign(Implementation signer, Path folder) throws IOException {
        List<Step> steps = requests.stream().map(InteropRequest::sign).toList();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            ObjectNode line = Json.object().put("id", i);
            lines.add(Json.line(line.setAll(steps.get(i).request())));
        }
        Path input = Files.write(folder.resolve(signer.name()), lines);
        Map<Integer, JsonNode> answers = new Tool(signer.command())
                .reading(input)
                .output()
                .lines()
                .map(Json::parse)
                .collect(Collectors.toMap(answer -> answer.path("id").asInt(-1), answer -> answer));

        List<ObjectNode> headers = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            JsonNode answer = answers.getOrDefault(i, Json.object());
            new Judge(false)
                    .judge(steps.get(i), answer)
                    .forEach(mismatch -> wrong.add(signer.title + " signs " + mismatch));
            headers.add(answer.path("headers") instanceof ObjectNode object ? object : Json.object());
        }
        return headers;
    }

    private void verify(Implementation verifier, Map<Implementation, List<ObjectNode>> signed) {
        List<Case> cases = new ArrayList<>();
        signed.forEach((signer, headers) -> {
            for (int i = 0; i < headers.size(); i++) {
                InteropRequest request = requests.get(i);
                cases.add(caseOf(id(SIGNATURES, signer, i), Role.SIGNATURE, request.verifySignature(headers.get(i))));
                cases.add(caseOf(id(WHOLE, signer, i), Role.VERIFIER, request.verifyRequest(headers.get(i))));
            }
        });
        Suite suite = new Suite("interop", List.of(), List.of(), List.of(new Group("interop", "", cases)));
        try (HarnessSubject subject = verifier.start(false)) {
            RunResult run = SuiteRun.run(suite, cases, subject, KnownFailing.NONE, result -> {});
            versions.put(verifier, run.implementation());
            run.results().forEach(result -> count(verifier, result));
            wrong.addAll(run.faults());
        }
    }

    private void count(Implementation verifier, CaseResult result) {
        String[] parts = result.subject().id().split("/", 3);
        if (result.outcome() == Outcome.PASSED) {
            passed.merge(cell(parts[0], Implementation.valueOf(parts[1]), verifier), 1, Integer::sum);
        } else if (result.outcome() == Outcome.FAILED || verifies(verifier, parts[0])) {
            wrong.add(
                    verifier.title + ", " + result.subject().id() + ", step " + result.step() + ": " + result.detail());
        }
    }

    /** OpenSSL has no verifier of whole requests. */
    private static boolean verifies(Implementation verifier, String kind) {
        return kind.equals(SIGNATURES) || verifier != Implementation.OPENSSL;
    }

    private static String id(String kind, Implementation signer, int number) {
        return kind + "/" + signer.name() + "/" + number;
    }

    private static String cell(String kind, Implementation signer, Implementation verifier) {
        return kind + "/" + signer + "/" + verifier;
    }

    private static Case caseOf(String id, Role role, List<Step> steps) {
        return new Case(id, role, "interop", List.of("Ordinary"), true, "", null, List.of(), steps);
    }

    private String table(String title, String kind) {
        List<Implementation> verifiers = Stream.of(Implementation.values())
                .filter(verifier -> verifies(verifier, kind))
                .toList();
        StringBuilder table = new StringBuilder("| " + title + ": signed by | ");
        verifiers.forEach(verifier -> table.append(verifier.title).append(" | "));
        table.setLength(table.length() - 1);
        table.append("\n|---|").append("---|".repeat(verifiers.size()));
        for (Implementation signer : Implementation.values()) {
            table.append("\n| **").append(signer.title).append("** |");
            for (Implementation verifier : verifiers) {
                int count = passed.getOrDefault(cell(kind, signer, verifier), 0);
                table.append(' ')
                        .append(count)
                        .append(" of ")
                        .append(requests.size())
                        .append(" |");
            }
        }
        return table.append('\n').toString();
    }

    private String versionTable() {
        StringBuilder table = new StringBuilder("| implementation | version |\n|---|---|\n");
        versions.forEach((implementation, version) -> {
            // The library says only that it comes from no jar.
            boolean own = implementation == Implementation.COUNTERSIGN;
            String shown = own ? "this version, JDK " + System.getProperty("java.version") : version;
            table.append("| ")
                    .append(implementation.title)
                    .append(" | ")
                    .append(shown)
                    .append(" |\n");
        });
        return table.toString();
    }
}
