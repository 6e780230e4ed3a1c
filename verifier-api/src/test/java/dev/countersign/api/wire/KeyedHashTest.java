package dev.countersign.api.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyedHashTest {
    /**
     * As a transcription of the specification has it that also gives the published vectors of SipHash-2-4. The key is 00 01 …
     * 0f, the messages are the first 0 and 8 bytes of that, and the last word has the length in its highest byte.
     */
    @Test
    void theRoundsAreThoseOfSipHash13() {
        assertEquals(0xABAC_0158_050F_C4DCL, reference(0));
        assertEquals(0x3690_9511_8D29_9A8EL, reference(8));
    }

    private static long reference(int length) {
        KeyedHash.SipHash state = new KeyedHash.SipHash(0x0706_0504_0302_0100L, 0x0F0E_0D0C_0B0A_0908L);
        for (int from = 0; from + 8 <= length; from += 8) {
            long word = 0;
            for (int i = 7; i >= 0; i--) {
                word = word << 8 | (from + i);
            }
            state.add(word);
        }
        state.add((long) length << 56);
        return state.end();
    }

    @Test
    void whereOnePartEndsCounts() {
        assertEquals(KeyedHash.ofAscii("ab", "c"), KeyedHash.ofAscii("ab", "c"));
        assertNotEquals(KeyedHash.ofAscii("ab", "c"), KeyedHash.ofAscii("a", "bc"));
        assertNotEquals(KeyedHash.ofAscii("a", "b"), KeyedHash.ofAscii("b", "a"));
        assertNotEquals(KeyedHash.ofLongs(1, 2), KeyedHash.ofLongs(2, 1));
    }

    /** Under a random key two hashes of 32 bits are the same once in 2^32: each character and each number counts. */
    @Test
    void everyPartCounts() {
        String id = "com.example.application-one";
        Set<Integer> hashes = new HashSet<>();
        for (int i = 0; i < id.length(); i++) {
            String other = id.substring(0, i) + '~' + id.substring(i + 1);
            hashes.add(KeyedHash.ofAscii(other, "device"));
            hashes.add(KeyedHash.ofAscii("app", other));
        }
        for (int length = 0; length <= id.length(); length++) {
            hashes.add(KeyedHash.ofAscii(id.substring(0, length), id.substring(length)));
        }
        for (int bit = 0; bit < Long.SIZE; bit++) {
            hashes.add(KeyedHash.ofLongs(1L << bit, 0));
            hashes.add(KeyedHash.ofLongs(0, 1L << bit));
        }
        int values = 2 * id.length() + id.length() + 1 + 2 * Long.SIZE;
        assertTrue(hashes.size() >= values - 1, hashes.size() + " hashes of " + values + " values");
    }
}
