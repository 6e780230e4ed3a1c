package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import dev.countersign.testkit.MutableClock;
import io.lettuce.core.RedisClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens to claims when the connection or the server does something bad. */
class RedisNonceStoreTest {
    private final RedisServer redis = RedisServer.start();

    @AfterEach
    void stop() {
        redis.close();
    }

    /** The build runs these tests with the oldest Lettuce, too, and says so. */
    @Test
    void theLettuceIsTheOneThatIsMeant() {
        String meant = System.getProperty("expected.lettuce", "");
        String jar = RedisClient.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        assertTrue(jar.contains("lettuce-core-" + meant), jar);
    }

    @Test
    void claimsAndReplays() {
        try (RedisNonceStore store = open(redis.port())) {
            assertEquals(NonceStore.ALWAYS, store.watchingSince());
            Claim claim = Claims.request(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, claim));
            RedisStatus status = store.status();
            assertTrue(status.isAvailable());
            assertEquals(Optional.of("6.2.11"), status.version());
            assertEquals(Optional.of("noeviction"), status.evictionPolicy());
            assertTrue(status.clockDifference().isPresent());
            assertEquals(2, status.claims());
            assertEquals(0, status.inFlight());
        }
    }

    @Test
    void theDifferenceBetweenTheClocksHasItsDirection() {
        for (long aheadSeconds : new long[] {-90, 0, 3600}) {
            Clock node = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(aheadSeconds));
            try (RedisNonceStore store = RedisNonceStore.builder(redis.uri())
                    .keyPrefix(Claims.prefix())
                    .clock(node)
                    .alwaysWatching()
                    .connectWait(Duration.ofSeconds(30))
                    .build()) {
                Claims.until("up", () -> store.status().isAvailable());
                Duration difference = store.status().clockDifference().orElseThrow();
                long error = difference.plusSeconds(aheadSeconds).abs().toMillis();
                assertTrue(error < 1000, aheadSeconds + " s ahead of Redis: " + difference);
            }
        }
    }

    @Test
    void aClaimWhoseAnswerIsLostFailsAndIsSentOnce() {
        try (TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = open(proxy.port())) {
            Claims.until("up", () -> store.status().isAvailable());
            proxy.loseAnswers(1);
            Claim claim = Claims.request(2);
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(claim)));
            assertEquals(1, proxy.answersLost());
            Claims.until("up again", () -> store.status().isAvailable());
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(3)));
            assertEquals(1, store.status().unknownOutcomes());
            assertEquals(0, store.status().inFlight());
        }
    }

    @Test
    void allThatIsInFlightFailsWhenTheConnectionEnds() {
        try (TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = open(proxy.port())) {
            proxy.holdAnswers();
            List<CompletionStage<ClaimResult>> claims = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                claims.add(store.claim(Claims.request(100 + i)));
            }
            assertEquals(100, store.status().inFlight());
            proxy.cutOff();
            for (CompletionStage<ClaimResult> claim : claims) {
                assertInstanceOf(RedisUnavailableException.class, Claims.failure(claim));
            }
            assertFalse(store.status().isAvailable());
            assertEquals(0, store.status().inFlight());
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(Claims.request(300))));
            assertEquals(100, store.status().unknownOutcomes());
            proxy.restore();
            Claims.until("up again", () -> store.status().isAvailable());
        }
    }

    /** Since the change itself, and not since somebody asked. */
    @Test
    @SuppressWarnings("try") // closed before its block ends, to look at it then
    void theStatusSaysSinceWhen() {
        MutableClock node = MutableClock.atSecond(Claims.now());
        RecordingListener reported = new RecordingListener();
        try (TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = RedisNonceStore.builder("redis://127.0.0.1:" + proxy.port())
                        .keyPrefix(Claims.prefix())
                        .clock(node)
                        .listener(reported)
                        .connectWait(Duration.ofSeconds(30))
                        .build()) {
            Instant built = node.instant();
            node.advanceSeconds(10);
            Instant cut = node.instant();
            proxy.cutOff();
            Claims.until("told", () -> reported.has("outage"));
            node.advanceSeconds(10);
            Instant mended = node.instant();
            RedisStatus down = store.status();
            assertEquals(StoreStatus.Availability.UNAVAILABLE, down.availability());
            assertEquals(Optional.of(cut), down.since());
            assertFalse(down.reason().isEmpty());
            proxy.restore();
            Claims.until("told", () -> reported.has("recovered"));
            node.advanceSeconds(10);
            RedisStatus up = store.status();
            assertEquals(StoreStatus.Availability.AVAILABLE, up.availability());
            assertEquals(Optional.of(mended), up.since());
            assertEquals("", up.reason());
            assertTrue(built.isBefore(cut));
            store.close();
            assertEquals("the nonce store is closed", store.status().reason());
            assertEquals(Optional.of(node.instant()), store.status().since());
        }
    }

    @Test
    void allThatIsInFlightFailsWhenTheStoreIsClosed() {
        List<CompletionStage<ClaimResult>> claims = new ArrayList<>();
        try (TcpProxy proxy = TcpProxy.to(redis.port())) {
            RedisNonceStore store = open(proxy.port());
            proxy.holdAnswers();
            for (int i = 0; i < 100; i++) {
                claims.add(store.claim(Claims.request(400 + i)));
            }
            store.close();
            store.close();
            for (CompletionStage<ClaimResult> claim : claims) {
                assertInstanceOf(RedisUnavailableException.class, Claims.failure(claim));
            }
            assertEquals(0, store.status().inFlight());
            assertInstanceOf(IllegalStateException.class, Claims.failure(store.claim(Claims.request(1))));
        }
    }

    private static RedisNonceStore open(int port) {
        return RedisNonceStore.builder("redis://127.0.0.1:" + port)
                .keyPrefix(Claims.prefix())
                .timeLimit(Duration.ofSeconds(2))
                .alwaysWatching()
                .connectWait(Duration.ofSeconds(30))
                .build();
    }
}
