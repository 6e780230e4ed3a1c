package dev.countersign.conformance.mutants;

import dev.countersign.conformance.protocol.Harness;
import dev.countersign.conformance.protocol.HarnessLoop;
import java.io.IOException;

/** A mutant as a program: what a runner starts. */
public final class MutantMain {
    private MutantMain() {}

    /**
     * Serves the mutant of the given name, or the right harness if none is given.
     *
     * @throws IOException if standard input or output fails
     */
    public static void main(String[] args) throws IOException {
        HarnessLoop.serve(harness(args), System.in, System.out);
    }

    private static Harness harness(String[] args) {
        return args.length == 0 ? new ObviousHarness() : Mutant.of(args[0]).harness();
    }
}
