package dev.countersign.nonce.redis;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** What the parts of one store share: its settings, its thread, its counters and its listener. */
final class StoreContext {
    private static final int MOST_WAITING_EVENTS = 1024;
    private static final int LISTENER_THREAD_SECONDS = 10;

    final Clock clock;
    final LongSupplier ticker;
    final KeyLayout keys;
    final long timeLimitNanos;
    final boolean noPredecessor;
    final long waitSeconds;
    final int replicas;
    final long replicaMillis;
    final boolean allowEviction;
    final ForgottenDeadlines forgotten = new ForgottenDeadlines();

    final LongAdder claims = new LongAdder();
    final LongAdder unknownOutcomes = new LongAdder();
    final LongAdder overloaded = new LongAdder();
    final LongAdder scriptsReloaded = new LongAdder();
    final LongAdder connections = new LongAdder();
    final LongAdder outages = new LongAdder();
    final LongAdder listenerFailures = new LongAdder();

    private final RedisStoreListener listener;
    private final ScheduledThreadPoolExecutor thread;

    /** A thread of its own: a listener that blocks must not keep the store from watching and recovering. */
    private final ThreadPoolExecutor listenerThread;

    StoreContext(RedisNonceStore.Builder builder) {
        this.clock = builder.clock;
        this.ticker = builder.ticker;
        this.keys = builder.keys;
        this.timeLimitNanos = builder.timeLimit.toNanos();
        this.noPredecessor = builder.noPredecessor;
        this.waitSeconds = wholeSeconds(builder.waitBeforeVouching);
        this.replicas = builder.replicas;
        this.replicaMillis = builder.replicaLimit.toMillis();
        this.allowEviction = builder.allowEviction;
        this.listener = builder.listener;
        this.thread = new ScheduledThreadPoolExecutor(1, task -> daemon(task, "countersign-nonce-redis"));
        thread.setRemoveOnCancelPolicy(true);
        this.listenerThread = new ThreadPoolExecutor(
                1,
                1,
                LISTENER_THREAD_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MOST_WAITING_EVENTS),
                task -> daemon(task, "countersign-nonce-redis-listener"),
                (task, executor) -> listenerFailures.increment());
        listenerThread.allowCoreThreadTimeOut(true);
    }

    private static Thread daemon(Runnable task, String name) {
        Thread made = new Thread(task, name);
        made.setDaemon(true);
        return made;
    }

    /** The Unix second from which to vouch if nothing is known of what came before. */
    long vouchFrom() {
        return second() + waitSeconds;
    }

    /** The clock's second; what was read is kept in mind. */
    long second() {
        long second = clock.instant().getEpochSecond();
        forgotten.reading(second, ticker.getAsLong());
        return second;
    }

    /** Runs on the store's thread, one task after the other; not at all after {@link #close}. */
    void run(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException closed) {
            return;
        }
    }

    /** Runs later on the store's thread. */
    void runIn(long millis, Runnable task) {
        try {
            ScheduledFuture<?> unused = thread.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            return;
        }
    }

    /** Tells the listener, on a thread of its own, in order. What it has no room for is counted as its failure. */
    void tell(Consumer<RedisStoreListener> what) {
        listenerThread.execute(() -> {
            try {
                what.accept(listener);
            } catch (RuntimeException listenerFailed) {
                listenerFailures.increment();
            }
        });
    }

    void close() {
        thread.shutdownNow();
        listenerThread.shutdown();
    }

    private static long wholeSeconds(Duration duration) {
        return duration.getSeconds() + (duration.getNano() > 0 ? 1 : 0);
    }
}
