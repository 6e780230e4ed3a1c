package dev.countersign.core;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A monotonic clock and a timer that goes by it: time passes when the test says so, and what is due runs on its thread. It
 * begins a few seconds before the nanoseconds overflow, as a system's may.
 */
final class ManualTime extends ScheduledThreadPoolExecutor {
    private static final int MOST_TASKS = 1_000_000;

    private final PriorityQueue<Task> tasks = new PriorityQueue<>(
            Comparator.<Task>comparingLong(task -> task.due - start()).thenComparingLong(t -> t.number));
    private final long start = Long.MAX_VALUE - Duration.ofSeconds(5).toNanos();
    private volatile long now = start;
    private long scheduled;

    ManualTime() {
        super(1);
    }

    private long start() {
        return start;
    }

    long nanos() {
        return now;
    }

    @Override
    public synchronized ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        Task task = new Task(command, now + Math.max(0, unit.toNanos(delay)), scheduled++);
        tasks.add(task);
        return task;
    }

    /** How many tasks wait. */
    synchronized int waiting() {
        tasks.removeIf(FutureTask::isDone);
        return tasks.size();
    }

    /** Lets time pass without running what is due: a thread that is late. */
    synchronized void skip(Duration time) {
        now = now + time.toNanos();
    }

    /** Lets time pass, and runs what is due on the way, each at its time. */
    void pass(Duration time) {
        long end = now + time.toNanos();
        for (int i = 0; i < MOST_TASKS; i++) {
            Task task = nextUntil(end);
            if (task == null) {
                now = end;
                return;
            }
            if (task.due - now > 0) {
                now = task.due;
            }
            task.run();
        }
        throw new AssertionError("tasks without end");
    }

    private synchronized @Nullable Task nextUntil(long end) {
        tasks.removeIf(FutureTask::isDone);
        Task first = tasks.peek();
        return first == null || first.due - end > 0 ? null : tasks.poll();
    }

    private final class Task extends FutureTask<Void> implements ScheduledFuture<Void> {
        private final long due;
        private final long number;

        Task(Runnable command, long due, long number) {
            super(command, null);
            this.due = due;
            this.number = number;
        }

        @Override
        protected void setException(Throwable fault) {
            throw new AssertionError("a task of a timer failed", fault);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - now, TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }
}
