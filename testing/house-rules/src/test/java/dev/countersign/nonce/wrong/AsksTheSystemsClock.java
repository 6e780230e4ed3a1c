package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class AsksTheSystemsClock {
    java.time.Clock clock = java.time.Clock.systemUTC();
}
