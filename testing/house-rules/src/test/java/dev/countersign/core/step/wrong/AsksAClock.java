package dev.countersign.core.step.wrong;

/** Breaks a rule on purpose. */
final class AsksAClock {
    long now(java.time.Clock clock) {
        return clock.millis();
    }
}
