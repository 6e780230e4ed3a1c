package dev.countersign.faults;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.faults.Event.NewPrimary;
import dev.countersign.faults.Event.StoreClosed;
import dev.countersign.nonce.redis.RedisNonceStore;
import dev.countersign.nonce.redis.RedisStoreListener;
import java.util.concurrent.CompletionStage;

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
    private record Reporting(RedisNonceStore store, int node, History history) implements NonceStore {
        @Override
        public CompletionStage<ClaimResult> claim(Claim claim) {
            return store.claim(claim);
        }

        @Override
        public long watchingSince() {
            return store.watchingSince();
        }

        @Override
        public boolean isShared() {
            return store.isShared();
        }

        @Override
        public boolean isDown() {
            return store.isDown();
        }

        @Override
        public StoreStatus status() {
            return store.status();
        }

        @Override
        public void close() {
            history.note(new StoreClosed(node, store.status().unknownOutcomes(), Moment.now()));
            store.close();
        }
    }
}
