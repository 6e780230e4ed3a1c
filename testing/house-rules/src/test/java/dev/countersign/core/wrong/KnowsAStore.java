package dev.countersign.core.wrong;

/** Breaks a rule on purpose. */
final class KnowsAStore {
    Class<?> store = dev.countersign.nonce.memory.MemoryNonceStore.class;
}
