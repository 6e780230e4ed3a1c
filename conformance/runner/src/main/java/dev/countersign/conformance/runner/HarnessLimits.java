package dev.countersign.conformance.runner;

import java.time.Duration;

/**
 * How long and how much of a harness is waited for and put up with.
 *
 * @param start until it has answered {@code hello}
 * @param answer for one case; while several are under way, until the next answer
 * @param end until it has exited after the end of its input
 * @param lineBytes longest line that it may write
 * @param window how many stateless cases may be under way together
 * @param restarts how often it is started again after it broke down
 */
public record HarnessLimits(Duration start, Duration answer, Duration end, int lineBytes, int window, int restarts) {
    /** What is right for most. */
    public static final HarnessLimits USUAL = new HarnessLimits(
            Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(10), 16 * 1024 * 1024, 16, 100);

    /** Refuses what makes no sense. */
    public HarnessLimits {
        if (start.isNegative() || start.isZero() || answer.isNegative() || answer.isZero() || end.isNegative()) {
            throw new IllegalArgumentException("a time limit must be above zero");
        }
        if (lineBytes < 1 || window < 1 || restarts < 0) {
            throw new IllegalArgumentException("a limit is too low");
        }
    }

    /** Another limit for a case. */
    public HarnessLimits withAnswer(Duration value) {
        return new HarnessLimits(start, value, end, lineBytes, window, restarts);
    }

    /** Another limit for the start. */
    public HarnessLimits withStart(Duration value) {
        return new HarnessLimits(value, answer, end, lineBytes, window, restarts);
    }

    /** In a sentence, such as {@code 10 s} or {@code 0.5 s}. */
    static String text(Duration limit) {
        long millis = limit.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis / 1000.0 + " s";
    }
}
