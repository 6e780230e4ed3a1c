package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class NonceManager {
    int nonces;
}
