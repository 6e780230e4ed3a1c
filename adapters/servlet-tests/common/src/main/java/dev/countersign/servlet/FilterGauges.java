package dev.countersign.servlet;

/** What a filter holds, for tests of other packages. */
public final class FilterGauges {
    private FilterGauges() {}

    /** How many bytes of bodies are held that are not verified. */
    public static long bodyMemoryUsed(CountersignFilter filter) {
        return filter.bodyMemoryUsed();
    }

    /** How many bodies are read and dropped now. */
    public static int drainsRunning(CountersignFilter filter) {
        return filter.drainsRunning();
    }
}
