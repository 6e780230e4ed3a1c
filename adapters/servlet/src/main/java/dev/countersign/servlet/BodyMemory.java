package dev.countersign.servlet;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory all bodies together may take that are not verified yet. The first {@value #SMALL} bytes of each may use all of
 * it, what is more only three quarters: so large bodies leave room for small requests. Thread-safe.
 */
final class BodyMemory {
    static final long SMALL = 64 * 1024;

    private final long most;
    private final long mostForLarge;
    private final AtomicLong used = new AtomicLong();

    BodyMemory(long most) {
        this.most = most;
        this.mostForLarge = most / 4 * 3;
    }

    /**
     * Takes memory, if there is some.
     *
     * @param bytes how much more
     * @param held how much this body has already
     */
    boolean take(long bytes, long held) {
        long limit = held + bytes <= SMALL ? most : mostForLarge;
        long now = used.get();
        // Never more than there is, not for a moment: somebody else would find no room.
        while (now + bytes <= limit) {
            if (used.compareAndSet(now, now + bytes)) {
                return true;
            }
            now = used.get();
        }
        return false;
    }

    /** Gives memory back. */
    void give(long bytes) {
        used.addAndGet(-bytes);
    }

    /** How much is taken now. */
    long used() {
        return used.get();
    }
}
