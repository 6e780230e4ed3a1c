package dev.countersign.core;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A key store whose every call can be held between reading and answering, made to fail, or split into small pages.
 * Thread-safe unless calls are held.
 */
class HeldKeyStore implements PublicKeyStore {
    /** Its record takes the versions of erasures. */
    private static final DeviceIdentity COUNTER = new DeviceIdentity("erasures", "counter");

    final InMemoryDeviceRegistry registry;
    private final Map<DeviceIdentity, ErasedDevice> erased = new ConcurrentHashMap<>();
    final AtomicInteger finds = new AtomicInteger();
    final AtomicInteger cursors = new AtomicInteger();
    final AtomicInteger pages = new AtomicInteger();
    final AtomicInteger confirmations = new AtomicInteger();
    final List<Held<?>> held = new ArrayList<>();

    volatile boolean holdFinds;
    volatile boolean holdFeed;
    volatile boolean findsFail;
    volatile boolean feedFails;
    volatile boolean confirmsFail;
    volatile boolean knowsNobody;
    volatile StoreStatus status = StoreStatus.unknown();
    volatile long lastCursor = -1;
    volatile int pageSize = Integer.MAX_VALUE;

    HeldKeyStore(InMemoryDeviceRegistry registry) {
        this.registry = registry;
    }

    /** A call between its read and its answer. */
    static final class Held<T> {
        private final CompletionStage<T> read;
        private final CompletableFuture<T> answer = new CompletableFuture<>();

        Held(CompletionStage<T> read) {
            this.read = read;
        }

        /** Answers with what was true when it was asked. */
        void answer() {
            answer.complete(read.toCompletableFuture().join());
        }

        void fail() {
            answer.completeExceptionally(new IllegalStateException("down"));
        }
    }

    /** The call that has been held longest, let go of. */
    Held<?> first() {
        return held.remove(0);
    }

    Held<?> last() {
        return held.remove(held.size() - 1);
    }

    void isDown(boolean down) {
        findsFail = down;
        feedFails = down;
        confirmsFail = down;
    }

    private <T> CompletionStage<T> answer(CompletionStage<T> read, boolean hold, boolean fail) {
        if (fail) {
            return CompletableFuture.failedFuture(new IllegalStateException("down"));
        }
        if (!hold) {
            return read;
        }
        Held<T> call = new Held<>(read);
        held.add(call);
        return call.answer;
    }

    @Override
    public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
        finds.incrementAndGet();
        CompletionStage<Optional<DeviceRecord>> read = knowsNobody
                ? CompletableFuture.completedFuture(Optional.empty())
                : registry.find(claimed).thenApply(found -> found.filter(this::isLeft));
        return answer(read, holdFinds, findsFail);
    }

    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        confirmations.incrementAndGet();
        return confirmsFail
                ? CompletableFuture.failedFuture(new IllegalStateException("down"))
                : registry.confirm(device, key, at);
    }

    @Override
    public CompletionStage<Long> cursor() {
        cursors.incrementAndGet();
        return answer(registry.cursor(), holdFeed, feedFails);
    }

    @Override
    public CompletionStage<DeviceChanges> changesSince(long cursor) {
        pages.incrementAndGet();
        lastCursor = cursor;
        return answer(registry.changesSince(cursor).thenApply(all -> page(all, cursor)), holdFeed, feedFails);
    }

    /** As the JDBC store pages: up to the version of the last word told. */
    private DeviceChanges page(DeviceChanges all, long cursor) {
        NavigableMap<Long, DeviceRecord> records = new TreeMap<>();
        for (DeviceRecord record : all.records()) {
            if (isLeft(record) && !record.identity().equals(COUNTER)) {
                records.put(record.version(), record);
            }
        }
        NavigableMap<Long, ErasedDevice> words = new TreeMap<>();
        for (ErasedDevice word : erased.values()) {
            if (word.version() > cursor) {
                words.put(word.version(), word);
            }
        }
        NavigableSet<Long> versions = new TreeSet<>(records.keySet());
        versions.addAll(words.keySet());
        List<Long> told = versions.stream().limit(pageSize).toList();
        long next = told.isEmpty() ? cursor : told.get(told.size() - 1);
        return DeviceChanges.of(List.copyOf(records.headMap(next, true).values()), next)
                .withErased(List.copyOf(words.headMap(next, true).values()));
    }

    /** Erases a device: what is left of it is the word of the feed, until it is registered anew. */
    ErasedDevice erase(DeviceIdentity device) {
        long version = registry.put(DeviceRecord.of(COUNTER, DeviceStatus.ACTIVE, List.of(), 0))
                .version();
        ErasedDevice word = ErasedDevice.of(device, version);
        erased.put(device, word);
        return word;
    }

    private boolean isLeft(DeviceRecord record) {
        ErasedDevice word = erased.get(record.identity());
        return word == null || record.version() > word.version();
    }

    @Override
    public StoreStatus status() {
        return status;
    }

    @Override
    public void close() {
        throw new AssertionError("a cache closes no store");
    }
}
