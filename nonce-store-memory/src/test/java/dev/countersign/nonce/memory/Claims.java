package dev.countersign.nonce.memory;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.testkit.TestClaims;
import java.util.concurrent.CompletableFuture;

/** Claims as a verifier with a window of 300 s and a margin of 10 s makes them. */
final class Claims {
    static final long START = 1_800_000_000L;
    static final long KEPT = TestClaims.KEPT_SECONDS;

    private Claims() {}

    /** Request {@code number}: its nonce is token 2·number, its signature token 2·number + 1. */
    static Claim request(long number, long now) {
        return of(device(0), 2 * number, 2 * number + 1, now, now);
    }

    static Claim of(DeviceIdentity device, long nonce, long signature, long timestamp, long now) {
        return TestClaims.of(device, token(nonce), token(signature), timestamp, now);
    }

    static DeviceIdentity device(int number) {
        return TestClaims.device(number);
    }

    /** As good as a hash's. */
    static ReplayToken token(long number) {
        return TestClaims.token(number);
    }

    static ClaimResult result(NonceStore store, Claim claim) {
        CompletableFuture<ClaimResult> answer = store.claim(claim).toCompletableFuture();
        if (!answer.isDone()) {
            throw new AssertionError("the stage is not complete");
        }
        return answer.join();
    }
}
