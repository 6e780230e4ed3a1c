package dev.countersign.api.device;

import dev.countersign.api.wire.KeyedHash;

/**
 * The coordinates of a P-256 key as a JWK (RFC 7517, RFC 7518 §6.2.1) writes them: 32 bytes each, Base64url without
 * padding. {@link DevicePublicKey#ofJwkCoordinates} reads them. A writer of JWKs puts {@code "kty":"EC"} and
 * {@code "crv":"P-256"} next to them.
 *
 * <p>Immutable and thread-safe. {@code toString()} shows no key material.
 */
public final class JwkCoordinates {
    private final String x;
    private final String y;

    JwkCoordinates(String x, String y) {
        this.x = x;
        this.y = y;
    }

    /** The member {@code x}: 43 characters. */
    public String x() {
        return x;
    }

    /** The member {@code y}: 43 characters. */
    public String y() {
        return y;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JwkCoordinates that && x.equals(that.x) && y.equals(that.y);
    }

    /** Under a secret of this process, as that of {@link DevicePublicKey}. */
    @Override
    public int hashCode() {
        return KeyedHash.ofAscii(x, y);
    }

    @Override
    public String toString() {
        return "JwkCoordinates[P-256]";
    }
}
