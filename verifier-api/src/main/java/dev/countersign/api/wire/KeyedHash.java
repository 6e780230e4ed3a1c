package dev.countersign.api.wire;

import java.security.SecureRandom;

/**
 * Hash codes of what clients choose: SipHash-1-3 under a key of this process, random at each start. Nobody outside can
 * find values that meet in one bin of a hash table. {@code String.hashCode} is known to everybody: thousands of version
 * 4 UUIDs that share one are found in seconds. Thread-safe.
 *
 * <p>The codes differ from process to process: they are for tables in memory, never to be stored or sent.
 */
public final class KeyedHash {
    private static final long KEY_0;
    private static final long KEY_1;

    static {
        SecureRandom random = new SecureRandom();
        KEY_0 = random.nextLong();
        KEY_1 = random.nextLong();
    }

    private KeyedHash() {}

    /** Of two ASCII strings, in this order; where one ends and the other begins counts. */
    public static int ofAscii(String first, String second) {
        SipHash state = new SipHash(KEY_0, KEY_1);
        state.add((long) first.length() << Integer.SIZE | second.length());
        add(state, first);
        add(state, second);
        return fold(state.end());
    }

    /** Of two numbers. */
    public static int ofLongs(long first, long second) {
        SipHash state = new SipHash(KEY_0, KEY_1);
        state.add(first);
        state.add(second);
        return fold(state.end());
    }

    private static void add(SipHash state, String ascii) {
        int length = ascii.length();
        int at = 0;
        for (; at + Long.BYTES <= length; at += Long.BYTES) {
            state.add(word(ascii, at, at + Long.BYTES));
        }
        if (at < length) {
            state.add(word(ascii, at, length));
        }
    }

    private static long word(String ascii, int from, int to) {
        long word = 0;
        for (int i = from; i < to; i++) {
            word = word << Byte.SIZE | ascii.charAt(i);
        }
        return word;
    }

    private static int fold(long hash) {
        return (int) (hash ^ hash >>> Integer.SIZE);
    }

    /** The state of one computation: one round for each word, three at the end. */
    static final class SipHash {
        private static final int LAST_ROUNDS = 3;

        private long v0;
        private long v1;
        private long v2;
        private long v3;

        SipHash(long key0, long key1) {
            v0 = key0 ^ 0x736f_6d65_7073_6575L;
            v1 = key1 ^ 0x646f_7261_6e64_6f6dL;
            v2 = key0 ^ 0x6c79_6765_6e65_7261L;
            v3 = key1 ^ 0x7465_6462_7974_6573L;
        }

        void add(long word) {
            v3 ^= word;
            round();
            v0 ^= word;
        }

        long end() {
            v2 ^= 0xFF;
            for (int i = 0; i < LAST_ROUNDS; i++) {
                round();
            }
            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void round() {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
    }
}
