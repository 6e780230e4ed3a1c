package dev.countersign.conformance;

import dev.countersign.conformance.generator.SuiteGenerator;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes the vectors' files and the page of rules. */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = "Writes vectors/*.json and RULES.md into a folder, over those that are there.")
final class GenerateCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FOLDER", description = "the folder conformance-vectors of the project, or any other")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path folder;

    @Override
    public Integer call() throws Exception {
        SuiteGenerator.write(folder);
        return Main.GREEN;
    }
}
