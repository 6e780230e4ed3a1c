package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Suite;
import dev.countersign.conformance.suite.SuiteFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Makes the suite. The same sources give the same bytes on every machine and every JDK. */
public final class SuiteGenerator {
    /** Version of the content; FORMAT.md says when which part grows. */
    private static final String SUITE_VERSION = "1.0.0";

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

    /**
     * Writes all files into a folder, over those that are there.
     *
     * @throws IOException if one cannot be written
     */
    public static void write(Path folder) throws IOException {
        for (Map.Entry<String, String> file : SuiteFiles.write(suite()).entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(folder);
            Files.writeString(path, file.getValue());
        }
    }
}
