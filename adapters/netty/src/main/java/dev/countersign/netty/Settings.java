package dev.countersign.netty;

import dev.countersign.api.route.Routes;
import java.util.concurrent.Semaphore;

/** What all handlers of a factory share. Thread-safe. */
final class Settings {
    final Routes routes;
    final long maxHeldBytes;
    final boolean passesLargeBodiesThrough;
    final MemoryBudget budget;
    final long maxDrainBytes;
    final long maxDrainNanos;
    private final int maxDrains;
    private final Semaphore drainPlaces;

    Settings(CountersignHandler.Builder builder) {
        this.routes = builder.routes;
        this.maxHeldBytes = builder.maxHeldBytes;
        this.passesLargeBodiesThrough = builder.passThroughLargeBodies;
        this.budget = new MemoryBudget(builder.memoryBudget);
        this.maxDrainBytes = builder.maxDrainBytes;
        this.maxDrainNanos = builder.maxDrainTime.toNanos();
        this.maxDrains = builder.maxDrains;
        this.drainPlaces = new Semaphore(maxDrains);
    }

    /** Whether the rest of a body may be read and dropped; then {@link #drainEnded} must follow. */
    boolean beginDrain() {
        return maxDrainBytes > 0 && drainPlaces.tryAcquire();
    }

    void drainEnded() {
        drainPlaces.release();
    }

    int drainsRunning() {
        return maxDrains - drainPlaces.availablePermits();
    }
}
