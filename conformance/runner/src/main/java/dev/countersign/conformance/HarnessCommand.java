package dev.countersign.conformance;

import dev.countersign.conformance.harness.Engines;
import dev.countersign.conformance.harness.LibraryHarness;
import dev.countersign.conformance.protocol.HarnessLoop;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The library behind the harness protocol. */
@Command(
        name = "harness",
        mixinStandardHelpOptions = true,
        description = "Is a harness: Countersign's own library behind the harness protocol.")
final class HarnessCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            defaultValue = Engines.DEFAULT,
            description = "what verifies signatures (default: ${DEFAULT-VALUE})")
    private String engine = Engines.DEFAULT;

    @Override
    public Integer call() throws Exception {
        if (!Engines.names().contains(engine)) {
            throw Main.usage(spec, "no engine is called \"" + engine + "\"; there are " + Engines.names());
        }
        // Only answers go to standard output; whatever else prints goes to standard error.
        try (OutputStream answers = new FileOutputStream(FileDescriptor.out);
                LibraryHarness harness = new LibraryHarness(Engines.named(engine))) {
            System.setOut(System.err);
            HarnessLoop.serve(harness, System.in, answers);
        }
        return Main.GREEN;
    }
}
