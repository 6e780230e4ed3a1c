package dev.countersign.conformance;

import dev.countersign.conformance.generator.SuiteGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes the vectors' files and the page of rules. */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = "Writes vectors/*.json and RULES.md into a folder, over those that are there.")
final class GenerateCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(paramLabel = "FOLDER", description = "the folder conformance-vectors of the project, or any other")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path folder;

    @Override
    public Integer call() {
        try {
            SuiteGenerator.write(folder);
        } catch (IOException e) {
            throw Main.usage(spec, "write into", folder, e);
        }
        return Main.GREEN;
    }
}
