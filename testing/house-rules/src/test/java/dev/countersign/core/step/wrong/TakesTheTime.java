package dev.countersign.core.step.wrong;

/** Breaks a rule on purpose. */
final class TakesTheTime {
    long now() {
        return System.nanoTime();
    }
}
