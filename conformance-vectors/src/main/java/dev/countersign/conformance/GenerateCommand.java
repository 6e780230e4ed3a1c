package dev.countersign.conformance;

import dev.countersign.conformance.generator.SuiteGenerator;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes the vectors' files. */
@Command(name = "generate", mixinStandardHelpOptions = true, description = "Writes the vectors into a folder.")
final class GenerateCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FOLDER", description = "where to")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path folder;

    @Override
    public Integer call() throws Exception {
        SuiteGenerator.write(folder);
        return Main.GREEN;
    }
}
