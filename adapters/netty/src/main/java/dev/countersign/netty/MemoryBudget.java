package dev.countersign.netty;

import java.util.concurrent.atomic.AtomicLong;

/** How many unverified bytes all connections may hold together. Thread-safe; nobody waits. */
final class MemoryBudget {
    /** Of each body, so much may use all of the budget: large bodies never starve small requests. */
    static final int SMALL = 64 * 1024;

    private final long all;
    private final long forLarge;
    private final AtomicLong used = new AtomicLong();

    MemoryBudget(long bytes) {
        this.all = bytes;
        this.forLarge = bytes - bytes / 4;
    }

    /**
     * Takes some more for one body.
     *
     * @param held what this body has taken before
     * @return whether there was room; nothing is taken if not
     */
    boolean take(long bytes, long held) {
        long limit = held + bytes <= SMALL ? all : forLarge;
        long before;
        do {
            before = used.get();
            if (before + bytes > limit) {
                return false;
            }
        } while (!used.compareAndSet(before, before + bytes));
        return true;
    }

    void give(long bytes) {
        used.addAndGet(-bytes);
    }

    long used() {
        return used.get();
    }
}
