package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.servers.RedisSentinels;
import dev.countersign.servers.RedisServer;
import dev.countersign.testkit.MutableClock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A group under Sentinel whose primary changes. */
class RedisSentinelTest {
    private final RecordingListener reported = new RecordingListener();

    @Test
    void followsTheSentinelsAndWatchesAnewEachTime() {
        MutableClock clock = MutableClock.atSecond(Claims.now());
        try (RedisSentinels group = calm();
                RedisNonceStore store = at(group).clock(clock).build();
                RedisNonceStore other = at(group).clock(clock).build()) {
            assertEquals(NonceStore.ALWAYS, store.watchingSince());
            Claim first = requestOf(clock.second(), 1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, first));
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(other, first));

            // The primary dies.
            RedisServer old = group.primary();
            old.kill();
            Claims.until("outage", () -> !store.status().isAvailable());
            Claims.failure(store.claim(first));
            RedisServer second = group.failOver();
            Claims.until("up again", () -> isAt(store, second) && isAt(other, second));
            assertNotEquals(NonceStore.ALWAYS, store.watchingSince());
            Claims.until("agreed", () -> store.watchingSince() == other.watchingSince());
            assertNotEquals(ClaimResult.CLAIMED, Claims.result(store, first));
            assertNotEquals(ClaimResult.CLAIMED, Claims.result(other, first));
            Claims.until("reported", () -> reported.has("primary: "));
            Claim later = Claims.of(Claims.PHONE, 10, 11, store.watchingSince() + 1, clock.second());
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, later));

            // It comes back as a replica; then one of the two is made the primary.
            old.restart();
            old.require("REPLICAOF", "127.0.0.1", Integer.toString(second.port()));
            Claims.until(
                    "follows",
                    () -> old.info("replication", "master_link_status").equals("up"));
            long since = store.watchingSince();
            clock.advanceSeconds(since + 1 - clock.second());
            RedisServer third = group.failOver();
            assertNotEquals(second, third);
            Claims.until("switched", () -> isAt(store, third) && isAt(other, third));
            assertTrue(store.watchingSince() > since, "watches anew");
            assertNotEquals(ClaimResult.CLAIMED, Claims.result(store, later));
            assertNotEquals(ClaimResult.CLAIMED, Claims.result(other, later));
        }
    }

    /** As when the sentinels have given up a primary that cannot reach them, and that we still reach. */
    @Test
    void anotherPrimaryIsFollowedThoughTheOldOneLives() {
        try (RedisSentinels group = calm();
                RedisServer other = RedisServer.start();
                RedisNonceStore store = at(group).build()) {
            Claim claim = requestOfNow(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
            for (RedisServer sentinel : group.sentinels()) {
                sentinel.require("SENTINEL", "REMOVE", RedisSentinels.GROUP);
                sentinel.require(
                        "SENTINEL", "MONITOR", RedisSentinels.GROUP, "127.0.0.1", Integer.toString(other.port()), "2");
            }
            Claims.until("switched", () -> isAt(store, other));
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(store, claim));
            Claims.until("reported", () -> reported.has("outage: the sentinels name another primary"));
        }
    }

    @Test
    void sentinelsThatAreGoneChangeNothingUntilTheyAreNeeded() {
        try (RedisSentinels group = calm();
                RedisNonceStore store = at(group).build()) {
            group.sentinels().forEach(RedisServer::kill);
            long connections = store.status().connections();
            // The store asks once a second; real sentinels have no clock to step.
            AtomicLong number = new AtomicLong();
            long end = System.nanoTime() + Duration.ofMillis(2500).toNanos();
            Claims.until("asked twice", () -> {
                assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(number.incrementAndGet())));
                return System.nanoTime() > end;
            });
            assertTrue(store.status().isAvailable());
            assertEquals(connections, store.status().connections());
        }
    }

    /** As when the machine of the primary stands still, and one of the sentinels with it. */
    @Test
    void aSentinelThatStandsStillIsNotAskedForEver() {
        try (RedisSentinels group = calm();
                RedisNonceStore store = at(group).build()) {
            Claim first = requestOfNow(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, first));
            RedisServer old = group.primary();
            RedisServer frozen = group.sentinels().get(0); // the one that the store asks: the first of its URI
            group.failOverByThemselves();
            frozen.pause();
            old.pause();
            try {
                Claims.until("switched", () -> store.status().isAvailable() && !isAt(store, old));
                assertNotEquals(ClaimResult.CLAIMED, Claims.result(store, first));
            } finally {
                old.resume();
                frozen.resume();
            }
        }
    }

    @Test
    void aGroupThatTheSentinelsDoNotKnowIsRefused() {
        try (RedisSentinels group = RedisSentinels.start()) {
            IllegalStateException refused = assertThrows(
                    IllegalStateException.class,
                    () -> RedisNonceStore.builder(group.uri().replace("#" + RedisSentinels.GROUP, "#nobody"))
                            .build());
            assertTrue(String.valueOf(refused.getMessage()).contains("know no group nobody"), refused::toString);
        }
    }

    /** A group that fails over when a test asks it to, and not because the machine is slow. */
    private static RedisSentinels calm() {
        RedisSentinels group = RedisSentinels.start();
        group.failOverOnRequestOnly();
        return group;
    }

    private static boolean isAt(RedisNonceStore store, RedisServer server) {
        RedisStatus status = store.status();
        return status.isAvailable() && status.server().equals(Optional.of("127.0.0.1:" + server.port()));
    }

    private RedisNonceStore.Builder at(RedisSentinels group) {
        return RedisNonceStore.builder(group.uri())
                .alwaysWatching()
                .connectWait(Duration.ofSeconds(30))
                .timeLimit(Duration.ofSeconds(1))
                .listener(reported);
    }

    private static Claim requestOfNow(long number) {
        return requestOf(Claims.now(), number);
    }

    private static Claim requestOf(long now, long number) {
        return Claims.of(Claims.PHONE, 2 * number, 2 * number + 1, now, now);
    }
}
