package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class Rolls {
    double roll() {
        return Math.random();
    }
}
