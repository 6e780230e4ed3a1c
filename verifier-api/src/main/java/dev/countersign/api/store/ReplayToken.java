package dev.countersign.api.store;

import dev.countersign.api.wire.KeyedHash;

/**
 * What a nonce store remembers of a request: the first 128 bits of a SHA-256, made by the verifier. All stores use this
 * form, so that nodes with different versions of a store agree. A token reveals nothing about the request.
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
     * A hash under a random secret of this process, because the owner of a device can search for nonces whose tokens
     * share some bits.
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
