package dev.countersign.api;

import java.util.Objects;

/**
 * The scheme by which a request is signed. Immutable.
 *
 * @param name lower-case ASCII, such as {@code device-signature}
 * @param version the number of the scheme's version, at least 1
 */
public record SchemeId(String name, int version) {
    /** Requests that a device signs with its key (protocol, §8), version 1. */
    public static final SchemeId DEVICE_SIGNATURE_1 = new SchemeId("device-signature", 1);

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if the name has another form or the version is below 1
     */
    public SchemeId {
        Objects.requireNonNull(name, "name");
        if (!name.matches("[a-z][a-z0-9-]{0,63}") || version < 1) {
            throw new IllegalArgumentException("a scheme has a name of a-z, 0-9 and -, and a version of at least 1");
        }
    }

    @Override
    public String toString() {
        return name + "/" + version;
    }
}
