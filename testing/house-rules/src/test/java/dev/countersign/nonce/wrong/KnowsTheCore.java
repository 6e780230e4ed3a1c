package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class KnowsTheCore {
    Class<?> core = dev.countersign.core.CountersignVerifier.class;
}
