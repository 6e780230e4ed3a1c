package dev.countersign.testkit;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ReplayToken;
import org.jspecify.annotations.Nullable;

/**
 * Claims as a verifier makes them that accepts a request for {@value #WINDOW_SECONDS} s before and after its timestamp: for tests of
 * nonce stores. Thread-safe.
 *
 * <pre>{@code
 * Claim claim = TestClaims.of(device, TestClaims.token(1), TestClaims.token(2), clock.second(), clock.second());
 * ClaimResult result = nonces.claim(claim).toCompletableFuture().join();
 * }</pre>
 */
public final class TestClaims {
    /** How far a request's timestamp may be from the verifier's clock, in seconds. */
    public static final long WINDOW_SECONDS = 300;

    /** For how many seconds a claim is kept, from the timestamp or the claim, whichever is later. */
    public static final long KEPT_SECONDS = WINDOW_SECONDS + 10;

    private TestClaims() {}

    /**
     * The claim of one request.
     *
     * @param signature absent where the verifier claims nonces alone
     * @param timestamp of the request, in Unix seconds
     * @param now the verifier's clock when it claims, in Unix seconds
     */
    public static Claim of(
            DeviceIdentity device, ReplayToken nonce, @Nullable ReplayToken signature, long timestamp, long now) {
        return Claim.builder(device, nonce)
                .signature(signature)
                .timestamp(timestamp)
                .claimedAt(now)
                .deadline(Math.max(timestamp, now) + KEPT_SECONDS)
                .earliestDeadline(timestamp + KEPT_SECONDS)
                .build();
    }

    /** The token of a number, as good as a hash's: neighbours have nothing in common. The same number gives the same token. */
    public static ReplayToken token(long number) {
        return new ReplayToken(mix(2 * number + 1), mix(~number));
    }

    /** A device of the app {@code com.example.app}, by its number. */
    public static DeviceIdentity device(int number) {
        return new DeviceIdentity("com.example.app", "device-" + number);
    }

    private static long mix(long number) {
        long z = number + 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
