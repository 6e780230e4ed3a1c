package dev.countersign.conformance.runner;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Step;
import org.jspecify.annotations.Nullable;

/** A case on its way through its steps. */
final class Asked {
    final Case subject;

    /** Whether nothing else may be under way with it. */
    private final boolean stateful;

    int step;
    private long startedAt;

    /** The breakdown that it may be to blame for, or null. */
    @Nullable Breakdown suspicion;

    Asked(Case subject) {
        this.subject = subject;
        this.stateful =
                subject.steps().stream().anyMatch(step -> Role.VERIFIER.ops().contains(step.op()));
    }

    /** It begins, or begins again. */
    void begin() {
        step = 0;
        startedAt = System.nanoTime();
    }

    boolean alone() {
        return stateful || suspicion != null;
    }

    Step current() {
        return subject.steps().get(step);
    }

    /** Since it began. */
    long micros() {
        return (System.nanoTime() - startedAt) / 1000;
    }
}
