package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class ReadsAUuid {
    java.util.UUID read(String text) {
        return java.util.UUID.fromString(text);
    }
}
