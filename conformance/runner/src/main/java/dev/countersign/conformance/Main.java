package dev.countersign.conformance;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line. */
@Command(
        name = "countersign-conformance",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Checks an implementation of the signed-request scheme.",
        subcommands = {
            RunCommand.class,
            HarnessCommand.class,
            ListCommand.class,
            ExplainCommand.class,
            GenerateCommand.class
        })
public final class Main implements Callable<Integer> {
    /** All is well. */
    static final int GREEN = 0;

    /** A case failed, or something else that makes a run fail. */
    static final int FAILED = 1;

    /** The command line makes no sense, or names what is not there. */
    static final int USAGE = 2;

    /** Not one case was judged. */
    static final int NOTHING_JUDGED = 3;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    private Main() {}

    /** Runs a command and exits with its code. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setParameterExceptionHandler((e, args) -> {
                    CommandLine command = e.getCommandLine();
                    command.getErr().println(e.getMessage());
                    command.getErr().println("See: " + command.getCommandSpec().qualifiedName(" ") + " --help");
                    return USAGE;
                })
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    e.printStackTrace(command.getErr());
                    return FAILED;
                });
    }

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(), "Say what to do, for example: run --harness \"node harness.mjs\"");
    }

    /** The error for something that the user can mend. */
    static ParameterException usage(CommandSpec spec, String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** The same for a file. */
    static ParameterException usage(CommandSpec spec, String what, Path file, IOException e) {
        String why;
        if (e instanceof NoSuchFileException) {
            why = "there is no such file or folder";
        } else if (e instanceof CharacterCodingException) {
            why = "it is not UTF-8";
        } else if (e instanceof FileSystemException failure && failure.getReason() != null) {
            why = failure.getReason();
        } else {
            why = String.valueOf(e.getMessage());
        }
        return usage(spec, "cannot " + what + " " + file + ": " + why);
    }

    /** Where a command writes to. */
    static PrintWriter out(CommandSpec spec) {
        return spec.commandLine().getOut();
    }

    /** The version in the jar's manifest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"countersign-conformance " + (version == null ? "(not packaged)" : version)};
        }
    }
}
