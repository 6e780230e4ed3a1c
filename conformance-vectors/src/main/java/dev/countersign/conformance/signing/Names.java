package dev.countersign.conformance.signing;

/**
 * What the placeholders of templates stand for. In the committed files it is the same for all cases; against a live server
 * each case has names, keys and a time of its own.
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
}
