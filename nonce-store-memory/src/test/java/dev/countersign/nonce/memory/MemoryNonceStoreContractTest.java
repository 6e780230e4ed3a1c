package dev.countersign.nonce.memory;

import dev.countersign.api.store.NonceStore;
import dev.countersign.tck.BoundedNonceStoreContract;
import dev.countersign.testkit.MutableClock;

class MemoryNonceStoreContractTest extends BoundedNonceStoreContract {
    @Override
    protected NonceStore open(MutableClock storeClock, StoreOptions options) {
        MemoryNonceStore.Builder builder = MemoryNonceStore.builder()
                .clock(storeClock)
                .quotaPerDevice(options.quotaPerDevice())
                .capacity(options.capacity())
                .noBackgroundPurge();
        return options.alwaysWatching() ? builder.alwaysWatching().build() : builder.build();
    }

    @Override
    protected void dropExpired(NonceStore store) {
        ((MemoryNonceStore) store).purgeExpired();
    }
}
