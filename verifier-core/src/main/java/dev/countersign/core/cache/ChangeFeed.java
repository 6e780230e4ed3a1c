package dev.countersign.core.cache;

import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.wait.StoreAnswer;
import dev.countersign.core.wait.Waits;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows a store's change feed: one poll at a time, from start to start an interval apart, each reading pages until
 * one is empty. Thread-safe.
 *
 * <p>A poll that fails, or one of whose pages takes longer than the limit, is given up: what it answers later is
 * ignored, and the next one asks again from the same cursor.
 *
 * <p>A store whose cursor of now lies before the one that was reached has lost changes, by a restore from a backup for
 * instance. Asked for what comes after that, it would say nothing until it has made up for them, so the feed begins
 * anew. So it does where an answer is incomplete: some erasures after the cursor are no longer reported.
 *
 * <p>What it has to wait for, it waits for on a timer that nothing else should keep busy.
 */
final class ChangeFeed {
    /** Takes what the feed reports. */
    interface Reader {
        /**
         * A device changed.
         *
         * @param readAt when the page that has it was asked for, nanoseconds
         */
        void changed(DeviceRecord record, long readAt);

        /** A device was erased: no record with a lower version than that counts. */
        void erased(ErasedDevice erased);

        /**
         * The store has lost changes that it reported, or can no longer report some: what is known of any device may be
         * wrong.
         */
        void lostChanges();
    }

    /** However long a poll takes, the next one leaves the store this part of the interval in peace. */
    private static final int SHORTEST_PAUSE = 10;

    /** After so many polls, the next one also compares the cursor of now with the one that was reached. */
    private static final int POLLS_PER_COMPARISON = 10;

    private final PublicKeyStore store;
    private final Reader reader;
    private final FeedProgress progress;
    private final CacheCounters counters;
    private final ScheduledExecutorService timer;
    private final LongSupplier nanoTime;
    private final Waits waits;
    private final long intervalNanos;
    private final long limitNanos;

    private int pollsSinceComparison;
    private long cursor; // handed on from one answer to the next, of which there is one at a time
    private volatile boolean closed;
    private volatile @Nullable Future<?> next;

    ChangeFeed(
            CacheSettings settings,
            Reader reader,
            FeedProgress progress,
            CacheCounters counters,
            ScheduledExecutorService timer) {
        this.progress = progress;
        this.counters = counters;
        this.store = settings.store();
        this.reader = reader;
        this.timer = timer;
        this.nanoTime = settings.nanoTime();
        this.waits = new Waits(timer);
        this.intervalNanos = settings.pollInterval().toNanos();
        this.limitNanos = settings.pollTimeLimit().toNanos();
    }

    /** Asks for the cursor of now, and goes on by itself from there. */
    void start() {
        poll();
    }

    void close() {
        closed = true;
        Future<?> pending = next;
        if (pending != null) {
            pending.cancel(false);
        }
        waits.close();
    }

    private void poll() {
        if (closed) {
            return;
        }
        long begunAt = nanoTime.getAsLong();
        counters.polls.increment();
        try {
            if (!progress.isStarted()) {
                awaitCursor(begunAt, now -> {
                    reach(now);
                    progress.covered(begunAt);
                    next(begunAt);
                });
            } else if (pollsSinceComparison < POLLS_PER_COMPARISON) {
                pollsSinceComparison++;
                readPages(begunAt, true);
            } else {
                awaitCursor(begunAt, now -> {
                    if (now < cursor) {
                        reader.lostChanges();
                        reach(now);
                    }
                    pollsSinceComparison = 0;
                    readPages(begunAt, true);
                });
            }
        } catch (Throwable fault) { // the feed goes on, whatever a store does
            failed(begunAt, true);
        }
    }

    private void awaitCursor(long begunAt, LongConsumer then) {
        waits.whenAnswered(StoreAnswer.of(store::cursor), limitNanos, Runnable::run, answer -> {
            Long now = answer == null ? null : answer.value();
            if (now == null) {
                failed(begunAt, answer == null || !answer.isRefused());
            } else {
                then.accept(now);
            }
        });
    }

    private void reach(long now) {
        cursor = now;
    }

    /**
     * Takes answers that are already here in a loop, so that any number of them needs no more stack.
     *
     * @param mayBeginAnew false if that was done in this poll: a store that is never complete is broken
     */
    private void readPages(long begunAt, boolean mayBeginAnew) {
        boolean more = true;
        while (more && !closed) {
            long askedAt = nanoTime.getAsLong();
            long from = cursor;
            CompletionStage<StoreAnswer<DeviceChanges>> stage = StoreAnswer.of(() -> store.changesSince(from));
            if (!(stage instanceof CompletableFuture<StoreAnswer<DeviceChanges>> future) || !future.isDone()) {
                waits.whenAnswered(stage, limitNanos, Runnable::run, page -> {
                    if (take(page, askedAt, begunAt, mayBeginAnew)) {
                        readPages(begunAt, mayBeginAnew);
                    }
                });
                return;
            }
            more = take(future.join(), askedAt, begunAt, mayBeginAnew);
        }
    }

    /** Whether there is more to read. A page that does not lead on is a broken store's, and would be read for ever. */
    private boolean take(
            @Nullable StoreAnswer<DeviceChanges> answer, long askedAt, long begunAt, boolean mayBeginAnew) {
        DeviceChanges page = answer == null ? null : answer.value();
        if (page == null) {
            failed(begunAt, answer == null || !answer.isRefused());
            return false;
        }
        if (page.isIncomplete()) {
            beginAnew(begunAt, mayBeginAnew);
            return false;
        }
        if (page.cursor() < cursor || (page.cursor() == cursor && !page.isEmpty())) {
            failed(begunAt, true);
            return false;
        }
        for (DeviceRecord record : page.records()) {
            reader.changed(record, askedAt);
        }
        for (ErasedDevice erased : page.erased()) {
            reader.erased(erased);
        }
        cursor = page.cursor();
        progress.answered();
        if (!page.isEmpty()) {
            return true;
        }
        progress.covered(begunAt);
        next(begunAt);
        return false;
    }

    /**
     * Some of what happened since the cursor is no longer reported. Everything is forgotten at once, and once more when
     * the cursor of now is known: later changes of what is read after that are reported by the feed.
     */
    private void beginAnew(long begunAt, boolean mayBeginAnew) {
        reader.lostChanges();
        if (!mayBeginAnew) {
            failed(begunAt, true);
            return;
        }
        awaitCursor(begunAt, now -> {
            reader.lostChanges();
            reach(now);
            readPages(begunAt, false);
        });
    }

    /**
     * The poll has come to nothing.
     *
     * @param isStores whether the store failed, and not a queue of ours was full
     */
    private void failed(long begunAt, boolean isStores) {
        counters.pollFailures.increment();
        if (isStores) {
            progress.failed();
        }
        pollsSinceComparison = POLLS_PER_COMPARISON; // what comes back may be another database
        next(begunAt);
    }

    private void next(long begunAt) {
        if (closed) {
            return;
        }
        long pause = intervalNanos - (nanoTime.getAsLong() - begunAt);
        try {
            next = timer.schedule(this::poll, Math.max(intervalNanos / SHORTEST_PAUSE, pause), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closedMeanwhile) {
            // A timer that was shut down has no use for another poll.
        }
    }
}
