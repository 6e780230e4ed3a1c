package dev.countersign.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.StoreStatus;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class ForwardingStoresTest {
    private static final long NOW = 1_800_000_000L;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final TestDevice phone = TestDevice.of("com.acme.app", 1, clock);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final ForwardingKeyStore keys = new ForwardingKeyStore(registry);
    private final Tokens tokens = new Tokens();
    private final ForwardingNonceStore nonces = new ForwardingNonceStore(tokens);

    /** The nonces of claims, in memory. */
    private static final class Tokens implements NonceStore {
        private final Set<Object> known = new HashSet<>();
        private boolean closed;

        @Override
        public CompletionStage<ClaimResult> claim(Claim claim) {
            return closed
                    ? CompletableFuture.failedFuture(new IllegalStateException("closed"))
                    : CompletableFuture.completedFuture(
                            known.add(claim.nonce()) ? ClaimResult.CLAIMED : ClaimResult.NONCE_REPLAYED);
        }

        @Override
        public long watchingSince() {
            return 7;
        }

        @Override
        public boolean isShared() {
            return true;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private CompletableFuture<ClaimResult> claim(long number) {
        return nonces.claim(TestClaims.of(phone.identity(), TestClaims.token(number), null, NOW, NOW))
                .toCompletableFuture();
    }

    @Test
    void callsReachTheOtherStoreAndAreCounted() {
        DeviceRecord stored = registry.put(phone.record());
        assertEquals(
                stored, keys.find(phone.identity()).toCompletableFuture().join().orElseThrow());
        assertFalse(keys.confirm(phone.identity(), phone.publicKey(), clock.instant())
                .toCompletableFuture()
                .join());
        assertEquals(1, keys.cursor().toCompletableFuture().join());
        assertEquals(
                List.of(stored),
                keys.changesSince(0).toCompletableFuture().join().records());
        assertEquals(registry.status(), keys.status());
        assertEquals(List.of(1, 1), List.of(keys.finds(), keys.confirmations()));

        assertEquals(ClaimResult.CLAIMED, claim(1).join());
        assertEquals(ClaimResult.NONCE_REPLAYED, claim(1).join());
        assertEquals(2, nonces.claims());
        assertEquals(7, nonces.watchingSince());
        assertTrue(nonces.isShared());
        assertFalse(nonces.isDown());
        assertEquals(StoreStatus.Availability.UNKNOWN, nonces.status().availability());
        nonces.close();
        assertThrows(CompletionException.class, () -> claim(2).join());
    }

    @Test
    void aStoreThatIsDownFailsWithoutAskingTheOther() {
        registry.put(phone.record());
        keys.goDown();
        assertTrue(keys.find(phone.identity()).toCompletableFuture().isCompletedExceptionally());
        assertTrue(keys.cursor().toCompletableFuture().isCompletedExceptionally());
        assertFalse(keys.status().isAvailable());
        assertEquals(Instant.ofEpochSecond(NOW), keys.status().since().orElseThrow());
        TestStatus.check(keys.status());
        keys.comeBack();
        assertTrue(keys.find(phone.identity()).toCompletableFuture().join().isPresent());
        assertTrue(keys.status().isAvailable());

        nonces.goDown();
        assertTrue(claim(1).isCompletedExceptionally());
        assertTrue(nonces.isDown());
        TestStatus.check(nonces.status());
        nonces.comeBack();
        assertEquals(ClaimResult.CLAIMED, claim(1).join(), "nothing was claimed meanwhile");
        assertFalse(nonces.isDown());
    }

    @Test
    void heldAnswersComeInOrderAndWereTrueWhenTheyWereAsked() {
        nonces.hold();
        CompletableFuture<ClaimResult> first = claim(1);
        CompletableFuture<ClaimResult> second = claim(1);
        assertEquals(List.of(2, false, false), List.of(nonces.held(), first.isDone(), second.isDone()));
        StringBuilder order = new StringBuilder();
        CompletableFuture<Void> both = CompletableFuture.allOf(
                first.thenAccept(result -> order.append(result).append(' ')), second.thenAccept(order::append));
        nonces.release();
        both.join();
        assertEquals("CLAIMED NONCE_REPLAYED", order.toString());
        assertTrue(claim(2).isDone(), "no more is held");

        keys.hold();
        CompletableFuture<Boolean> unknown =
                keys.find(phone.identity()).toCompletableFuture().thenApply(found -> found.isEmpty());
        registry.put(phone.record());
        assertEquals(1, keys.held());
        keys.release();
        assertTrue(unknown.join());
        assertEquals(0, keys.held());
    }

    @Test
    void aHeldFailureFails() {
        tokens.close();
        nonces.hold();
        CompletableFuture<ClaimResult> failing = claim(1);
        assertFalse(failing.isDone());
        nonces.release();
        assertThrows(CompletionException.class, failing::join);
    }
}
