package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.core.cache.CachedDevice;
import dev.countersign.core.cache.CachedKeys;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;

/**
 * Reads, polls, changes, invalidations, failures and time in any order, against what the cache promises: the model is the
 * list of all commits with their times.
 */
class KeyCachePropertyTest {
    private static final long NOW = 1_800_000_000L;
    private static final long KEY = 1;
    private static final long LAG = Duration.ofSeconds(2).toNanos();
    private static final long TOLERANCE = Duration.ofSeconds(20).toNanos();

    private static int answers;
    private static int fromMemory;
    private static int failures;
    private static int inOutage;
    private static int outdated;
    private static int accepted;
    private static int revokedSeen;
    private static int erased;

    /** A committed change, or the registration. */
    private record Commit(DeviceIdentity device, long version, long at) {}

    /** One history. */
    private static final class History {
        final Random random;
        final ManualTime time = new ManualTime();
        final MutableClock clock = MutableClock.atSecond(NOW);
        final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        final HeldKeyStore store = new HeldKeyStore(registry);
        final List<Commit> commits = new ArrayList<>();
        final List<ErasedDevice> erasures = new ArrayList<>();
        final List<DeviceIdentity> devices = new ArrayList<>();
        final KeyCache cache;
        final String seed;

        final List<String> violations = new ArrayList<>();
        final List<CompletableFuture<Void>> looks = new ArrayList<>();

        /** The newest version that this node has been told or answered, for each device. */
        final long[] learned;

        History(long seed, int count) {
            this.random = new Random(seed);
            this.seed = "seed " + seed;
            for (int i = 0; i < count; i++) {
                devices.add(new DeviceIdentity(SignedRequests.APP + i, SignedRequests.DEVICE));
            }
            learned = new long[count];
            store.pageSize = 1 + random.nextInt(3);
            cache = KeyCache.builder(store)
                    .timer(time)
                    .nanoTime(time::nanos)
                    .outageTolerance(Duration.ofNanos(TOLERANCE))
                    .refreshAfter(Duration.ofSeconds(5))
                    .expireAfter(Duration.ofSeconds(9))
                    .maxConcurrentLoads(2 + random.nextInt(3))
                    .rechecksPerSecond(1 + random.nextInt(5))
                    .build();
        }

        int anyDevice() {
            return random.nextInt(devices.size());
        }

        /** The device changes: now it has another version. */
        DeviceRecord commit(int device, DeviceStatus status) {
            time.skip(Duration.ofNanos(1));
            DeviceRecord stored = registry.put(DeviceRecord.of(devices.get(device), status, List.of(CURRENT), 0));
            commits.add(new Commit(stored.identity(), stored.version(), time.nanos()));
            time.skip(Duration.ofNanos(1));
            return stored;
        }

        /** The device is erased: now nothing of it counts that has a lower version. */
        void erase(int device) {
            time.skip(Duration.ofNanos(1));
            ErasedDevice word = store.erase(devices.get(device));
            commits.add(new Commit(word.identity(), word.version(), time.nanos()));
            erasures.add(word);
            time.skip(Duration.ofNanos(1));
        }

        /** What an answer is as new as: that there is no such device is as new as its last erasure. */
        long version(int device, @Nullable DeviceRecord answer) {
            if (answer != null) {
                return answer.version();
            }
            return erasures.stream()
                    .filter(word -> word.identity().equals(devices.get(device)))
                    .mapToLong(ErasedDevice::version)
                    .max()
                    .orElse(0);
        }

        /**
         * What the answer that there is no such device teaches: the last erasure before it was read, if there was none then;
         * else the feed's word of an erasure made it so.
         */
        long taughtByNone(int device, long readAt) {
            Commit last = null;
            for (Commit commit : commits) {
                if (commit.device().equals(devices.get(device)) && commit.at() - readAt <= 0) {
                    last = commit;
                }
            }
            if (last == null) {
                return 0;
            }
            long version = last.version();
            boolean isErasure = erasures.stream().anyMatch(word -> word.version() == version);
            return isErasure ? version : version(device, null);
        }

        /** The version that was in force at a time, 0 if the device did not exist. */
        long versionAt(int device, long at) {
            long version = 0;
            for (Commit commit : commits) {
                if (commit.device().equals(devices.get(device)) && commit.at() - at < 0) {
                    version = commit.version();
                }
            }
            return version;
        }

        void disturb() {
            switch (random.nextInt(14)) {
                case 0 -> store.holdFinds = !store.holdFinds;
                case 1 -> store.holdFeed = !store.holdFeed;
                case 2 -> store.findsFail = random.nextInt(3) == 0;
                case 3 -> store.feedFails = random.nextInt(3) == 0;
                case 4, 5, 6 -> letGo(true);
                case 7 -> letGo(false);
                case 8 -> time.pass(Duration.ofMillis(random.nextInt(200)));
                case 9 -> time.pass(Duration.ofMillis(random.nextInt(2500)));
                case 10 -> time.pass(Duration.ofMillis(random.nextInt(40) == 0 ? 30_000 : 300));
                case 11 -> cache.invalidate(devices.get(anyDevice()));
                default -> {
                    // nothing this time
                }
            }
        }

        private void letGo(boolean answers) {
            if (!store.held.isEmpty()) {
                HeldKeyStore.Held<?> call = store.held.remove(random.nextInt(store.held.size()));
                if (answers) {
                    call.answer();
                } else {
                    call.fail();
                }
            }
        }

        void check(boolean holds, String what) {
            if (!holds) {
                violations.add(what + ", " + seed);
            }
        }

        /** An assertion in a callback would be lost in its stage: what is found is kept for the end. */
        <T> void whenDone(CompletableFuture<T> answer, Consumer<T> look) {
            CompletableFuture<Void> looked = answer.handle((value, failure) -> {
                if (failure == null) {
                    look.accept(value);
                } else {
                    failures++;
                }
                return null;
            });
            looks.add(looked);
        }

        void end() {
            cache.close();
            for (CompletableFuture<Void> look : looks) {
                assertTrue(look.isDone(), seed);
                look.join();
            }
            assertEquals(List.of(), violations);
            assertEquals(0, cache.keys().readsUnderWay(), seed);
            assertEquals(0, time.waiting(), seed);
            inOutage += (int) cache.stats().servedInOutage();
            time.shutdownNow();
        }
    }

    private static final DeviceKey CURRENT = DeviceKey.current(TestKeys.publicKey(KEY));

    @Property(tries = 800)
    void everyAnswerIsAsNewAsPromised(@ForAll long seed) {
        History history = new History(seed, 3);
        for (int step = 0; step < 120; step++) {
            int device = history.anyDevice();
            switch (history.random.nextInt(8)) {
                case 0 -> {
                    if (history.random.nextInt(3) == 0) {
                        history.erase(device);
                    } else {
                        history.commit(device, DeviceStatus.ACTIVE);
                    }
                }
                case 1 -> {
                    DeviceRecord told = history.commit(device, DeviceStatus.ACTIVE);
                    history.cache.update(told);
                    history.learned[device] = told.version();
                }
                case 2, 3, 4 -> ask(history, device, null);
                case 5 -> {
                    CachedDevice seen = peek(history, device);
                    if (seen != null) {
                        ask(history, device, seen);
                    }
                }
                default -> history.disturb();
            }
        }
        history.end();
    }

    private static @Nullable CachedDevice peek(History history, int device) {
        CompletableFuture<CachedDevice> found =
                history.cache.keys().find(history.devices.get(device)).toCompletableFuture();
        return found.isDone() && !found.isCompletedExceptionally() ? found.join() : null;
    }

    /** Asks, and checks the answer when it comes. */
    private static void ask(History history, int device, @Nullable CachedDevice before) {
        CachedKeys keys = history.cache.keys();
        long asked = history.time.nanos();
        long knownThen = history.learned[device];
        long servedInOutage = history.cache.stats().servedInOutage();
        int finds = history.store.finds.get();
        CompletableFuture<CachedDevice> found = (before == null
                        ? keys.find(history.devices.get(device))
                        : keys.recheck(history.devices.get(device), before, asked))
                .toCompletableFuture();
        if (found.isDone() && history.store.finds.get() == finds && !found.isCompletedExceptionally()) {
            fromMemory++;
        }
        history.whenDone(found, entry -> {
            answers++;
            DeviceRecord record = entry.record();
            long version = history.version(device, record);
            if (record == null && version > 0) {
                erased++;
            }
            String what = "version " + version + " of device " + device;
            history.check(version >= knownThen, what + " after " + knownThen);
            Duration lag = history.cache.stats().feedLag().orElse(null);
            if (lag != null) {
                long polledAt = history.time.nanos() - lag.toNanos();
                history.check(version >= history.versionAt(device, polledAt), what + " after a poll that knew better");
            }
            boolean promised = history.cache.stats().servedInOutage() == servedInOutage;
            long oldest = asked - (promised ? LAG : TOLERANCE);
            history.check(
                    version >= history.versionAt(device, oldest), what + (promised ? " too old" : " far too old"));
            if (version < history.versionAt(device, history.time.nanos())) {
                outdated++;
            }
            long taught = record == null ? history.taughtByNone(device, entry.readAt()) : version;
            history.learned[device] = Math.max(history.learned[device], taught);
        });
    }

    /**
     * After a poll that began after a revocation has ended, nothing of that device is accepted: whatever was begun, read or
     * waited for before.
     */
    @Property(tries = 400)
    void nothingIsAcceptedAfterTheFirstPollThatBeganAfterTheRevocation(@ForAll long seed) {
        History history = new History(seed, 1);
        history.devices.set(0, new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE));
        history.commit(0, DeviceStatus.ACTIVE);
        CountersignVerifier verifier = CountersignVerifier.builder(history.cache, new ObviousNonceStore())
                .clock(history.clock)
                .timer(history.time)
                .lookupTimeLimit(Duration.ofMinutes(1))
                .build();
        long revokedAt = 0;
        boolean revoked = false;
        List<Verification> open = new ArrayList<>();
        List<Draft> drafts = new ArrayList<>();
        for (int step = 0; step < 60; step++) {
            switch (history.random.nextInt(8)) {
                case 0 -> {
                    Draft draft = SignedRequests.good(KEY, NOW, SignedRequests.nonce(step));
                    open.add(verifier.begin(draft.head(), Caller.inline()));
                    drafts.add(draft);
                }
                case 1, 2, 3 -> {
                    if (!open.isEmpty()) {
                        int which = history.random.nextInt(open.size());
                        Verification verification = open.remove(which);
                        verification.update(ByteBuffer.wrap(drafts.remove(which).body()));
                        boolean known = revoked && isPolled(history, revokedAt);
                        long at = revokedAt;
                        boolean wasRevoked = revoked;
                        note(verification.finish().toCompletableFuture(), known, wasRevoked ? at : 0, history);
                    }
                }
                case 4 -> {
                    if (!revoked && history.random.nextInt(4) == 0) {
                        revokedAt = history.commit(0, DeviceStatus.REVOKED).version() > 0 ? history.time.nanos() : 0;
                        revoked = true;
                    }
                }
                default -> history.disturb();
            }
        }
        assertEquals(0, verifier.internalFaults(), history.seed);
        verifier.close();
        history.end();
    }

    /** Whether a poll that began after that has ended. */
    private static boolean isPolled(History history, long since) {
        Duration lag = history.cache.stats().feedLag().orElse(null);
        return lag != null && history.time.nanos() - lag.toNanos() - since >= 0;
    }

    private static void note(CompletableFuture<Verdict> verdict, boolean known, long revokedAt, History history) {
        history.whenDone(verdict, reached -> {
            boolean knownByNow = known || (revokedAt != 0 && isPolled(history, revokedAt));
            if (reached.isAccepted()) {
                accepted++;
                history.check(!knownByNow, "accepted though revoked and told");
            } else if (knownByNow) {
                revokedSeen++;
            }
        });
    }

    @AfterContainer
    static void everythingHappened() {
        String counts = answers + " answers, " + fromMemory + " from memory, " + failures + " failures, " + inOutage
                + " in an outage, " + outdated + " outdated, " + accepted + " accepted, " + revokedSeen + " revoked, "
                + erased + " erased";
        assertTrue(
                answers > 10_000
                        && fromMemory > 5_000
                        && failures > 1_000
                        && inOutage > 300
                        && outdated > 1_000
                        && accepted > 400
                        && revokedSeen > 80
                        && erased > 300,
                counts);
    }
}
