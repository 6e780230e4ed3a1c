package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class ReadsAnInt {
    int read(String text) {
        return Integer.parseInt(text);
    }
}
