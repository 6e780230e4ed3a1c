package dev.countersign.conformance.runner;

import dev.countersign.conformance.suite.Case;
import java.util.List;
import java.util.function.Consumer;

/** An implementation that can be asked cases: behind a pipe, or behind HTTP. */
public interface Subject extends AutoCloseable {
    /** Name and version, as it says itself. */
    String implementation();

    /** Its language, or {@code HTTP}. */
    String language();

    /** The command or the URL. */
    String target();

    /**
     * Asks the cases, in order, and reports each as soon as it is judged; every case exactly once, whatever happens.
     * Reports come from one thread at a time.
     */
    void run(List<Case> cases, Consumer<CaseResult> done);

    /** What went wrong outside of any case, after {@link #run}; each fails the run. */
    default List<String> faults() {
        return List.of();
    }

    /** Ends it; never throws. */
    @Override
    void close();
}
