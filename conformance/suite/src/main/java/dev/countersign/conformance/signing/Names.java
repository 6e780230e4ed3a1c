package dev.countersign.conformance.signing;

import dev.countersign.conformance.suite.Hex;

/**
 * What the placeholders of templates stand for. In the committed files it is the same for all cases; against a live
 * server each case has names, keys and a time of its own.
 */
public interface Names {
    /** An app id. */
    String app(String name);

    /** A device id: a UUID in lower case. */
    String device(String name);

    /** A nonce: a version 4 UUID in lower case. */
    String nonce(String name);

    /** A key pair. */
    P256Key key(String name);

    /** Epoch seconds, so many away from the case's time. */
    long time(long offset);

    /** A version 4 UUID made of a hash, with letters in every part, so that upper case differs from lower case. */
    static String uuidOfHash(byte[] hash) {
        String hex = Hex.of(hash);
        return "a" + hex.substring(1, 8) + "-b" + hex.substring(9, 12) + "-4c" + hex.substring(14, 16) + "-a"
                + hex.substring(17, 20) + "-d" + hex.substring(21, 32);
    }
}
