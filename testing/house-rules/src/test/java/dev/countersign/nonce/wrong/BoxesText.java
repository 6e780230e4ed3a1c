package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class BoxesText {
    Long read(String text) {
        return Long.valueOf(text);
    }
}
