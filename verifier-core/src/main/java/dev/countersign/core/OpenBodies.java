package dev.countersign.core;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The verifications whose body is on its way, looked through once a second by one task for all of them: a body that comes and
 * goes within a second arms nothing of its own, and there is no task while there is no body. Thread-safe.
 */
final class OpenBodies {
    static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ScheduledExecutorService timer;
    private final Consumer<PipelineVerification> look;
    private final Consumer<PipelineVerification> end;
    private final Set<PipelineVerification> open = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean armed = new AtomicBoolean();
    private volatile @Nullable Future<?> task;
    private volatile boolean closed;

    /**
     * None yet.
     *
     * @param look at each, once a second
     * @param end of each, when closed
     */
    OpenBodies(
            ScheduledExecutorService timer, Consumer<PipelineVerification> look, Consumer<PipelineVerification> end) {
        this.timer = timer;
        this.look = look;
        this.end = end;
    }

    void add(PipelineVerification verification) {
        open.add(verification);
        if (closed) {
            end.accept(verification);
        } else {
            arm();
        }
    }

    void remove(PipelineVerification verification) {
        open.remove(verification);
    }

    private void arm() {
        if (armed.get() || !armed.compareAndSet(false, true)) {
            return;
        }
        try {
            task = timer.schedule(this::lookThrough, PAUSE_NANOS, TimeUnit.NANOSECONDS);
        } catch (Throwable timerIsShutDownOrHasNoThread) {
            armed.set(false); // the next one tries again; until then each is looked at when bytes of it arrive
        }
        if (closed) {
            disarm();
        }
    }

    private void lookThrough() {
        for (PipelineVerification verification : open) {
            try {
                look.accept(verification);
            } catch (Throwable fault) {
                // For lack of memory, say: there are others.
            }
        }
        armed.set(false);
        if (!open.isEmpty() && !closed) {
            arm();
        }
    }

    /** Ends all, now and from now on. */
    void close() {
        closed = true;
        disarm();
        open.forEach(end);
    }

    private void disarm() {
        Future<?> pending = task;
        if (pending != null) {
            pending.cancel(false);
        }
    }

    /** How many there are, for tests. */
    int count() {
        return open.size();
    }
}
