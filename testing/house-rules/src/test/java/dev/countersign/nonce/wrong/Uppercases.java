package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class Uppercases {
    @SuppressWarnings("StringCaseLocaleUsage")
    String up(String text) {
        return text.toUpperCase();
    }
}
