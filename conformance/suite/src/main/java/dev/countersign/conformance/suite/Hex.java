package dev.countersign.conformance.suite;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Bytes and their hex. */
public final class Hex {
    private Hex() {}

    /** Lower-case hex. */
    public static String of(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /**
     * The bytes of a hex text.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static byte[] parse(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    /** SHA-256. */
    public static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
