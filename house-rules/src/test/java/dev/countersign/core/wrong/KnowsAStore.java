package dev.countersign.core.wrong;

/** Breaks a rule on purpose. */
final class KnowsAStore {
    Class<?> kit = dev.countersign.tck.InMemoryDeviceRegistry.class;
}
