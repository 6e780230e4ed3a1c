package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.servers.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Claims that replicas confirm. */
class RedisReplicasTest {
    private final RedisServer primary = RedisServer.start();
    private final RedisServer replica = RedisServer.start();

    @BeforeEach
    void follow() {
        replica.require("REPLICAOF", "127.0.0.1", Integer.toString(primary.port()));
        Claims.until(
                "follows",
                () -> replica.info("replication", "master_link_status").equals("up"));
    }

    @AfterEach
    void stop() {
        primary.close();
        replica.close();
    }

    @Test
    void aClaimIsAnsweredOnceTheReplicaHasIt() {
        try (RedisNonceStore store = openPatient()) {
            int requests = 200;
            for (int i = 0; i < requests; i++) {
                assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(i)));
                assertEquals(Integer.toString(2 * i + 3), replica.call("DBSIZE"), "with the watch record");
            }
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, Claims.request(1)));
        }
    }

    @Test
    void aClaimThatNoReplicaHasFailsAndMayBeStored() {
        try (RedisNonceStore store = open(Duration.ofMillis(50))) {
            replica.pause();
            Claim claim = Claims.request(1);
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(claim)));
            assertEquals(1, store.status().unknownOutcomes());
            assertEquals(0, store.status().inFlight());
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, claim), "an answer that stores nothing");
            replica.resume();
            Claims.until(
                    "confirms again",
                    () -> store.claim(Claims.request(System.nanoTime()))
                            .handle((result, failure) -> result == ClaimResult.CLAIMED)
                            .toCompletableFuture()
                            .join());
        }
    }

    @Test
    void manyClaimsShareOneWait() {
        try (RedisNonceStore store = openPatient()) {
            int requests = 4000;
            List<CompletionStage<ClaimResult>> claims = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                claims.add(store.claim(Claims.request(i)));
            }
            claims.forEach(claim -> assertEquals(ClaimResult.CLAIMED, Claims.await(claim)));
            String stats = primary.info("commandstats", "cmdstat_wait");
            int waits = Integer.parseInt(stats.substring("calls=".length(), stats.indexOf(',')));
            assertTrue(waits < requests / 4, waits + " WAITs for " + requests + " claims");
        }
    }

    @Test
    void aScriptThatIsGoneIsBroughtBackForTheNextGroup() {
        try (RedisNonceStore store = openPatient()) {
            for (int round = 0; round < 5; round++) {
                primary.require("SCRIPT", "FLUSH");
                List<CompletionStage<ClaimResult>> claims = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    claims.add(store.claim(Claims.request(1000L * round + i)));
                }
                claims.forEach(claim -> assertEquals(ClaimResult.CLAIMED, Claims.await(claim)));
            }
            assertTrue(store.status().scriptsReloaded() >= 5);
            assertEquals(0, store.status().inFlight());
        }
    }

    @Test
    void whatGathersForTheNextGroupFailsWithTheConnection() {
        try (RedisNonceStore store = open(Duration.ofMillis(1500))) {
            replica.pause();
            List<CompletionStage<ClaimResult>> claims = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                claims.add(store.claim(Claims.request(i)));
            }
            primary.kill();
            claims.forEach(claim -> assertInstanceOf(RedisUnavailableException.class, Claims.failure(claim)));
            assertEquals(0, store.status().inFlight());
            replica.resume();
        }
    }

    private RedisNonceStore open(Duration limit) {
        return RedisNonceStore.builder(primary.uri())
                .alwaysWatching()
                .connectWait(Duration.ofSeconds(30))
                .waitForReplicas(1)
                .replicaTimeLimit(limit)
                .build();
    }

    /** For what is not about lateness: a machine may be as slow as it likes. */
    private RedisNonceStore openPatient() {
        return RedisNonceStore.builder(primary.uri())
                .alwaysWatching()
                .connectWait(Duration.ofSeconds(30))
                .timeLimit(Duration.ofSeconds(30))
                .waitForReplicas(1)
                .replicaTimeLimit(Duration.ofSeconds(20))
                .build();
    }
}
