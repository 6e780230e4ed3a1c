package dev.countersign.nonce.redis.context;

import dev.countersign.nonce.redis.claim.ForgottenDeadlines;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * What the parts of one store share: its settings, its thread, its counters, and where it reports what happens.
 * Thread-safe.
 */
public final class StoreContext {
    private final StoreSettings settings;
    private final StoreCounters counters;
    private final StoreEvents events;
    private final ForgottenDeadlines forgotten = new ForgottenDeadlines();
    private final ScheduledThreadPoolExecutor thread;
    private volatile Runnable onChange = () -> {};

    /** Not computed for each claim. */
    private final long timeLimitNanos;

    public StoreContext(StoreSettings settings, StoreCounters counters, StoreEvents events) {
        this.settings = settings;
        this.counters = counters;
        this.events = events;
        this.timeLimitNanos = settings.timeLimitNanos();
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread made = new Thread(task, "countersign-nonce-redis");
            made.setDaemon(true);
            return made;
        });
        thread.setRemoveOnCancelPolicy(true);
    }

    public StoreSettings settings() {
        return settings;
    }

    public StoreCounters counters() {
        return counters;
    }

    public StoreEvents events() {
        return events;
    }

    /** What is called, on the store's thread, where servers may have become available or have ceased to be. */
    public void onChange(Runnable task) {
        this.onChange = task;
    }

    /** Servers may have become available, or have ceased to be. On the store's thread, after it. */
    public void changed() {
        onChange.run();
    }

    /** Which claims can have left Redis by now. */
    public ForgottenDeadlines forgotten() {
        return forgotten;
    }

    /** How long an answer may take, in nanoseconds. */
    public long timeLimitNanos() {
        return timeLimitNanos;
    }

    /** How long an answer may take, in milliseconds. */
    public long timeLimitMillis() {
        return TimeUnit.NANOSECONDS.toMillis(timeLimitNanos);
    }

    /** The Unix second since which a server is watched if nothing is known of what came before. */
    public long watchFrom() {
        return second() + settings.waitSeconds();
    }

    /** The clock's Unix second. The reading is remembered, as {@link ForgottenDeadlines} needs it. */
    public long second() {
        long second = settings.clock().instant().getEpochSecond();
        forgotten.reading(second, settings.ticker().getAsLong());
        return second;
    }

    /** Runs on the store's thread, one task after the other; not at all after {@link #close}. */
    public void run(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException closed) {
            return;
        }
    }

    /** Runs later on the store's thread. */
    public void runIn(long millis, Runnable task) {
        try {
            ScheduledFuture<?> unused = thread.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            return;
        }
    }

    /** Ends the store's thread. */
    public void close() {
        thread.shutdownNow();
    }
}
