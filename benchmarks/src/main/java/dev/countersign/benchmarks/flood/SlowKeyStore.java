package dev.countersign.benchmarks.flood;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.api.store.StoreOverloadedException;
import dev.countersign.testkit.ForwardingKeyStore;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A store whose every query takes so long. It has threads as a blocking store has them: some for lookups, behind a bounded
 * queue, and one for the feed; or all of them for everything.
 */
final class SlowKeyStore extends ForwardingKeyStore {
    private static final int QUEUE = 1024;

    private final long millis;
    private final ThreadPoolExecutor lookups;
    private final ThreadPoolExecutor feed;

    SlowKeyStore(PublicKeyStore store, long millis, int threads, boolean feedApart) {
        super(store);
        this.millis = millis;
        this.lookups = pool(threads);
        this.feed = feedApart ? pool(1) : lookups;
    }

    private static ThreadPoolExecutor pool(int threads) {
        return new ThreadPoolExecutor(
                threads, threads, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(QUEUE), (task, pool) -> {
                    throw new StoreOverloadedException("too many calls wait");
                });
    }

    private <T> CompletionStage<T> slowly(ThreadPoolExecutor pool, Supplier<CompletionStage<T>> query) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        Thread.sleep(millis);
                    } catch (InterruptedException closed) {
                        Thread.currentThread().interrupt();
                    }
                    return query.get().toCompletableFuture().join();
                },
                pool);
    }

    @Override
    public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
        return slowly(lookups, () -> super.find(claimed));
    }

    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        return slowly(lookups, () -> super.confirm(device, key, at));
    }

    @Override
    public CompletionStage<Long> cursor() {
        return slowly(feed, super::cursor);
    }

    @Override
    public CompletionStage<DeviceChanges> changesSince(long cursor) {
        return slowly(feed, () -> super.changesSince(cursor));
    }

    @Override
    public void close() {
        lookups.shutdownNow();
        feed.shutdownNow();
    }
}
