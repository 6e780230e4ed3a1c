package dev.countersign.core.diagnosis;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The hash of messages, bodies and thumbprints. */
final class Sha256 {
    private Sha256() {}

    static MessageDigest begin() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    static byte[] of(byte[] bytes) {
        return begin().digest(bytes);
    }

    static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }
}
