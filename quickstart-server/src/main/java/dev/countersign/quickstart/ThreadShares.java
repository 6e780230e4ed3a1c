package dev.countersign.quickstart;

import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Who may hold how many of the server's threads. Bodies are read on the thread of their request, which waits while they
 * trickle; without shares, some 200 clients that send slowly leave no thread for anybody, {@code /health} included.
 * Thread-safe.
 */
final class ThreadShares {
    private static final int ADMINISTRATION = 2;

    /** At least for the acceptor, the selectors and two requests that wait for nothing. */
    private static final int LEAST_LEFT = 6;

    private final int threads;
    private final Semaphore requests;
    private final Semaphore bodies;
    private final Semaphore administration = new Semaphore(ADMINISTRATION);

    private ThreadShares(int threads, int requests) {
        this.threads = threads;
        this.requests = new Semaphore(requests);
        this.bodies = new Semaphore(requests / 2);
    }

    /**
     * Of so many threads a tenth is left for what holds none for long; half of the rest may wait for bodies.
     *
     * @param threads at least 12
     */
    static ThreadShares of(int threads) {
        return new ThreadShares(threads, threads - ADMINISTRATION - Math.max(LEAST_LEFT, threads / 10));
    }

    /** How many threads there are to be shared. */
    int threads() {
        return threads;
    }

    /** How many protected requests with a body may hold a thread. */
    static int bodies(int threads) {
        return of(threads).bodies.availablePermits();
    }

    /**
     * Takes a thread for a protected request.
     *
     * @return null if none is left for it
     */
    @Nullable Share request(boolean withBody) {
        if (!requests.tryAcquire()) {
            return null;
        }
        if (!withBody) {
            return requests::release;
        }
        if (!bodies.tryAcquire()) {
            requests.release();
            return null;
        }
        return () -> {
            bodies.release();
            requests.release();
        };
    }

    /** Takes a thread for administration, so that a device can be revoked while others hold all of theirs. */
    @Nullable Share administration() {
        return administration.tryAcquire() ? administration::release : null;
    }

    /** A thread that is given back by closing, once. */
    interface Share extends AutoCloseable {
        @Override
        void close();
    }
}
