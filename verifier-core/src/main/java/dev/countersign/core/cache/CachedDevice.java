package dev.countersign.core.cache;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.core.engine.PreparedKey;
import dev.countersign.core.key.FoundDevice;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of a device: its record with the keys as the engine prepared them, or that there is no such
 * device, and when that was read. Thread-safe. The record never changes; keys are prepared at their first use.
 */
public final class CachedDevice implements FoundDevice {
    // Rough sizes, in bytes: an entry with its record, stage and node in the cache; a key with its two arrays.
    private static final int ENTRY_BYTES = 480;
    private static final int KEY_BYTES = 288;

    private final @Nullable DeviceRecord record;
    private final long readAt;
    private final boolean openRead;
    private final Function<DevicePublicKey, PreparedKey> preparation;
    private final AtomicReferenceArray<@Nullable PreparedKey> prepared;
    private final CompletionStage<CachedDevice> stage;

    private final int jitter;

    /** What this one is, for a request that a read has failed for. */
    private final @Nullable CachedDevice unread;

    private volatile boolean superseded;
    private volatile int weight;
    private volatile boolean refreshTried;
    private volatile long refreshTriedAt;

    // Guarded by "this".
    private boolean wasRechecked;
    private long recheckedAt;

    /**
     * An entry.
     *
     * @param record null if there is no such device
     * @param readAt when reading it began, nanoseconds: it was true then or later
     * @param openRead whether it was read as that of any device would have been
     * @param preparation the engine's
     */
    public CachedDevice(
            @Nullable DeviceRecord record,
            long readAt,
            boolean openRead,
            Function<DevicePublicKey, PreparedKey> preparation) {
        this.record = record;
        this.readAt = readAt;
        this.openRead = openRead;
        this.preparation = preparation;
        this.prepared =
                new AtomicReferenceArray<>(record == null ? 0 : record.keys().size());
        this.jitter = jitter(record, readAt);
        this.unread = null;
        this.stage = CompletableFuture.completedFuture(this);
    }

    private CachedDevice(CachedDevice unread) {
        this.record = unread.record;
        this.readAt = unread.readAt;
        this.openRead = unread.openRead;
        this.preparation = unread.preparation;
        this.prepared = unread.prepared;
        this.jitter = unread.jitter;
        this.unread = unread;
        this.stage = CompletableFuture.completedFuture(this);
    }

    /** This entry for a request that has waited for a read in vain. */
    CachedDevice afterFailedRead() {
        return new CachedDevice(this);
    }

    /** Whether it was given to a request after a read that failed. */
    boolean isAfterFailedRead() {
        return unread != null;
    }

    @Override
    public @Nullable DeviceRecord record() {
        return record;
    }

    /** When reading it began: nanoseconds. */
    public long readAt() {
        return readAt;
    }

    /**
     * Whether it was read, and that as any device would have been, at hand or not: then a request may be rejected by
     * it.
     */
    boolean isOpenRead() {
        return openRead;
    }

    /** This entry as a complete stage, always the same. */
    CompletionStage<CachedDevice> stage() {
        return stage;
    }

    /** Also if it was dropped. */
    @Override
    public boolean isSuperseded() {
        return superseded || (unread != null && unread.isSuperseded());
    }

    void supersede() {
        superseded = true;
    }

    static void drop(@Nullable CachedDevice device) {
        if (device != null) {
            device.supersede();
        }
    }

    /** Whether the record is newer than the other's; any record is newer than none. */
    public boolean isNewerThan(CachedDevice other) {
        return record != null && (other.record == null || record.version() > other.record.version());
    }

    /** Whether the record is newer than the erasure: the device was registered anew. */
    boolean isNewerThan(ErasedDevice erased) {
        return record != null && record.version() > erased.version();
    }

    /** 0 to 255: as good as random for each device and each read. */
    public int jitter() {
        return jitter;
    }

    private static int jitter(@Nullable DeviceRecord record, long readAt) {
        long identity = record == null ? 0 : record.identity().hashCode();
        long mixed = (identity ^ (readAt * 0x9E37_79B9_7F4A_7C15L)) * 0xBF58_476D_1CE4_E5B9L;
        return (int) (mixed >>> (Long.SIZE - Byte.SIZE));
    }

    /** Whether it is time to try a refresh, which it is not again for so long. */
    boolean mayRefresh(long now, long pauseNanos) {
        if (refreshTried && now - refreshTriedAt < pauseNanos) {
            return false;
        }
        refreshTriedAt = now; // two threads at once may both get a yes: they meet at the read under way
        refreshTried = true;
        return true;
    }

    /** Whether the last recheck was so long ago, or there was none. */
    synchronized boolean isRecheckDue(long now, long pauseNanos) {
        return !wasRechecked || now - recheckedAt >= pauseNanos;
    }

    synchronized void rechecked(long at) {
        wasRechecked = true;
        recheckedAt = at;
    }

    synchronized void neverRechecked() {
        wasRechecked = false;
    }

    private synchronized void rememberRecheckOn(CachedDevice next) {
        if (wasRechecked) {
            next.rechecked(recheckedAt);
        }
    }

    @Override
    public PreparedKey prepared(DeviceKey key) {
        int index = indexOf(key.publicKey());
        if (index < 0) {
            return preparation.apply(key.publicKey());
        }
        PreparedKey known = prepared.get(index);
        if (known != null) {
            return known;
        }
        PreparedKey made = preparation.apply(key.publicKey());
        return prepared.compareAndSet(index, null, made) ? made : preparedAt(index, made);
    }

    private PreparedKey preparedAt(int index, PreparedKey otherwise) {
        PreparedKey known = prepared.get(index);
        return known == null ? otherwise : known;
    }

    /**
     * An entry of the same device, read or reported later; what was prepared for keys that it lists too is carried
     * over.
     */
    CachedDevice next(DeviceRecord newer, long newReadAt, boolean newOpenRead) {
        CachedDevice next = new CachedDevice(newer, newReadAt, newOpenRead, preparation);
        List<DeviceKey> keys = newer.keys();
        for (int i = 0; i < keys.size(); i++) {
            int index = indexOf(keys.get(i).publicKey());
            if (index >= 0) {
                next.prepared.set(i, prepared.get(index));
            }
        }
        rememberRecheckOn(next);
        return next;
    }

    private int indexOf(DevicePublicKey key) {
        List<DeviceKey> keys = record == null ? List.of() : record.keys();
        for (int i = 0; i < keys.size(); i++) {
            if (keys.get(i).publicKey().equals(key)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether the record has this record's version or a newer one. */
    boolean isAsNewAs(DeviceRecord other) {
        return record != null && record.version() >= other.version();
    }

    /** Weighs the entry and notes the weight: bytes, roughly. */
    int weigh() {
        int bytes = bytes();
        weight = bytes;
        return bytes;
    }

    /** Whether a key's table was built since the entry was weighed. */
    boolean hasGrown() {
        return bytes() != weight;
    }

    private int bytes() {
        int bytes = ENTRY_BYTES;
        if (record != null) {
            DeviceIdentity identity = record.identity();
            // Twice: the name under which it is kept came with a request.
            bytes += 2 * (identity.appId().length() + identity.deviceId().length());
        }
        for (int i = 0; i < prepared.length(); i++) {
            PreparedKey known = prepared.get(i);
            bytes += KEY_BYTES + (known == null ? 0 : known.approximateBytes());
        }
        return bytes;
    }

    @Override
    public String toString() {
        return record == null ? "CachedDevice[no such device]" : "CachedDevice[version " + record.version() + "]";
    }
}
