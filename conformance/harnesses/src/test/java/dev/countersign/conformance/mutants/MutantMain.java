package dev.countersign.conformance.mutants;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.protocol.Harness;
import dev.countersign.conformance.protocol.HarnessLoop;
import dev.countersign.conformance.suite.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A mutant as a program: what a runner starts. */
public final class MutantMain {
    private MutantMain() {}

    /**
     * Serves the mutant of the given name, the right harness if none is given, or with {@code --switch} one after the
     * other.
     *
     * @throws IOException if standard input or output fails
     */
    public static void main(String[] args) throws IOException {
        HarnessLoop.serve(harness(args), System.in, System.out);
    }

    private static Harness harness(String[] args) {
        if (args.length == 0) {
            return new ObviousHarness();
        }
        return args[0].equals(Switch.OPTION) ? new Switch() : Mutant.of(args[0]).harness();
    }

    /**
     * All mutants in one process, for the start of a JVM costs more than a run: an operation of its own says which one
     * the process is from now on.
     */
    static final class Switch implements Harness {
        static final String OPTION = "--switch";
        private static final String OP = "become";

        private final ObviousHarness right = new ObviousHarness();
        private @Nullable Harness now;

        /** The request that makes it this one. */
        static ObjectNode become(String label) {
            return Json.object().put("op", OP).put("mutant", label);
        }

        @Override
        public String name() {
            return "every mutant";
        }

        @Override
        public String version() {
            return "1";
        }

        @Override
        public List<String> ops() {
            List<String> ops = new ArrayList<>(right.ops());
            ops.add(OP);
            return ops;
        }

        @Override
        public ObjectNode answer(String op, ObjectNode request) {
            if (op.equals(OP)) {
                now = Mutant.of(request.path("mutant").asText()).harness();
                return Json.object().put("ok", true);
            }
            return Objects.requireNonNull(now, "nobody yet").answer(op, request);
        }
    }
}
