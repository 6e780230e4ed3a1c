package dev.countersign.nonce.memory;

import java.security.SecureRandom;

/**
 * Where a token lies in the tables of one store: SipHash-2-4 of its 16 bytes under a key of the store, random at each
 * start. A token is a hash of what a device's owner chooses in part, so its own bits are his to choose by trying: some
 * 2^20 nonces give one whose 20 lowest bits are as he wants. Of where it lies under a key that he does not have they
 * tell nothing.
 *
 * <p>The api hashes its values in the same way under a key of the process, with fewer rounds. Its class is internal to
 * it: a store knows the api only, as any other author's does, so the rounds stand here once more.
 *
 * <p>Immutable.
 */
final class TokenHash {
    private final long key0;
    private final long key1;

    TokenHash(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    /** Under a new random key. */
    static TokenHash random() {
        SecureRandom random = new SecureRandom();
        return new TokenHash(random.nextLong(), random.nextLong());
    }

    /** The hash of two words, each read as eight bytes in little-endian order. */
    long of(long first, long second) {
        State state = new State(key0, key1);
        state.add(first);
        state.add(second);
        state.add(16L << 56); // the length, as SipHash ends what it hashes
        return state.end();
    }

    /** Does not outlive a computation, so it is never allocated. */
    private static final class State {
        private long v0;
        private long v1;
        private long v2;
        private long v3;

        State(long key0, long key1) {
            v0 = key0 ^ 0x736f6d6570736575L;
            v1 = key1 ^ 0x646f72616e646f6dL;
            v2 = key0 ^ 0x6c7967656e657261L;
            v3 = key1 ^ 0x7465646279746573L;
        }

        void add(long word) {
            v3 ^= word;
            round();
            round();
            v0 ^= word;
        }

        long end() {
            v2 ^= 0xff;
            round();
            round();
            round();
            round();
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
