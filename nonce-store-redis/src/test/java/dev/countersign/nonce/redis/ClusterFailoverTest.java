package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.nonce.redis.claim.KeyLayout;
import dev.countersign.servers.RedisCluster;
import dev.countersign.servers.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What a Cluster's replica takes over. */
class ClusterFailoverTest {
    private static final int DEVICES = 60;

    /** What {@code redis-cli --cluster fix} does with the slots of a node that will not come back: their claims are lost. */
    @Test
    void slotsOfALostNodeAreWatchedAnewByTheNodeThatGetsThem() {
        try (RedisCluster cluster = RedisCluster.start();
                RedisNonceStore store = RedisNonceStore.builder(cluster.uri())
                        .alwaysWatching()
                        .timeLimit(Duration.ofSeconds(1))
                        .connectWait(Duration.ofSeconds(30))
                        .build()) {
            RedisServer lost = cluster.primaries().get(0);
            RedisServer heir = cluster.primaries().get(1);
            RedisServer third = cluster.primaries().get(2);
            List<Claim> claims = new ArrayList<>();
            for (int i = 0; i < DEVICES; i++) {
                if (cluster.ownerOf(KeyLayout.slotOf(Claims.device(i))) == lost) {
                    Claim claim = Claims.of(Claims.device(i), 2L * i, 2L * i + 1, Claims.now(), Claims.now());
                    assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
                    claims.add(claim);
                }
            }
            assertTrue(!claims.isEmpty());
            String id = lost.require("CLUSTER", "MYID");
            lost.kill();
            Claims.until("noticed", () -> !store.status().isAvailable());
            List<String> slots = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS"));
            for (int slot = 0; slot < KeyLayout.SLOTS / 3; slot++) {
                slots.add(Integer.toString(slot));
            }
            for (RedisServer left : List.of(heir, third)) {
                left.require("CLUSTER", "FORGET", id); // and the slots belong to nobody
            }
            heir.require(slots.toArray(String[]::new));
            heir.require("CLUSTER", "BUMPEPOCH");
            Claims.until("served", () -> store.status().isAvailable());
            for (Claim claim : claims) {
                assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(store, claim));
            }
            Claim later = Claims.of(
                    claims.get(0).device(), 9_000, 9_001, store.watchingSince() + 1, store.watchingSince() + 1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, later));
        }
    }

    @Test
    void aReplicaThatTakesOverIsWatchedAnewAndOnlyItsSlotsAreConcerned() {
        try (RedisCluster cluster = RedisCluster.startWithReplicas()) {
            List<String> changed = new CopyOnWriteArrayList<>();
            String prefix = Claims.prefix();
            List<Claim> claims = claimAndConfirm(cluster, prefix);
            try (RedisNonceStore store = RedisNonceStore.builder(cluster.uri())
                            .keyPrefix(prefix)
                            .connectWait(Duration.ofSeconds(30))
                            .listener(new RedisStoreListener() {
                                @Override
                                public void primaryChanged(String server) {
                                    changed.add(server);
                                }
                            })
                            .build();
                    RedisNonceStore other = RedisNonceStore.builder(cluster.uri())
                            .keyPrefix(prefix)
                            .connectWait(Duration.ofSeconds(30))
                            .build()) {
                assertEquals(NonceStore.ALWAYS, store.watchingSince());
                RedisServer killed = cluster.primaries().get(0);
                List<Boolean> there = new ArrayList<>();
                for (Claim claim : claims) {
                    there.add(cluster.ownerOf(KeyLayout.slotOf(claim.device())) == killed);
                }
                assertTrue(there.contains(true) && there.contains(false));
                killed.kill();
                Claims.until("noticed", () -> !store.status().isAvailable());
                Claims.until("taken over", () -> store.status().isAvailable());
                Claims.until("taken over for the other", () -> other.status().isAvailable());
                assertNotEquals(NonceStore.ALWAYS, store.watchingSince());
                // The second that finds the new primary may begin anew what the first has written, and be heard of a
                // look later.
                Claims.until("the same to both", () -> store.watchingSince() == other.watchingSince());
                assertEquals(List.of("127.0.0.1:" + cluster.replicas().get(0).port()), changed);
                for (RedisNonceStore each : List.of(store, other)) {
                    for (int i = 0; i < DEVICES; i++) {
                        assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(each, claims.get(i)), "replicated " + i);
                        Claim unknown = Claims.of(
                                Claims.device(i),
                                5_000 + 2L * i,
                                5_001 + 2L * i,
                                claims.get(i).timestamp(),
                                Claims.now());
                        if (each == other || there.get(i)) {
                            // The first store has claimed the others.
                            assertEquals(
                                    there.get(i) ? ClaimResult.NOT_WATCHING_YET : ClaimResult.NONCE_REPLAYED,
                                    Claims.result(each, unknown));
                        } else {
                            assertEquals(ClaimResult.CLAIMED, Claims.result(each, unknown));
                        }
                    }
                }
                Claim later =
                        Claims.of(Claims.device(0), 9_000, 9_001, store.watchingSince() + 1, store.watchingSince() + 1);
                assertEquals(ClaimResult.CLAIMED, Claims.result(other, later));
            }
        }
    }

    /** Each on a replica, too, so that none is lost. */
    private static List<Claim> claimAndConfirm(RedisCluster cluster, String prefix) {
        List<Claim> claims = new ArrayList<>();
        try (RedisNonceStore confirming = RedisNonceStore.builder(cluster.uri())
                .keyPrefix(prefix)
                .connectWait(Duration.ofSeconds(30))
                .alwaysWatching()
                .waitForReplicas(1)
                .replicaTimeLimit(Duration.ofSeconds(2))
                .build()) {
            for (int i = 0; i < DEVICES; i++) {
                long now = Claims.now();
                Claim claim = Claims.of(Claims.device(i), 2L * i, 2L * i + 1, now - 2, now);
                assertEquals(ClaimResult.CLAIMED, Claims.result(confirming, claim));
                claims.add(claim);
            }
        }
        return claims;
    }
}
