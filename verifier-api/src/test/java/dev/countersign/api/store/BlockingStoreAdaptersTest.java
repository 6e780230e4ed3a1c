package dev.countersign.api.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.wire.SlowP256;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BlockingStoreAdaptersTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("app", "d");
    private static final DevicePublicKey KEY = DevicePublicKey.ofPoint(SlowP256.point(1));
    private static final DeviceRecord RECORD = DeviceRecord.active(DEVICE, KEY, 1);
    private static final Claim CLAIM = Claim.builder(DEVICE, new ReplayToken(1, 2))
            .timestamp(1)
            .claimedAt(1)
            .deadline(1)
            .earliestDeadline(1)
            .build();

    /** Answers, or throws what it is given. */
    private static class Store implements BlockingPublicKeyStore, BlockingNonceStore {
        private boolean down;
        private final StoreStatus status = StoreStatus.available(Instant.EPOCH);

        @Nullable Throwable failure;

        boolean nothing;
        int closed;

        @Override
        @SuppressWarnings("NullAway") // what a careless store does
        public Optional<DeviceRecord> find(DeviceIdentity claimed) throws Exception {
            fail();
            return nothing ? null : Optional.of(RECORD);
        }

        @Override
        public boolean confirm(DeviceIdentity device, DevicePublicKey key, Instant at) throws Exception {
            fail();
            return at.getEpochSecond() == 9 && key.equals(KEY) && device.equals(DEVICE);
        }

        @Override
        public long cursor() throws Exception {
            fail();
            return 88;
        }

        @Override
        public DeviceChanges changesSince(long cursor) throws Exception {
            fail();
            return DeviceChanges.of(List.of(RECORD), cursor + 1);
        }

        @Override
        @SuppressWarnings("NullAway") // what a careless store does
        public ClaimResult claim(Claim claim) throws Exception {
            fail();
            return nothing ? null : ClaimResult.CLAIMED;
        }

        @Override
        public long watchingSince() {
            return 77;
        }

        @Override
        public boolean isShared() {
            return true;
        }

        @Override
        public boolean isDown() {
            return down;
        }

        @Override
        public StoreStatus status() {
            return status;
        }

        @Override
        public void close() {
            closed++;
        }

        private void fail() throws Exception {
            if (failure instanceof Exception exception) {
                throw exception;
            }
            if (failure instanceof Error error) {
                throw error;
            }
        }
    }

    private final Store store = new Store();

    @Test
    void answersAreHandedOn() throws Exception {
        try (PublicKeyStore keys = PublicKeyStore.fromBlocking(store, Runnable::run);
                NonceStore nonces = NonceStore.fromBlocking(store, Runnable::run)) {
            assertEquals(Optional.of(RECORD), get(keys.find(DEVICE)));
            assertEquals(true, get(keys.confirm(DEVICE, KEY, Instant.ofEpochSecond(9))));
            assertEquals(false, get(keys.confirm(DEVICE, KEY, Instant.ofEpochSecond(8))));
            assertEquals(88, get(keys.cursor()));
            assertEquals(6, get(keys.changesSince(5)).cursor());
            assertEquals(ClaimResult.CLAIMED, get(nonces.claim(CLAIM)));
            assertEquals(77, nonces.watchingSince());
            assertTrue(nonces.isShared());
            assertFalse(nonces.isDown());
            store.down = true;
            assertTrue(nonces.isDown());
            assertSame(store.status, keys.status());
            assertSame(store.status, nonces.status());
        }
        assertEquals(2, store.closed);
    }

    @Test
    void callsRunOnTheExecutorAndNowhereElse() throws Exception {
        Queue<Runnable> waiting = new ArrayDeque<>();
        PublicKeyStore keys = PublicKeyStore.fromBlocking(store, waiting::add);
        NonceStore nonces = NonceStore.fromBlocking(store, waiting::add);
        CompletableFuture<Optional<DeviceRecord>> found = keys.find(DEVICE).toCompletableFuture();
        CompletableFuture<ClaimResult> claimed = nonces.claim(CLAIM).toCompletableFuture();
        assertFalse(found.isDone() || claimed.isDone());
        assertEquals(2, waiting.size());
        waiting.forEach(Runnable::run);
        assertTrue(found.isDone() && claimed.isDone());
    }

    @Test
    void anyThrowIsAFailedStage() {
        for (Throwable failure :
                List.of(new IOException("down"), new IllegalStateException("broken"), new StackOverflowError("deep"))) {
            store.failure = failure;
            PublicKeyStore keys = PublicKeyStore.fromBlocking(store, Runnable::run);
            assertFails(failure, keys.find(DEVICE));
            assertFails(failure, keys.confirm(DEVICE, KEY, Instant.EPOCH));
            assertFails(failure, keys.cursor());
            assertFails(failure, keys.changesSince(0));
            assertFails(failure, NonceStore.fromBlocking(store, Runnable::run).claim(CLAIM));
        }
    }

    @Test
    void anExecutorThatRefusesIsAFailedStage() {
        RejectedExecutionException full = new RejectedExecutionException("full");
        Executor refusing = task -> {
            throw full;
        };
        PublicKeyStore keys = PublicKeyStore.fromBlocking(store, refusing);
        List<CompletionStage<?>> calls = List.of(
                keys.find(DEVICE),
                keys.confirm(DEVICE, KEY, Instant.EPOCH),
                keys.cursor(),
                keys.changesSince(0),
                NonceStore.fromBlocking(store, refusing).claim(CLAIM));
        for (CompletionStage<?> call : calls) {
            ExecutionException failed = assertThrows(
                    ExecutionException.class, () -> call.toCompletableFuture().get(30, TimeUnit.SECONDS));
            StoreOverloadedException overloaded =
                    assertInstanceOf(StoreOverloadedException.class, failed.getCause(), "no sign of an outage");
            assertEquals(0, overloaded.getStackTrace().length);
        }
    }

    @Test
    void anExecutorThatWasShutDownIsNotTakenForOneThatIsFull() {
        ExecutorService ended = Executors.newSingleThreadExecutor();
        ended.shutdownNow();
        CompletionStage<?> call = PublicKeyStore.fromBlocking(store, ended).find(DEVICE);
        ExecutionException failed = assertThrows(
                ExecutionException.class, () -> call.toCompletableFuture().get(30, TimeUnit.SECONDS));
        assertInstanceOf(RejectedExecutionException.class, failed.getCause());
    }

    @Test
    void nullIsHandedOnForTheVerifierToJudge() throws Exception {
        store.nothing = true;
        assertNull(get(PublicKeyStore.fromBlocking(store, Runnable::run).find(DEVICE)));
        assertNull(get(NonceStore.fromBlocking(store, Runnable::run).claim(CLAIM)));
    }

    @Test
    @SuppressWarnings("NullAway") // what callers without null checks do
    void partsAreRequired() {
        assertThrows(NullPointerException.class, () -> PublicKeyStore.fromBlocking(null, Runnable::run));
        assertThrows(NullPointerException.class, () -> PublicKeyStore.fromBlocking(store, null));
        assertThrows(NullPointerException.class, () -> NonceStore.fromBlocking(null, Runnable::run));
        assertThrows(NullPointerException.class, () -> NonceStore.fromBlocking(store, null));
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static void assertFails(Throwable expected, CompletionStage<?> stage) {
        ExecutionException failed = assertThrows(
                ExecutionException.class, () -> stage.toCompletableFuture().get(30, TimeUnit.SECONDS));
        assertSame(expected, failed.getCause());
    }
}
