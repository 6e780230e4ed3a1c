package dev.countersign.nonce.redis;

import dev.countersign.nonce.redis.context.StoreCounters;
import dev.countersign.nonce.redis.context.StoreEvents;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Calls the user's listener, on a thread of its own and in order: a listener that blocks must not keep the store from
 * watching its servers and from recovering. What it throws, and what it is too slow for, is counted. Thread-safe.
 */
final class ListenerThread implements StoreEvents {
    private static final int MOST_WAITING_EVENTS = 1024;
    private static final int KEEP_ALIVE_SECONDS = 10;

    private final RedisStoreListener listener;
    private final StoreCounters counters;
    private final ThreadPoolExecutor thread;

    ListenerThread(RedisStoreListener listener, StoreCounters counters) {
        this.listener = listener;
        this.counters = counters;
        this.thread = new ThreadPoolExecutor(
                1,
                1,
                KEEP_ALIVE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MOST_WAITING_EVENTS),
                task -> {
                    Thread made = new Thread(task, "countersign-nonce-redis-listener");
                    made.setDaemon(true);
                    return made;
                },
                (task, executor) -> counters.listenerFailures.increment());
        thread.allowCoreThreadTimeOut(true);
    }

    @Override
    public void outageBegan(String server, String reason) {
        call(target -> target.outageBegan(server, reason));
    }

    @Override
    public void outageReasonChanged(String server, String reason) {
        call(target -> target.outageReasonChanged(server, reason));
    }

    @Override
    public void outageEnded(String server, Duration lasted) {
        call(target -> target.outageEnded(server, lasted));
    }

    @Override
    public void primaryChanged(String server) {
        call(target -> target.primaryChanged(server));
    }

    @Override
    public void watchingSince(String server, long since, String why) {
        call(target -> target.watchingSince(server, since, why));
    }

    @Override
    public void serverClockLeapt(String server, Duration ahead) {
        call(target -> target.serverClockLeapt(server, ahead));
    }

    /** Ends the thread after the calls that wait. */
    void close() {
        thread.shutdown();
    }

    private void call(Consumer<RedisStoreListener> what) {
        thread.execute(() -> {
            try {
                what.accept(listener);
            } catch (RuntimeException listenerFailed) {
                counters.listenerFailures.increment();
            }
        });
    }
}
