package dev.countersign.core;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A timer whose limits end when the test says so. */
class ManualTimer extends ScheduledThreadPoolExecutor {
    private final List<Limit> limits = new ArrayList<>();

    ManualTimer() {
        super(1);
    }

    @Override
    public synchronized ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        Limit limit = new Limit(command, unit.toNanos(delay));
        limits.add(limit);
        return limit;
    }

    /** The limits that are armed now, in nanoseconds. */
    synchronized List<Long> armed() {
        return limits.stream()
                .filter(limit -> !limit.isDone())
                .map(limit -> limit.nanos)
                .toList();
    }

    /** Ends all limits that are armed. */
    void fire() {
        List<Limit> due;
        synchronized (this) {
            due = List.copyOf(limits);
            limits.clear();
        }
        due.forEach(Limit::run);
    }

    private static final class Limit extends FutureTask<Void> implements ScheduledFuture<Void> {
        private final long nanos;

        Limit(Runnable command, long nanos) {
            super(command, null);
            this.nanos = nanos;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(nanos, TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(nanos, other.getDelay(TimeUnit.NANOSECONDS));
        }
    }
}
