package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class ReadsBase64 {
    byte[] read(String text) {
        return java.util.Base64.getDecoder().decode(text);
    }
}
