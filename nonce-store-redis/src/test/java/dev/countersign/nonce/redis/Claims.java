package dev.countersign.nonce.redis;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.testkit.TestClaims;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** Claims as a verifier with a window of 300 s and a margin of 10 s makes them, and waiting for things outside the JVM. */
public final class Claims {
    public static final long KEPT = TestClaims.KEPT_SECONDS;
    public static final DeviceIdentity PHONE =
            new DeviceIdentity("com.example.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");

    private static final long PATIENCE_SECONDS = 30;
    private static final AtomicInteger PREFIXES = new AtomicInteger();

    private Claims() {}

    public static long now() {
        return Instant.now().getEpochSecond();
    }

    /** Request {@code number} of a device, signed a second from now: later than any moment since which a store watches. */
    public static Claim request(long number) {
        long now = now();
        return of(PHONE, 2 * number, 2 * number + 1, now + 1, now);
    }

    public static Claim of(DeviceIdentity device, long nonce, long signature, long timestamp, long now) {
        return TestClaims.of(device, token(nonce), token(signature), timestamp, now);
    }

    public static DeviceIdentity device(int number) {
        return TestClaims.device(number);
    }

    /** As good as a hash's. */
    public static ReplayToken token(long number) {
        return TestClaims.token(number);
    }

    public static ClaimResult result(NonceStore store, Claim claim) {
        return await(store.claim(claim));
    }

    public static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw new AssertionError("failed: " + failed.getCause(), failed.getCause());
        } catch (TimeoutException late) {
            throw new AssertionError("no answer", late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }

    /** Why a stage fails. */
    public static Throwable failure(CompletionStage<?> stage) {
        try {
            Object answer = stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            throw new AssertionError("it is " + answer + " and should fail");
        } catch (ExecutionException failed) {
            return failed.getCause() == null ? failed : failed.getCause();
        } catch (TimeoutException late) {
            throw new AssertionError("no answer", late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }

    /** Asks again and again until the answer is yes. A server that is about to change ends connections: that is none. */
    public static void until(String what, BooleanSupplier question) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!isSo(question)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + PATIENCE_SECONDS + " s: " + what);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new AssertionError(interrupted);
            }
        }
    }

    private static boolean isSo(BooleanSupplier question) {
        try {
            return question.getAsBoolean();
        } catch (UncheckedIOException connectionEnded) {
            return false;
        }
    }

    /** A prefix that no other test of this JVM uses. */
    public static String prefix() {
        return "t" + Integer.toString(PREFIXES.incrementAndGet(), 36) + ".";
    }
}
