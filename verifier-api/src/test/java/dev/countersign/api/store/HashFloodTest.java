package dev.countersign.api.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** What clients choose is spread over a hash table as if it were random, however they choose it. */
class HashFloodTest {
    private static final int BINS = 1 << 14;

    /** Of so many that are spread at random, one bin in 10^13 tables or so gets more. */
    private static final int MOST_IN_A_BIN = 20;

    @Test
    void identitiesOfOneStringHashAreSpread() {
        List<String> uuids = CollidingUuids.find();
        assertTrue(uuids.size() > 12_000, uuids.size() + " found");
        Set<Integer> hashes = new HashSet<>();
        uuids.forEach(uuid -> hashes.add(uuid.hashCode()));
        assertEquals(1, hashes.size(), "they share one");
        assertSpread(uuids.size(), i -> new DeviceIdentity("com.acme.app", uuids.get(i)).hashCode());
    }

    /** "Aa" and "BB" share a hash, and so do all strings that are made of them. */
    @Test
    void appIdsOfOneStringHashAreSpread() {
        List<String> apps = new ArrayList<>(List.of(""));
        for (int length = 0; length < 14; length++) {
            List<String> longer = new ArrayList<>();
            for (String app : apps) {
                longer.add(app + "Aa");
                longer.add(app + "BB");
            }
            apps = longer;
        }
        List<String> found = apps;
        assertSpread(found.size(), i -> new DeviceIdentity(found.get(i), "device").hashCode());
    }

    /** As whoever tries nonces, or keys, until the first bits of their hashes are equal gets them. */
    @Test
    void tokensWhoseBitsWereTriedForAreSpread() {
        assertSpread(BINS, i -> new ReplayToken(0x1234_5678_0000_0000L | i, 0x9ABC_DEF0L).hashCode());
        assertSpread(BINS, i -> new ReplayToken((long) i << 40, 7).hashCode());
    }

    private static void assertSpread(int count, IntFunction<Integer> hash) {
        int[] bins = new int[BINS];
        Set<Integer> hashes = new HashSet<>();
        for (int i = 0; i < count; i++) {
            int code = hash.apply(i);
            hashes.add(code);
            bins[(code ^ code >>> 16) & BINS - 1]++; // as the tables of java.util choose a bin
        }
        int most = 0;
        for (int bin : bins) {
            most = Math.max(most, bin);
        }
        assertTrue(most <= MOST_IN_A_BIN, most + " in one bin");
        assertTrue(hashes.size() >= count - 10, hashes.size() + " different hashes of " + count);
    }
}
