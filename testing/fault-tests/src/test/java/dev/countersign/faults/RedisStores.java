package dev.countersign.faults;

import dev.countersign.api.store.NonceStore;
import dev.countersign.faults.Event.NewPrimary;
import dev.countersign.faults.Event.StoreClosed;
import dev.countersign.nonce.redis.RedisNonceStore;
import dev.countersign.nonce.redis.RedisStoreListener;
import dev.countersign.testkit.ForwardingNonceStore;

/** Nonce stores as a deployment has them, whose changes of primary are noted. */
final class RedisStores {
    private RedisStores() {}

    static NonceStore open(RedisNonceStore.Builder builder, int node, History history) {
        RedisNonceStore store = builder.alwaysWatching()
                .timeLimit(Scenario.CLAIM_LIMIT)
                .listener(new RedisStoreListener() {
                    @Override
                    public void watchingSince(String server, long since, String why) {
                        if (since != NonceStore.ALWAYS) {
                            history.note(new NewPrimary(node, since, Moment.now()));
                        }
                    }
                })
                .build();
        return new Reporting(store, node, history);
    }

    /** Notes in the end what the store itself has counted. */
    private static final class Reporting extends ForwardingNonceStore {
        private final RedisNonceStore store;
        private final int node;
        private final History history;

        Reporting(RedisNonceStore store, int node, History history) {
            super(store);
            this.store = store;
            this.node = node;
            this.history = history;
        }

        @Override
        public void close() {
            history.note(new StoreClosed(node, store.status().unknownOutcomes(), Moment.now()));
            super.close();
        }
    }
}
