package dev.countersign.api.store;

import dev.countersign.api.wire.KeyedHash;

/**
 * What a nonce store remembers of a request: the first 128 bits of a SHA-256, made by the verifier. All stores share
 * the form, so that nodes with different versions of a store agree. Tokens can be compared and stored; they tell
 * nothing about the request.
 *
 * @param high the first eight bytes, big-endian
 * @param low the next eight bytes, big-endian
 */
public record ReplayToken(long high, long low) {
    /** Bytes of a token. */
    public static final int BYTES = 16;

    /** The token in the first {@value #BYTES} bytes of a hash. */
    public static ReplayToken ofHash(byte[] hash) {
        return new ReplayToken(readLong(hash, 0), readLong(hash, 8));
    }

    /**
     * Under a secret of this process: a device's owner cannot choose a token's bits, but can try nonces until some of them
     * are as he wants.
     */
    @Override
    public int hashCode() {
        return KeyedHash.ofLongs(high, low);
    }

    private static long readLong(byte[] bytes, int offset) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | (bytes[offset + i] & 0xFF);
        }
        return value;
    }
}
