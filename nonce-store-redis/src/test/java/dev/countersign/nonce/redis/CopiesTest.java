package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Copies of one request do not use up its device's quota, whatever becomes of their claims. */
class CopiesTest {
    @Test
    void copiesThatNobodyAnswersTakeOnePlace() {
        try (RedisServer redis = RedisServer.start();
                TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = RedisNonceStore.builder("redis://127.0.0.1:" + proxy.port())
                        .alwaysWatching()
                        .connectWait(Duration.ofSeconds(30))
                        .timeLimit(Duration.ofMillis(500))
                        .quotaPerDevice(2)
                        .build()) {
            proxy.holdAnswers();
            List<CompletionStage<ClaimResult>> copies = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                copies.add(store.claim(copy(i)));
            }
            for (CompletionStage<ClaimResult> copy : copies) {
                assertInstanceOf(RedisUnavailableException.class, Claims.failure(copy));
            }
            proxy.restore();
            Claims.until("up", () -> store.status().isAvailable());
            assertEquals(50, store.status().unknownOutcomes());
            assertEquals(ClaimResult.SIGNATURE_REPLAYED, Claims.result(store, copy(50)));
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(1)), "the second of two places");
            assertEquals(ClaimResult.FULL, Claims.result(store, Claims.request(2)));
        }
    }

    @Test
    @Tag("full")
    void copiesToAServerThatStandsStillTakeOnePlace() {
        try (RedisServer redis = RedisServer.start();
                RedisNonceStore store = RedisNonceStore.builder(redis.uri())
                        .alwaysWatching()
                        .connectWait(Duration.ofSeconds(30))
                        .quotaPerDevice(500)
                        .timeLimit(Duration.ofSeconds(1))
                        .build()) {
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, copy(0)));
            redis.pause();
            List<CompletionStage<ClaimResult>> copies = new ArrayList<>();
            for (int i = 1; i <= 600; i++) {
                copies.add(store.claim(copy(i)));
            }
            for (CompletionStage<ClaimResult> copy : copies) {
                Claims.failure(copy);
            }
            redis.resume();
            Claims.until("up", () -> store.status().isAvailable());
            assertEquals("3", redis.call("DBSIZE"), "one request and the watch record");
            int claimed = 0;
            for (int i = 1; i <= 510; i++) {
                claimed += Claims.result(store, Claims.request(i)) == ClaimResult.CLAIMED ? 1 : 0;
            }
            // The first copy had its place, and the others, while nobody knew what became of them, one.
            assertEquals(498, claimed);
        }
    }

    /** The same signature under nonces of their own. */
    private static Claim copy(int number) {
        long now = Claims.now();
        return Claims.of(Claims.PHONE, 1_000_000 + number, 999_999, now + 1, now);
    }
}
