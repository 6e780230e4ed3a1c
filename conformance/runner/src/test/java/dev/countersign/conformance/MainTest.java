package dev.countersign.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.runner.Cases;
import dev.countersign.conformance.runner.FakeHarness;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Suite;
import dev.countersign.conformance.suite.SuiteFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line: exit codes, and what goes where. */
class MainTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(String... args) {
        return Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }

    private int run(List<Case> cases, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of(
                "run",
                "--harness",
                FakeHarness.commandLine(),
                "--vectors",
                vectors(cases).toString()));
        args.addAll(List.of(more));
        return execute(args.toArray(String[]::new));
    }

    private Path vectors(List<Case> cases) throws IOException {
        Path vectors = Files.createDirectories(folder.resolve("vectors"));
        for (Map.Entry<String, String> file :
                SuiteFiles.write(Cases.suite(cases)).entrySet()) {
            Files.writeString(vectors.resolve(file.getKey()), file.getValue());
        }
        return vectors;
    }

    private static final Case GOOD = Cases.stateless("g/good", "/ok");
    private static final Case BAD = Cases.stateless("g/bad", "/wrong");
    private static final Case SKIPPED = Cases.stateless("g/skipped", "/skip");

    @Test
    void greenIsZero() throws IOException {
        assertEquals(Main.GREEN, run(List.of(GOOD, SKIPPED)));
        assertTrue(out.toString().endsWith("PASSED  1 passed, 0 failed, 1 skipped" + System.lineSeparator()));
        assertFalse(out.toString().contains("\u001b"));
        assertEquals("", err.toString());
    }

    @Test
    void aFailureIsOne() throws IOException {
        assertEquals(Main.FAILED, run(List.of(GOOD, BAD), "--quiet"));
        assertEquals("FAILED  1 passed, 1 failed, 0 skipped" + System.lineSeparator(), out.toString());
    }

    @Test
    void nothingJudgedIsThree() throws IOException {
        assertEquals(Main.NOTHING_JUDGED, run(List.of(SKIPPED)));
        assertTrue(out.toString().contains("NOTHING WAS JUDGED"));
        assertEquals(Main.NOTHING_JUDGED, run(List.of(GOOD), "--skip", "g"));
    }

    @Test
    void aHarnessThatCannotStartIsOne() throws IOException {
        assertEquals(
                Main.FAILED,
                execute(
                        "run",
                        "--harness",
                        folder + "/not-there",
                        "--vectors",
                        vectors(List.of(GOOD)).toString()));
        assertTrue(out.toString().contains("the harness could not be started"), out::toString);
    }

    @Test
    void announcedFailuresAreGreen() throws IOException {
        Path known = Files.writeString(folder.resolve("known"), "g/bad # one\n");
        assertEquals(Main.GREEN, run(List.of(GOOD, BAD), "--known-failing", known.toString()));
        assertEquals(
                Main.FAILED, run(List.of(GOOD, Cases.stateless("g/bad", "/ok")), "--known-failing", known.toString()));
        assertTrue(out.toString().contains("g/bad  the case passed"), out::toString);
        assertEquals(Main.GREEN, run(List.of(GOOD, BAD), "--known-failing", known.toString(), "--only", "g/good"));
        assertEquals(Main.FAILED, run(List.of(GOOD), "--known-failing", known.toString()));
    }

    @Test
    void selects() throws IOException {
        assertEquals(Main.GREEN, run(List.of(GOOD, BAD, SKIPPED), "--only", "g/good,g/skipped", "--quiet"));
        assertEquals(
                Main.GREEN, run(List.of(GOOD, BAD, SKIPPED), "--only", "g/good", "--only", "g/skipped", "--quiet"));
        assertEquals(Main.GREEN, run(List.of(GOOD, BAD, SKIPPED), "--skip", "*/bad", "--quiet"));
        assertEquals(
                List.of("PASSED  1 passed, 0 failed, 1 skipped"),
                out.toString().lines().distinct().toList());
    }

    @Test
    void writesReports() throws IOException {
        Path json = folder.resolve("out/r.json");
        Path junit = folder.resolve("out/r.xml");
        Path html = folder.resolve("out/r.html");
        assertEquals(
                Main.FAILED,
                run(
                        List.of(GOOD, BAD),
                        "--json",
                        json.toString(),
                        "--junit",
                        junit.toString(),
                        "--html",
                        html.toString()));
        assertTrue(Files.readString(html).startsWith("<!DOCTYPE html>"), "no HTML");
        assertEquals(
                1,
                Json.parse(Files.readString(json)).path("counts").path("failed").asInt());
        assertTrue(Files.readString(junit).startsWith("<?xml"));
    }

    @Test
    void aReportThatCannotBeWrittenIsSaidAndNotGreen() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertEquals(Main.USAGE, run(List.of(GOOD), "--json", file + "/r.json"));
        assertTrue(err.toString().contains("cannot write"), err::toString);
        assertFalse(err.toString().contains("\tat "), err::toString);
    }

    @Test
    void generatesIntoFoldersOnly() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertEquals(Main.USAGE, execute("generate", file.toString()));
        assertTrue(err.toString().startsWith("cannot write into " + file), err::toString);
        assertFalse(err.toString().contains("\tat "), err::toString);
        assertEquals(Main.GREEN, execute("generate", folder.resolve("new").toString()));
        assertTrue(Files.exists(folder.resolve("new/vectors/suite.json")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                                        | Say what to do",
                "run                                       | Missing required argument",
                "run;--harness;x;--server;http://localhost | mutually exclusive",
                "run;--harness;'a                          | open '",
                "run;--harness; | empty",
                "run;--harness;x;--only;nothing/*          | no case fits \"nothing/*\"",
                "run;--harness;x;--skip;x:y                | \"x:y\" is no pattern",
                "run;--harness;x;--known-failing;/none     | cannot read /none: there is no such file",
                "run;--server;http://localhost:1;--server-setting;foo=bar | there is no setting \"foo\"; there are deviceIds",
                "run;--server;http://localhost:1;--server-setting;deviceIds=opaqe | deviceIds is one of uuid, opaque",
                "run;--harness;x;--vectors;/none           | no vectors in /none",
                "run;--harness;x;--time-limit;0            | above zero",
                "run;--harness;x;--time-limit;soon         | --time-limit",
                "run;--harness;x;--quiet;--verbose         | mutually exclusive",
                "explain;nothing                           | there is no case \"nothing\"",
                "list;--only;nothing                       | no case fits",
                "harness;--engine;steam                    | no engine is called \"steam\"",
                "dance                                     | dance"
            })
    void aWrongCommandLineIsTwo(String line, String message) {
        String[] args = line.isEmpty() ? new String[0] : line.split(";", -1);
        assertEquals(Main.USAGE, execute(args), err::toString);
        assertTrue(err.toString().contains(message), err::toString);
        assertFalse(err.toString().contains("\tat "), err::toString);
    }

    @Test
    void lists() {
        Suite suite = SuiteFiles.bundled();
        assertEquals(Main.GREEN, execute("list"));
        assertEquals(suite.cases().size(), out.toString().lines().count());
        Case first = suite.cases().get(0);
        assertEquals(
                String.join("\t", first.id(), first.role().label(), first.rule(), String.join(",", first.flags())),
                out.toString().lines().findFirst().orElse(""));
    }

    @Test
    void listsRulesAndFlags() {
        Suite suite = SuiteFiles.bundled();
        assertEquals(Main.GREEN, execute("list", "--rules"));
        assertEquals(suite.rules().size(), out.toString().lines().count());
        out.getBuffer().setLength(0);
        assertEquals(Main.GREEN, execute("list", "--flags"));
        assertEquals(suite.flags().size(), out.toString().lines().count());
    }

    @Test
    void explains() {
        assertEquals(Main.GREEN, execute("explain", "ingest/post-stripped"));
        assertTrue(out.toString().contains("= POST\\n/v1/hsi\\n1767225600\\n"), out::toString);
    }

    @Test
    void anInterruptedRunLeavesNoHarnessBehind() throws Exception {
        Path pid = folder.resolve("pid");
        List<String> command = new ArrayList<>(FakeHarness.command().subList(0, 5));
        command.addAll(List.of(
                Main.class.getName(),
                "run",
                "--harness",
                FakeHarness.commandLine(),
                "--time-limit",
                "600",
                "--vectors",
                vectors(List.of(Cases.stateful("g/hang", "/pid-and-hang=" + pid)))
                        .toString()));
        Process runner = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            ProcessHandle harness = harnessOf(runner, pid);
            try {
                runner.destroy();
                assertTrue(runner.waitFor(60, TimeUnit.SECONDS));
                harness.onExit().get(60, TimeUnit.SECONDS);
            } finally {
                harness.destroyForcibly();
            }
        } finally {
            runner.destroyForcibly();
        }
    }

    /** The harness, once it has written its process id. */
    private static ProcessHandle harnessOf(Process runner, Path pid) throws Exception {
        while (runner.isAlive()) {
            String text = Files.exists(pid) ? Files.readString(pid) : "";
            if (text.endsWith("\n")) {
                return ProcessHandle.of(Long.parseLong(text.strip())).orElseThrow();
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("the runner ended by itself with " + runner.exitValue());
    }
}
