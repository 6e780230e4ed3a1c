package dev.countersign.api.store;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;

/** Runs the calls of a blocking store on an executor. */
final class BlockingStoreAdapters {
    private BlockingStoreAdapters() {}

    static final class Keys implements PublicKeyStore {
        private final BlockingPublicKeyStore store;
        private final Executor executor;

        Keys(BlockingPublicKeyStore store, Executor executor) {
            this.store = Objects.requireNonNull(store, "store");
            this.executor = Objects.requireNonNull(executor, "executor");
        }

        @Override
        public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
            return call(executor, () -> store.find(claimed));
        }

        @Override
        public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
            return call(executor, () -> store.confirm(device, key, at));
        }

        @Override
        public CompletionStage<Long> cursor() {
            return call(executor, store::cursor);
        }

        @Override
        public CompletionStage<DeviceChanges> changesSince(long cursor) {
            return call(executor, () -> store.changesSince(cursor));
        }

        @Override
        public StoreStatus status() {
            return store.status();
        }

        @Override
        public void close() {
            store.close();
        }
    }

    static final class Nonces implements NonceStore {
        private final BlockingNonceStore store;
        private final Executor executor;

        Nonces(BlockingNonceStore store, Executor executor) {
            this.store = Objects.requireNonNull(store, "store");
            this.executor = Objects.requireNonNull(executor, "executor");
        }

        @Override
        public CompletionStage<ClaimResult> claim(Claim claim) {
            return call(executor, () -> store.claim(claim));
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
            store.close();
        }
    }

    private static <T> CompletionStage<T> call(Executor executor, Callable<T> task) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                try {
                    answer.complete(task.call());
                } catch (Throwable failure) {
                    answer.completeExceptionally(failure);
                }
            });
        } catch (RejectedExecutionException full) {
            boolean closed = executor instanceof ExecutorService service && service.isShutdown();
            answer.completeExceptionally(closed ? full : new StoreOverloadedException("the store's executor is full"));
        }
        return answer;
    }
}
