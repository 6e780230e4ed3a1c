package dev.countersign.benchmarks.fleet;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.UUID;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECPoint;

/** Devices with random UUIDs in a few apps, and keys that are one point of the curve after the other; the same each time. */
final class SyntheticFleet implements Iterator<DeviceRecord> {
    private static final int APPS = 4;
    private static final int BLOCK = 1024;
    private static final ECPoint BASE = CustomNamedCurves.getByName("P-256").getG();

    private final long size;
    private final ECPoint[] block = new ECPoint[BLOCK];
    private ECPoint last = BASE.multiply(java.math.BigInteger.valueOf(1_000_003));
    private long next;

    SyntheticFleet(long size) {
        this.size = size;
    }

    static DeviceIdentity device(long number) {
        long high = mix(2 * number);
        long low = mix(2 * number + 1);
        UUID id = new UUID(
                (high & 0xFFFF_FFFF_FFFF_0FFFL) | 0x4000L, (low & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L);
        return new DeviceIdentity("com.example.app" + number % APPS, id.toString());
    }

    /** So many from here on, or all that are left. */
    Iterator<DeviceRecord> first(long count) {
        long end = Math.min(size, next + count);
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return next < end;
            }

            @Override
            public DeviceRecord next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return SyntheticFleet.this.next();
            }
        };
    }

    @Override
    public boolean hasNext() {
        return next < size;
    }

    @Override
    public DeviceRecord next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        int place = (int) (next % BLOCK);
        if (place == 0) {
            // One inversion for the whole block.
            for (int i = 0; i < BLOCK; i++) {
                last = last.add(BASE);
                block[i] = last;
            }
            BASE.getCurve().normalizeAll(block);
            last = block[BLOCK - 1];
        }
        DevicePublicKey key = DevicePublicKey.ofPoint(block[place].getEncoded(false));
        return DeviceRecord.active(device(next++), key, 0);
    }

    /** A permutation of all longs, so that no two are equal and neighbours are far apart (the finish of SplitMix64). */
    private static long mix(long value) {
        long mixed = value + 0x9E37_79B9_7F4A_7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ (mixed >>> 31);
    }
}
