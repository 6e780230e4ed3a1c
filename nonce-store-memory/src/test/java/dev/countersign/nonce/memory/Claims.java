package dev.countersign.nonce.memory;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import java.util.concurrent.CompletableFuture;

/** Claims as a verifier with a window of 300 s and a margin of 10 s makes them. */
final class Claims {
    static final long START = 1_800_000_000L;
    static final long KEPT = 310;

    private Claims() {}

    /** Request {@code number}: its nonce is token 2·number, its signature token 2·number + 1. */
    static Claim request(long number, long now) {
        return of(device(0), 2 * number, 2 * number + 1, now, now);
    }

    static Claim of(DeviceIdentity device, long nonce, long signature, long timestamp, long now) {
        return Claim.builder(device, token(nonce))
                .signature(token(signature))
                .timestamp(timestamp)
                .claimedAt(now)
                .deadline(Math.max(timestamp, now) + KEPT)
                .earliestDeadline(timestamp + KEPT)
                .build();
    }

    static DeviceIdentity device(int number) {
        return new DeviceIdentity("com.example.app", "device-" + number);
    }

    /** As good as a hash's. */
    static ReplayToken token(long number) {
        return new ReplayToken(mix(2 * number + 1), mix(~number));
    }

    static ClaimResult result(NonceStore store, Claim claim) {
        CompletableFuture<ClaimResult> answer = store.claim(claim).toCompletableFuture();
        if (!answer.isDone()) {
            throw new AssertionError("the stage is not complete");
        }
        return answer.join();
    }

    private static long mix(long number) {
        long z = number + 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
