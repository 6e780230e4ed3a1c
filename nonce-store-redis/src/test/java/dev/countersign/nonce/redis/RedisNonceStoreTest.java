package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import io.lettuce.core.RedisClient;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
            assertTrue(status.available());
            assertEquals("6.2.11", status.version());
            assertEquals("noeviction", status.evictionPolicy());
            assertNotNull(status.clockDifference());
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
                Claims.until("up", () -> store.status().available());
                Duration difference = store.status().clockDifference();
                assertNotNull(difference);
                long error = difference.plusSeconds(aheadSeconds).abs().toMillis();
                assertTrue(error < 1000, aheadSeconds + " s ahead of Redis: " + difference);
            }
        }
    }

    @Test
    void aClaimWhoseAnswerIsLostFailsAndIsSentOnce() {
        try (TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = open(proxy.port())) {
            Claims.until("up", () -> store.status().available());
            proxy.loseAnswers(1);
            Claim claim = Claims.request(2);
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(claim)));
            assertEquals(1, proxy.answersLost());
            Claims.until("up again", () -> store.status().available());
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
            assertFalse(store.status().available());
            assertEquals(0, store.status().inFlight());
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(Claims.request(300))));
            assertEquals(100, store.status().unknownOutcomes());
            proxy.restore();
            Claims.until("up again", () -> store.status().available());
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
