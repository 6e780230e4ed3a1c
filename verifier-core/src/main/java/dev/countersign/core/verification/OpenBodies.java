package dev.countersign.core.verification;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The verifications whose body is on its way, looked through once a second by one task for all of them: a body that
 * comes and goes within a second arms nothing of its own, and there is no task while there is no body. Thread-safe.
 */
public final class OpenBodies {
    /**
     * A verification whose body is on its way. Its methods may be called on any thread, at any moment, and do not
     * throw.
     */
    interface OpenBody {
        /** Ends it if nothing can come of it any more. */
        void endIfOverdue();

        /** Ends it: the verifier is closed. */
        void endIfOpen();
    }

    /** How often they are looked through. */
    public static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ScheduledExecutorService timer;
    private final Set<OpenBody> open = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean armed = new AtomicBoolean();
    private volatile @Nullable Future<?> task;
    private volatile boolean closed;

    /** None yet. */
    public OpenBodies(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    void add(OpenBody verification) {
        open.add(verification);
        if (closed) {
            verification.endIfOpen();
        } else {
            arm();
        }
    }

    void remove(OpenBody verification) {
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
        for (OpenBody verification : open) {
            try {
                verification.endIfOverdue();
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
        open.forEach(OpenBody::endIfOpen);
    }

    boolean isClosed() {
        return closed;
    }

    private void disarm() {
        Future<?> pending = task;
        if (pending != null) {
            pending.cancel(false);
        }
    }

    /** How many there are, for tests. */
    public int count() {
        return open.size();
    }
}
