package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class Logs {
    Class<?> logger = java.util.logging.Logger.class;
}
