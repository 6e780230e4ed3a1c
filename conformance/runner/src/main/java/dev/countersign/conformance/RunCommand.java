package dev.countersign.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.countersign.conformance.report.ConsoleReport;
import dev.countersign.conformance.report.HtmlReport;
import dev.countersign.conformance.report.JUnitReport;
import dev.countersign.conformance.report.JsonReport;
import dev.countersign.conformance.runner.HarnessLimits;
import dev.countersign.conformance.runner.HarnessSubject;
import dev.countersign.conformance.runner.Judge;
import dev.countersign.conformance.runner.KnownFailing;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.runner.Subject;
import dev.countersign.conformance.runner.SuiteRun;
import dev.countersign.conformance.server.ServerOptions;
import dev.countersign.conformance.server.ServerSubject;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Suite;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the suite against an implementation. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = "Runs the suite against an implementation.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:every judged case passed or is known to fail",
            "1:a case failed, a known-failing entry is stale, or the harness misbehaved",
            "2:the command line or a file it names is wrong",
            "3:not one case was judged"
        })
final class RunCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Target target;

    /** What is checked: one of them. */
    static final class Target {
        @Option(
                names = "--harness",
                paramLabel = "COMMAND",
                description = {
                    "command that starts the harness: a program and its arguments, in one argument;",
                    "quotes hold words together; there is no shell"
                })
        @Nullable String harness;

        @ArgGroup(exclusive = false)
        @Nullable LiveServer live;
    }

    /** A server and what there is to know about it. */
    static final class LiveServer {
        @Option(
                names = "--server",
                paramLabel = "URL",
                required = true,
                description = {
                    "address of a live server that lets the suite register its devices, as the quickstart does,",
                    "such as http://localhost:8080"
                })
        @SuppressWarnings("NullAway.Init") // set by picocli
        String url;

        @Option(
                names = "--server-setting",
                paramLabel = "NAME=VALUE",
                description = {
                    "a setting that the server was started with, named as in PROTOCOL.md, such as deviceIds=opaque;",
                    "cases that need other settings are skipped"
                })
        Map<String, String> settings = new LinkedHashMap<>();

        @Option(
                names = "--seed",
                paramLabel = "TEXT",
                description = {
                    "what names and keys are made from, to repeat a run on a server with empty stores",
                    "(default: a random one, which is printed)"
                })
        @Nullable String seed;
    }

    @Mixin
    private VectorsOption vectors = new VectorsOption();

    @Option(
            names = "--known-failing",
            paramLabel = "FILE",
            description = {
                "ids of cases that are expected to fail, one on a line, # begins a comment;",
                "an entry whose case passes, is skipped or does not exist fails the run"
            })
    private @Nullable Path knownFailing;

    @Option(names = "--reasons", description = "also compare the reason, an implementation's own word for why")
    private boolean reasons;

    @Option(
            names = "--time-limit",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "for one case (default: ${DEFAULT-VALUE})")
    private double timeLimit;

    @Option(
            names = "--start-limit",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "until the harness has answered hello (default: ${DEFAULT-VALUE})")
    private double startLimit;

    @Option(names = "--json", paramLabel = "FILE", description = "write the results as JSON")
    private @Nullable Path json;

    @Option(names = "--junit", paramLabel = "FILE", description = "write the results as JUnit XML")
    private @Nullable Path junit;

    @Option(names = "--html", paramLabel = "FILE", description = "write the results as one HTML page")
    private @Nullable Path html;

    @ArgGroup
    private @Nullable Loudness loudness;

    /** At most one of them. */
    static final class Loudness {
        @Option(names = "--verbose", description = "show every case, and every list in full")
        boolean verbose;

        @Option(names = "--quiet", description = "show the verdict only")
        boolean quiet;
    }

    @Override
    public Integer call() {
        Suite suite = vectors.suite(spec);
        List<Case> selected = vectors.select(spec, suite);
        KnownFailing known = knownFailing == null ? KnownFailing.NONE : read(knownFailing);
        ConsoleReport console = ConsoleReport.standard(Main.out(spec), suite, detail());
        RunResult run;
        try (Subject subject = subject(console::note)) {
            console.started(subject.implementation(), subject.language(), subject.target(), selected.size());
            run = SuiteRun.run(suite, selected, subject, known, console::progress);
        }
        console.finished(run);
        write(json, file -> JsonReport.write(run, file));
        write(junit, file -> JUnitReport.write(run, file));
        write(html, file -> HtmlReport.write(suite, run, file));
        return exitCode(run);
    }

    /** Writes a report into a file. */
    @FunctionalInterface
    private interface Report {
        void write(Path file) throws IOException;
    }

    private void write(@Nullable Path file, Report report) {
        if (file != null) {
            try {
                report.write(file);
            } catch (IOException e) {
                throw Main.usage(spec, "write", file, e);
            }
        }
    }

    /** From what was counted, and from nothing else. */
    static int exitCode(RunResult run) {
        if (run.judged() == 0) {
            return Main.NOTHING_JUDGED;
        }
        return run.isGreen() ? Main.GREEN : Main.FAILED;
    }

    private Subject subject(Consumer<String> notes) {
        try {
            if (target.live != null) {
                return ServerSubject.at(target.live.url, options(target.live, notes));
            }
            HarnessLimits limits =
                    HarnessLimits.USUAL.withAnswer(seconds(timeLimit)).withStart(seconds(startLimit));
            return HarnessSubject.start(String.valueOf(target.harness), new Judge(reasons), limits);
        } catch (IllegalArgumentException e) {
            throw Main.usage(spec, String.valueOf(e.getMessage()));
        }
    }

    private ServerOptions options(LiveServer live, Consumer<String> notes) {
        ObjectNode settings = Json.object();
        live.settings.forEach((name, value) -> settings.set(name, setting(value)));
        ServerOptions options = ServerOptions.defaults()
                .withCaseLimit(seconds(timeLimit))
                .withSettings(settings)
                .withNotes(notes);
        return live.seed == null ? options : options.withSeed(live.seed);
    }

    /** JSON, or a plain word. */
    private static JsonNode setting(String value) {
        try {
            return Json.parse(value);
        } catch (IllegalArgumentException word) {
            return TextNode.valueOf(value);
        }
    }

    private KnownFailing read(Path file) {
        try {
            return KnownFailing.read(file);
        } catch (IOException e) {
            throw Main.usage(spec, "read", file, e);
        }
    }

    private ConsoleReport.Detail detail() {
        if (loudness == null) {
            return ConsoleReport.Detail.USUAL;
        }
        return loudness.quiet ? ConsoleReport.Detail.QUIET : ConsoleReport.Detail.VERBOSE;
    }

    private static Duration seconds(double value) {
        return Duration.ofNanos((long) (value * 1e9));
    }
}
