package dev.countersign.testkit;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.DeviceLifecycle;
import dev.countersign.api.registry.DeviceListing;
import dev.countersign.api.registry.DevicePage;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.api.store.StoreStatus;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A key store and registry in memory, for tests. It follows the rules of {@link DeviceLifecycle}:
 *
 * <pre>{@code
 * MutableClock clock = MutableClock.atSecond(1_800_000_000);
 * InMemoryDeviceRegistry devices = new InMemoryDeviceRegistry(clock);
 * devices.register(device, TestKeys.publicKey(1), DeviceStatus.ACTIVE);
 * RequestVerifier verifier = CountersignVerifier.builder(KeySource.uncached(devices), nonces).clock(clock).build();
 * }</pre>
 *
 * <p>Its records do not list retired keys, but {@link #findByKey} knows the owner of every key. The feed reports
 * erasures for {@link #ERASED_FOR}; the next change after that deletes their identities.
 *
 * <p>Thread-safe: each call is one step under one lock. Every stage is complete when it is returned, and never fails.
 * Versions count all changes of all devices, from 1.
 */
public final class InMemoryDeviceRegistry implements PublicKeyStore, DeviceRegistry {
    /** How long the feed reports an erasure. */
    public static final Duration ERASED_FOR = Duration.ofDays(2);

    private static final int SECRET_BYTES = 32;

    /** The app of what stands in for an erased device: nobody's, for nobody can guess it. */
    private static final String STAND_IN = "erased-" + UUID.randomUUID();

    private final Clock clock;
    private final DeviceLifecycle lifecycle;
    private final byte[] secret = new byte[SECRET_BYTES];
    private final StoreStatus status;

    // Guarded by "this", all of them.
    private final Map<DeviceIdentity, DeviceRecord> records = new HashMap<>();
    private final NavigableMap<Long, DeviceRecord> byVersion = new TreeMap<>();
    private final Map<DevicePublicKey, DeviceIdentity> owners = new HashMap<>();
    private final NavigableMap<Long, Tombstone> tombstones = new TreeMap<>();
    private long lastVersion;
    private long lastDropped;

    /** An erasure, while the feed tells it. */
    private record Tombstone(ErasedDevice device, Instant at) {}

    /**
     * An empty registry with the protocol's periods.
     *
     * @param clock server time, by which rotations and invalidated keys end
     */
    public InMemoryDeviceRegistry(Clock clock) {
        this(clock, DeviceLifecycle.STANDARD);
    }

    /** An empty registry with the given periods. */
    public InMemoryDeviceRegistry(Clock clock, DeviceLifecycle lifecycle) {
        this.clock = Objects.requireNonNull(clock, "clock");
        this.lifecycle = Objects.requireNonNull(lifecycle, "lifecycle");
        this.status = StoreStatus.available(clock.instant());
        new SecureRandom().nextBytes(secret);
    }

    /**
     * Sets a device to any record, without checking rules, as the starting point of a test. Ignores the record's
     * version. A key keeps its first device as its owner.
     *
     * @return the record as stored, under the next version and without its retired keys
     */
    public synchronized DeviceRecord put(DeviceRecord record) {
        return store(record);
    }

    @Override
    public synchronized CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
        return done(Optional.ofNullable(records.get(claimed)));
    }

    @Override
    public synchronized CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        return done(change(device, record -> lifecycle.confirm(record, key, at)).isChange());
    }

    @Override
    public synchronized CompletionStage<Long> cursor() {
        return done(lastVersion);
    }

    @Override
    public synchronized CompletionStage<DeviceChanges> changesSince(long cursor) {
        List<DeviceRecord> changed =
                new ArrayList<>(byVersion.tailMap(cursor, false).values());
        List<ErasedDevice> erased = new ArrayList<>();
        for (Tombstone tombstone : tombstones.tailMap(cursor, false).values()) {
            erased.add(tombstone.device);
        }
        DeviceChanges changes =
                DeviceChanges.of(changed, Math.max(cursor, lastVersion)).withErased(erased);
        return done(lastDropped > cursor ? changes.asIncomplete() : changes);
    }

    /** Returns this registry: it keeps no audit. */
    @Override
    public DeviceRegistry as(AuditNote note) {
        Objects.requireNonNull(note, "note");
        return this;
    }

    @Override
    public synchronized CompletionStage<DevicePage> list(DeviceListing listing) {
        String after = listing.after().map(DeviceIdentity::deviceId).orElse("");
        List<DeviceRecord> rest = new ArrayList<>();
        for (DeviceRecord record : records.values()) {
            DeviceIdentity device = record.identity();
            // Ids are ASCII: the order of their characters is that of their bytes.
            if (device.appId().equals(listing.appId()) && device.deviceId().compareTo(after) > 0) {
                rest.add(record);
            }
        }
        rest.sort(Comparator.comparing(record -> record.identity().deviceId()));
        if (rest.size() <= listing.size()) {
            return done(DevicePage.last(rest));
        }
        List<DeviceRecord> page = rest.subList(0, listing.size());
        return done(DevicePage.of(page, listing.after(page.get(page.size() - 1).identity())));
    }

    @Override
    public synchronized CompletionStage<RegistryResult> register(
            DeviceIdentity device, DevicePublicKey key, DeviceStatus initial) {
        return done(change(device, record -> lifecycle.register(record, ownerOf(key, device), device, key, initial)));
    }

    @Override
    public synchronized CompletionStage<RegistryResult> activate(DeviceIdentity device) {
        return done(change(device, lifecycle::activate));
    }

    @Override
    public synchronized CompletionStage<RegistryResult> rotate(
            DeviceIdentity device, DevicePublicKey newKey, DevicePublicKey signedBy) {
        return done(change(
                device,
                record -> lifecycle.rotate(record, ownerOf(newKey, device), newKey, signedBy, clock.instant())));
    }

    @Override
    public synchronized CompletionStage<RegistryResult> replace(DeviceIdentity device, DevicePublicKey newKey) {
        return done(change(device, record -> lifecycle.replace(record, ownerOf(newKey, device), newKey)));
    }

    @Override
    public synchronized CompletionStage<RegistryResult> invalidate(DeviceIdentity device) {
        return done(change(device, record -> lifecycle.invalidate(record, clock.instant())));
    }

    @Override
    public synchronized CompletionStage<RegistryResult> revoke(DeviceIdentity device) {
        return done(change(device, lifecycle::revoke));
    }

    @Override
    public synchronized CompletionStage<RegistryResult> erase(DeviceIdentity device) {
        dropOldTombstones();
        RegistryResult result = lifecycle.erase(records.get(device));
        DeviceRecord before = result.isChange() ? records.remove(device) : null;
        if (before != null) {
            byVersion.remove(before.version());
            DeviceIdentity standIn = standIn(device);
            owners.replaceAll((key, owner) -> owner.equals(device) ? standIn : owner);
            tombstones.put(++lastVersion, new Tombstone(ErasedDevice.of(device, lastVersion), clock.instant()));
        }
        return done(result);
    }

    @Override
    public synchronized CompletionStage<Optional<KeyOwner>> findByKey(DevicePublicKey key) {
        return done(Optional.ofNullable(ownerOf(key, null))
                .filter(owner -> !owner.device().appId().equals(STAND_IN)));
    }

    /** Available, closed or not. */
    @Override
    public StoreStatus status() {
        return status;
    }

    /** Does nothing; the devices stay readable. */
    @Override
    public void close() {}

    private RegistryResult change(DeviceIdentity device, Function<@Nullable DeviceRecord, RegistryResult> transition) {
        RegistryResult result = transition.apply(records.get(device));
        DeviceRecord changed = result.record().orElse(null);
        return result.isChange() && changed != null ? RegistryResult.of(result.outcome(), store(changed)) : result;
    }

    private DeviceRecord store(DeviceRecord record) {
        dropOldTombstones();
        List<DeviceKey> kept = new ArrayList<>();
        for (DeviceKey key : record.keys()) {
            owners.putIfAbsent(key.publicKey(), record.identity());
            if (key.state() != KeyState.RETIRED) {
                kept.add(key);
            }
        }
        DeviceRecord stored = record.withKeys(kept).withVersion(++lastVersion);
        DeviceRecord before = records.put(stored.identity(), stored);
        if (before != null) {
            byVersion.remove(before.version());
        }
        byVersion.put(stored.version(), stored);
        return stored;
    }

    /** From the first on, in their order: so that what is left is all there was after the last one dropped. */
    private void dropOldTombstones() {
        Instant end = clock.instant().minus(ERASED_FOR);
        while (!tombstones.isEmpty() && tombstones.firstEntry().getValue().at.isBefore(end)) {
            lastDropped = tombstones.pollFirstEntry().getKey();
        }
    }

    /** What a device's keys belong to once it is erased: tells whether it was this one, and not which one it was. */
    private DeviceIdentity standIn(DeviceIdentity device) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            mac.update((byte) device.appId().length());
            mac.update(device.appId().getBytes(StandardCharsets.US_ASCII));
            mac.update(device.deviceId().getBytes(StandardCharsets.US_ASCII));
            return new DeviceIdentity(STAND_IN, HexFormat.of().formatHex(mac.doFinal()));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every JDK has HMAC-SHA256", impossible);
        }
    }

    private @Nullable KeyOwner ownerOf(DevicePublicKey key, @Nullable DeviceIdentity asking) {
        DeviceIdentity device = owners.get(key);
        if (device == null) {
            return null;
        }
        if (asking != null && device.appId().equals(STAND_IN) && device.equals(standIn(asking))) {
            return KeyOwner.of(asking, KeyState.RETIRED);
        }
        DeviceRecord record = records.get(device);
        for (DeviceKey listed : record == null ? List.<DeviceKey>of() : record.keys()) {
            if (listed.publicKey().equals(key)) {
                return KeyOwner.of(device, listed, clock.instant());
            }
        }
        return KeyOwner.of(device, KeyState.RETIRED); // its device no longer lists it
    }

    private static <T> CompletionStage<T> done(T value) {
        return CompletableFuture.completedFuture(value);
    }
}
