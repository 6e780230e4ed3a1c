package dev.countersign.conformance;

import dev.countersign.conformance.generator.SuiteGenerator;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command line. */
@Command(
        name = "countersign-conformance",
        mixinStandardHelpOptions = true,
        description = "Checks an implementation of the signed-request scheme.",
        subcommands = {Main.Generate.class})
public final class Main implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    private Main() {}

    /** Runs a command and exits with its code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(), "Say what to do, for example: run --harness \"node harness.mjs\"");
    }

    /** Makes the vectors' files. */
    @Command(name = "generate", mixinStandardHelpOptions = true, description = "Writes the vectors into a folder.")
    static final class Generate implements Callable<Integer> {
        @Parameters(paramLabel = "FOLDER", description = "where to")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Path folder;

        @Override
        public Integer call() throws Exception {
            SuiteGenerator.write(folder);
            return 0;
        }
    }
}
