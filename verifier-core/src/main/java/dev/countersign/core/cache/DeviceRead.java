package dev.countersign.core.cache;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.engine.EcdsaP256Engine;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A read of one device that is under way. */
final class DeviceRead {
    final DeviceIdentity device;
    final long begunAt;
    final ReadShare share;
    final Purpose purpose;

    /** In the open share and not apart: a request may be rejected by it. */
    final boolean isOpen;

    /** Begun when the feed's cursor was known: later changes are reported. */
    final boolean isCacheable;

    /** The store was down when it was begun: one such read at a time. */
    final boolean isProbe;

    final CompletableFuture<CachedDevice> found = new CompletableFuture<>();
    private final AtomicBoolean left = new AtomicBoolean();

    // What the feed said while the device was read. Read and written inside the compute of its record.
    private @Nullable DeviceRecord offered;
    private long erasedAt = Long.MIN_VALUE;

    /** What a read is for. */
    enum Purpose {
        /** The device is not at hand, or should not be used as it is. */
        FIRST,
        /** Once more, before a rejection or after a change. */
        AGAIN,
        /** Once more and from the reserve: it may lead to an acceptance and rejects nobody. */
        APART
    }

    DeviceRead(
            DeviceIdentity device,
            long begunAt,
            ReadShare share,
            Purpose purpose,
            boolean isOpen,
            boolean isCacheable,
            boolean isProbe) {
        this.device = device;
        this.begunAt = begunAt;
        this.share = share;
        this.purpose = purpose;
        this.isOpen = isOpen;
        this.isCacheable = isCacheable;
        this.isProbe = isProbe;
    }

    /** Whether the device was read before. */
    boolean isReread() {
        return purpose != Purpose.FIRST;
    }

    boolean isApart() {
        return purpose == Purpose.APART;
    }

    /** The feed has a record of the device. */
    void offer(DeviceRecord record) {
        offered = newer(record, offered);
    }

    /** The device was erased at this version. */
    void erase(long version) {
        erasedAt = Math.max(erasedAt, version);
    }

    /** The newest of what was read and what the feed said meanwhile; null if that is that there is no such device. */
    @Nullable DeviceRecord newest(@Nullable DeviceRecord read) {
        DeviceRecord newest = newer(read, offered);
        return newest == null || newest.version() < erasedAt ? null : newest;
    }

    CachedDevice deviceOf(@Nullable DeviceRecord record, EcdsaP256Engine engine) {
        return new CachedDevice(record, begunAt, isOpen, engine::prepare);
    }

    /** Gives its place back, once. */
    void leave() {
        if (left.compareAndSet(false, true)) {
            share.leave();
        }
    }

    static @Nullable DeviceRecord newer(@Nullable DeviceRecord one, @Nullable DeviceRecord other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return other.version() > one.version() ? other : one;
    }
}
