package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Suite;
import dev.countersign.conformance.suite.SuiteFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes the suite. The same sources give the same bytes on every machine and every JDK. */
public final class SuiteGenerator {
    /** Version of the content; FORMAT.md says when which part grows. */
    private static final String SUITE_VERSION = "1.0.0";

    private static final String VECTORS = "vectors/";

    private SuiteGenerator() {}

    /** The whole suite. */
    public static Suite suite() {
        List<Group> groups = List.of(
                MessageCases.group(),
                KeyCases.group(),
                SignatureCases.group(),
                SignatureHeaderCases.group(),
                IngestCases.group(),
                TargetCases.group(),
                HeaderCases.group(),
                TimestampCases.group(),
                NonceCases.group(),
                DeviceIdCases.group(),
                FreshnessCases.group(),
                ReplayNonceCases.group(),
                ReplaySignatureCases.group(),
                ReplayClaimCases.group(),
                ReplayLifetimeCases.group(),
                ReplayParallelCases.group(),
                RestartCases.group(),
                QuotaCases.group(),
                StoreCases.group(),
                LifecycleCases.group(),
                BodyLimitCases.group(),
                AnswerCases.group(),
                SignerCases.group());
        return new Suite(
                SUITE_VERSION, Arrays.stream(Rules.values()).map(Rules::rule).toList(), Flags.all(), groups);
    }

    /** Every file that is made, by its path in the module's folder, with its text. */
    public static Map<String, String> files() {
        Suite suite = suite();
        Map<String, String> files = new LinkedHashMap<>();
        files.put("RULES.md", RuleTable.of(suite));
        SuiteFiles.write(suite).forEach((name, text) -> files.put(VECTORS + name, text));
        return files;
    }

    /**
     * Writes all files into the module's folder, over those that are there, and takes away vectors that are no longer
     * made.
     *
     * @throws IOException if it cannot
     */
    public static void write(Path module) throws IOException {
        Map<String, String> files = files();
        Path vectors = module.resolve(VECTORS);
        Files.createDirectories(vectors);
        try (DirectoryStream<Path> old = Files.newDirectoryStream(vectors, "*.json")) {
            for (Path file : old) {
                if (!files.containsKey(VECTORS + file.getFileName())) {
                    Files.delete(file);
                }
            }
        }
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(module.resolve(file.getKey()), file.getValue());
        }
    }
}
