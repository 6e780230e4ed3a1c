package dev.countersign.conformance;

import dev.countersign.conformance.runner.CasePattern;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Suite;
import dev.countersign.conformance.suite.SuiteFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which vectors, and which of their cases. */
final class VectorsOption {
    @Mixin
    private Folder folder = new Folder();

    @Option(
            names = "--only",
            paramLabel = "PATTERN",
            split = ",",
            description = {
                "only these cases: a glob on ids (* and ?), a group, or role:, rule:, flag: with a glob, such as"
                        + " 'ingest/*', role:message, flag:HighS;",
                "several with commas or by repeating the option"
            })
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--skip",
            paramLabel = "PATTERN",
            split = ",",
            description = "not these cases; patterns as for --only")
    private List<String> skip = new ArrayList<>();

    Suite suite(CommandSpec spec) {
        return folder.suite(spec);
    }

    List<Case> select(CommandSpec spec, Suite suite) {
        try {
            return CasePattern.select(
                    suite.cases(),
                    only.stream().map(CasePattern::of).toList(),
                    skip.stream().map(CasePattern::of).toList());
        } catch (IllegalArgumentException e) {
            throw Main.usage(spec, String.valueOf(e.getMessage()));
        }
    }

    /** Which vectors. */
    static final class Folder {
        @Option(
                names = "--vectors",
                paramLabel = "FOLDER",
                description = "vectors to use in place of those in this program")
        private @Nullable Path path;

        Suite suite(CommandSpec spec) {
            try {
                return path == null ? SuiteFiles.bundled() : SuiteFiles.read(path);
            } catch (IOException | IllegalArgumentException e) {
                throw Main.usage(spec, String.valueOf(e.getMessage()));
            }
        }
    }
}
