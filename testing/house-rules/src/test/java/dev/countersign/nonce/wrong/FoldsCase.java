package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class FoldsCase {
    boolean same(String a, String b) {
        return a.equalsIgnoreCase(b);
    }
}
