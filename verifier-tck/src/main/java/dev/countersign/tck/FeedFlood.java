package dev.countersign.tck;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.testkit.TestKeys;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Changes devices from many threads while one reader follows the change feed without pause, and counts what the feed
 * did not tell. A change that is missed now and then takes many changes to be seen; a store that misses none has counts
 * of 0 however long it runs. Not thread-safe.
 */
public final class FeedFlood {
    private static final AtomicInteger FLOODS = new AtomicInteger();

    private final DeviceRegistry registry;
    private final PublicKeyStore reader;
    private final int threads;
    private IntConsumer progress = devices -> {};

    /**
     * A flood over one store or two stores of the same database.
     *
     * @param registry takes the changes
     * @param reader whose feed is followed
     * @param threads how many change devices at once, 1 or more
     */
    public FeedFlood(DeviceRegistry registry, PublicKeyStore reader, int threads) {
        this.registry = Objects.requireNonNull(registry, "registry");
        this.reader = Objects.requireNonNull(reader, "reader");
        this.threads = threads;
    }

    /** Called after each device with how many are done, by the thread that changed it. */
    public FeedFlood onProgress(IntConsumer listener) {
        this.progress = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /** Registers devices, each of which is one change that the feed tells. */
    public Result register(int devices) {
        return run(devices, (device, keys) -> {
            change(registry.register(device, keys.next(), DeviceStatus.ACTIVE));
            return 1;
        });
    }

    /**
     * Registers devices, and rotates and revokes each at once, so that two changes of one device follow each other
     * closely: the feed may leave the earlier ones out, and what it tells last must hold all of them.
     */
    public Result registerRotateAndRevoke(int devices) {
        return run(devices, (device, keys) -> {
            DevicePublicKey first = keys.next();
            change(registry.register(device, first, DeviceStatus.ACTIVE));
            CompletionStage<RegistryResult> rotation = registry.rotate(device, keys.next(), first);
            CompletionStage<RegistryResult> revocation = registry.revoke(device);
            boolean rotated = Race.await(rotation).isChange(); // unless the revocation was faster
            change(revocation);
            return rotated ? 3 : 2;
        });
    }

    private static void change(CompletionStage<RegistryResult> stage) {
        RegistryResult result = Race.await(stage);
        if (!result.isChange()) {
            throw new AssertionError("no change: " + result.outcome());
        }
    }

    /** Changes a device, and tells how often. */
    private interface Changes {
        int make(DeviceIdentity device, Iterator<DevicePublicKey> keys);
    }

    private Result run(int devices, Changes changes) {
        String app = "com.example.flood" + FLOODS.incrementAndGet();
        Seen seen = new Seen(app, Race.await(reader.cursor()));
        AtomicInteger next = new AtomicInteger();
        AtomicInteger made = new AtomicInteger();
        AtomicInteger writing = new AtomicInteger(threads);
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            // 2^32 keys for each thread of each flood.
            Iterator<DevicePublicKey> keys = TestKeys.successive(((long) FLOODS.get() << 48) + ((i + 1L) << 32));
            calls.add(() -> {
                try {
                    for (int number = next.getAndIncrement(); number < devices; number = next.getAndIncrement()) {
                        made.addAndGet(changes.make(device(app, number), keys));
                        progress.accept(number + 1);
                    }
                    return true;
                } finally {
                    writing.decrementAndGet();
                }
            });
        }
        calls.add(() -> {
            while (writing.get() > 0) {
                seen.readOn(reader);
            }
            return true;
        });
        try (Race race = new Race()) {
            race.runForLong(calls);
        }
        seen.readOn(reader);
        // Nobody changes anything now, so this is all there is.
        Seen truth = new Seen(app, seen.from);
        truth.readOn(reader);
        int missed = devices - truth.last.size();
        for (Map.Entry<DeviceIdentity, DeviceRecord> device : truth.last.entrySet()) {
            missed += device.getValue().equals(seen.last.get(device.getKey())) ? 0 : 1;
        }
        return new Result(devices, made.get(), missed, seen.repeated);
    }

    private static DeviceIdentity device(String app, int number) {
        return new DeviceIdentity(app, "device-" + number);
    }

    /** What the feed has had. */
    private static final class Seen {
        private final String app;
        private final long from;
        private final Map<DeviceIdentity, DeviceRecord> last = new HashMap<>();
        private long cursor;
        private int repeated;

        Seen(String app, long cursor) {
            this.app = app;
            this.from = cursor;
            this.cursor = cursor;
        }

        /** Until an answer is empty. */
        void readOn(PublicKeyStore store) {
            DeviceChanges page;
            do {
                page = Race.await(store.changesSince(cursor));
                if (page.cursor() < cursor) {
                    throw new AssertionError("the cursor went back");
                }
                cursor = page.cursor();
                for (DeviceRecord record : page.records()) {
                    if (record.identity().appId().equals(app)) {
                        take(record);
                    }
                }
            } while (!page.isEmpty());
        }

        /** As a cache does: a version that it knows is no news. */
        private void take(DeviceRecord record) {
            DeviceRecord known = last.get(record.identity());
            if (known != null && known.version() >= record.version()) {
                repeated++;
            } else {
                last.put(record.identity(), record);
            }
        }
    }

    /**
     * What became of a flood.
     *
     * @param devices that were registered
     * @param changes that were made to them
     * @param missed devices whose last record on the feed was not what the feed tells when all is quiet
     * @param repeated records that came again, or after a later one; the contract allows it
     */
    public record Result(int devices, int changes, int missed, int repeated) {}
}
