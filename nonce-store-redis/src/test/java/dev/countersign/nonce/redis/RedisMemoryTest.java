package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.servers.RedisCluster;
import dev.countersign.servers.RedisServer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a token costs in Redis: the figures are printed. Just after its tables have doubled, Redis has the old ones as well for
 * a while: "at once" tells what is used then.
 */
class RedisMemoryTest {
    private static final int IN_FLIGHT = 4096;
    private static final long[] FILLS = {100_000, 300_000, 525_000, 700_000, 1_000_000, 1L << 20, 1_100_000, 1_500_000};

    @Test
    @Tag("full")
    void aTokenTakesAHundredBytes() throws InterruptedException {
        try (RedisServer redis = RedisServer.start("--hz", "500")) { // moves entries quickly
            long empty = settledMemory(redis);
            try (RedisNonceStore store = RedisNonceStore.builder(redis.uri())
                    .alwaysWatching()
                    .connectWait(Duration.ofSeconds(30))
                    .quotaPerDevice(Integer.MAX_VALUE)
                    .maxInFlight(IN_FLIGHT)
                    .build()) {
                long claimed = 0;
                for (long tokens : FILLS) {
                    long before = System.nanoTime();
                    claim(store, claimed, tokens / 2);
                    double seconds = (System.nanoTime() - before) / 1e9;
                    double growing = (double) (usedMemory(redis) - empty) / tokens;
                    double bytes = (double) (settledMemory(redis) - empty) / tokens;
                    System.out.printf(
                            Locale.ROOT,
                            "Redis %s: %,d tokens, %.1f bytes each (%.1f at once), %.1f a request; %,.0f claims a second%n",
                            redis.info("server", "redis_version"),
                            tokens,
                            bytes,
                            growing,
                            2 * bytes,
                            (tokens / 2 - claimed) / seconds);
                    claimed = tokens / 2;
                    assertEquals(Long.toString(tokens + 1), redis.call("DBSIZE"));
                    assertTrue(bytes <= (tokens == 1L << 20 ? 100 : 115), bytes + " bytes at " + tokens);
                }
            }
        }
    }

    /** A node of a Cluster lists the keys of each slot besides: the figures are printed, and bounded by what the documents say. */
    @Test
    @Tag("full")
    void aTokenTakesMoreOnANodeOfACluster() throws InterruptedException {
        try (RedisCluster cluster = RedisCluster.start("--hz", "500")) {
            long empty = settledMemory(cluster);
            try (RedisNonceStore store = RedisNonceStore.builder(cluster.uri())
                    .alwaysWatching()
                    .connectWait(Duration.ofSeconds(30))
                    .quotaPerDevice(Integer.MAX_VALUE)
                    .maxInFlight(IN_FLIGHT)
                    .build()) {
                long claimed = 0;
                for (long tokens : new long[] {300_000, 3 * 525_000, 3 << 20}) {
                    claim(store, claimed, tokens / 2);
                    claimed = tokens / 2;
                    double bytes = (double) (settledMemory(cluster) - empty) / tokens;
                    System.out.printf(
                            Locale.ROOT,
                            "Redis Cluster of three: %,d tokens, %.1f bytes each, %.1f a request%n",
                            tokens,
                            bytes,
                            2 * bytes);
                    assertTrue(bytes <= 175, bytes + " bytes at " + tokens);
                }
            }
        }
    }

    private static long settledMemory(RedisCluster cluster) {
        return cluster.primaries().stream()
                .mapToLong(RedisMemoryTest::settledMemory)
                .sum();
    }

    private static void claim(RedisNonceStore store, long first, long end) throws InterruptedException {
        Semaphore room = new Semaphore(IN_FLIGHT - 1);
        AtomicLong claimed = new AtomicLong();
        Map<String, Long> others = new ConcurrentHashMap<>();
        long now = Claims.now();
        for (long i : LongStream.range(first, end).toArray()) {
            assertTrue(room.tryAcquire(30, TimeUnit.SECONDS), "no answer");
            Claim claim = Claim.builder(Claims.device((int) (i % 50_000)), Claims.token(2 * i))
                    .signature(Claims.token(2 * i + 1))
                    .timestamp(now)
                    .claimedAt(now)
                    .deadline(now + 3600)
                    .earliestDeadline(now + 3600)
                    .build();
            store.claim(claim).whenComplete((result, failure) -> {
                if (result == ClaimResult.CLAIMED) {
                    claimed.incrementAndGet();
                } else {
                    others.merge(result == null ? String.valueOf(failure) : result.name(), 1L, Long::sum);
                }
                room.release();
            });
        }
        assertTrue(room.tryAcquire(IN_FLIGHT - 1, 30, TimeUnit.SECONDS), "no answer");
        assertEquals(end - first, claimed.get(), others::toString);
    }

    /** Once its tables have grown: while Redis moves entries from one table to the next, it has both. */
    private static long settledMemory(RedisServer redis) {
        for (int i = 0; i < 200 && redis.require("DEBUG", "HTSTATS", "0").contains("rehashing target"); i++) {
            // Looking takes Redis longer than moving: it needs time for itself in between.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
        }
        return usedMemory(redis);
    }

    private static long usedMemory(RedisServer redis) {
        return Long.parseLong(redis.info("memory", "used_memory"));
    }
}
