package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import dev.countersign.testkit.MutableClock;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes wrong with claims in Redis if nothing is done about it: one test for each trap, on a server of its own. */
class RedisTrapsTest {
    private final RedisServer redis = RedisServer.start();
    private final RecordingListener reported = new RecordingListener();

    @AfterEach
    void stop() {
        redis.close();
    }

    /** Why the store has connections of its own: with Lettuce as it comes, a genuine request is called a replay. */
    @Test
    void lettuceAsItComesSendsAClaimTwiceAndFindsTheFirst() {
        try (TcpProxy proxy = TcpProxy.to(redis.port())) {
            RedisClient client = RedisClient.create("redis://127.0.0.1:" + proxy.port());
            try (var connection = client.connect()) {
                proxy.loseAnswers(1);
                assertNull(connection.sync().set("token", "1", SetArgs.Builder.nx()), "as if it had been there before");
                assertEquals(1, proxy.answersLost());
                assertEquals(2, calls("set"));
            } finally {
                client.shutdown();
            }
        }
    }

    @Test
    void aClaimIsSentOnceWhateverHappensToItsAnswer() {
        try (TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = at(proxy.port()).alwaysWatching().build()) {
            int lost = 20;
            for (int i = 0; i < lost; i++) {
                Claims.until("up", () -> store.status().isAvailable());
                proxy.loseAnswers(1);
                assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(Claims.request(i))));
            }
            Claims.until("up", () -> store.status().isAvailable());
            assertEquals(lost, proxy.answersLost());
            // A connection tries the script once, without effect, before it is used.
            long tried = store.status().connections();
            assertEquals(lost + 1, tried);
            assertEquals(store.status().claims() + tried, calls("evalsha"), "each claim reached Redis once");
            assertEquals(lost, store.status().unknownOutcomes());
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(1000)));
        }
    }

    @Test
    void aScriptThatIsGoneIsBroughtBack() {
        try (RedisNonceStore store = at(redis.port()).alwaysWatching().build()) {
            redis.require("SCRIPT", "FLUSH");
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(1)));
            assertEquals(1, store.status().scriptsReloaded());
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, Claims.request(1)));
            assertEquals(1, store.status().scriptsReloaded());
            assertEquals(1, store.status().connections());
        }
    }

    @Test
    void anAnswerThatComesTooLateIsNone() {
        try (TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = at(proxy.port())
                        .alwaysWatching()
                        .timeLimit(Duration.ofMillis(500))
                        .build()) {
            proxy.holdAnswers();
            Claim claim = Claims.request(1);
            long before = System.nanoTime();
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(claim)));
            assertTrue(System.nanoTime() - before >= Duration.ofMillis(500).toNanos(), "not before its time is over");
            proxy.restore();
            Claims.until("up", () -> store.status().isAvailable());
            assertEquals(1, store.status().unknownOutcomes());
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, claim), "it had been stored, as nobody knew");
        }
    }

    /** Redis answers each claim, and each answer says CLAIMED, a little too late. */
    @Test
    void anAnswerJustBeyondTheLimitIsNone() {
        try (TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = at(proxy.port())
                        .alwaysWatching()
                        .timeLimit(Duration.ofMillis(300))
                        .build()) {
            proxy.slowDown(310); // before the connection is given up, as a rule
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(Claims.request(1))));
            proxy.restore();
            Claims.until("up", () -> store.status().isAvailable());
            assertEquals(1, store.status().unknownOutcomes());
        }
    }

    @Test
    void aPausedServerFailsClaimsInTimeAndComesBack() {
        try (RedisNonceStore store = at(redis.port())
                .alwaysWatching()
                .timeLimit(Duration.ofMillis(800))
                .build()) {
            Claim claim = Claims.request(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
            redis.pause();
            Claims.failure(store.claim(Claims.request(2)));
            Claims.until("outage", () -> !store.status().isAvailable());
            assertTrue(
                    store.claim(Claims.request(3)).toCompletableFuture().isCompletedExceptionally(),
                    "at once while it is known");
            redis.resume();
            Claims.until("up", () -> store.status().isAvailable());
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, claim));
            assertEquals(NonceStore.ALWAYS, store.watchingSince(), "the same process, with all its claims");
        }
    }

    @Test
    void aConnectionThatIsHalfOpenIsNoticedWithoutAnyClaim() {
        try (TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = at(proxy.port())
                        .alwaysWatching()
                        .timeLimit(Duration.ofMillis(800))
                        .build()) {
            proxy.holdRequests();
            Claims.until("noticed", () -> reported.has("outage: no answer within the time limit"));
            proxy.restore();
            Claims.until("up", () -> reported.has("recovered") && store.status().isAvailable());
        }
    }

    @Test
    void outOfMemoryIsFullAndForgetsNothing() {
        try (RedisNonceStore store = at(redis.port()).alwaysWatching().build()) {
            Claim claim = Claims.request(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
            redis.require("CONFIG", "SET", "maxmemory", "1");
            assertEquals(ClaimResult.FULL, Claims.result(store, Claims.request(2)));
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, claim));
            assertTrue(store.status().isAvailable());
            redis.require("CONFIG", "SET", "maxmemory", "0");
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(2)), "the refusal stored nothing");
        }
    }

    // Since when a server is watched.

    @Test
    void aServerThatWasEmptiedWasNotWatchingBefore() {
        try (RedisNonceStore one = at(redis.port()).alwaysWatching().build();
                RedisNonceStore two = at(redis.port()).alwaysWatching().build()) {
            Claim claim = requestOfNow(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(one, claim));
            redis.require("FLUSHALL");
            // Long before the next look: the claim itself sees it.
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(two, claim));
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(one, claim));
            Claims.until("watches anew", () -> one.watchingSince() != NonceStore.ALWAYS);
            Claims.until("the other, too", () -> two.watchingSince() == one.watchingSince());
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(one, claim));
            Claim later = Claims.of(Claims.PHONE, 6, 7, one.watchingSince() + 1, Claims.now());
            assertEquals(ClaimResult.CLAIMED, Claims.result(two, later));
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(one, later));
            Claims.until("reported", () -> reported.has("since: the server has no record"));
        }
    }

    @Test
    void aServerThatWasEmptiedWithoutAnyClaimIsNoticedBySomebodyLooking() {
        try (RedisNonceStore store = at(redis.port()).alwaysWatching().build()) {
            redis.require("FLUSHALL");
            Claims.until("watches anew", () -> store.watchingSince() != NonceStore.ALWAYS);
        }
    }

    @Test
    void aNewNodeThatDeclaresTheBeginningDoesNotFoolTheOthers() {
        try (RedisNonceStore old = at(redis.port()).alwaysWatching().build()) {
            Claim claim = requestOfNow(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(old, claim));
            redis.require("FLUSHALL");
            try (RedisNonceStore newcomer = at(redis.port()).alwaysWatching().build()) {
                assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(old, claim));
                Claims.until("watches anew", () -> old.watchingSince() != NonceStore.ALWAYS);
                Claims.until("so does the other", () -> newcomer.watchingSince() == old.watchingSince());
                assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(newcomer, claim));
            }
        }
    }

    @Test
    void afterARestartItWasNotWatchingBefore() {
        try (RedisNonceStore store = at(redis.port()).alwaysWatching().build()) {
            Claim claim = requestOfNow(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
            redis.restart();
            Claims.until(
                    "up again",
                    () -> reported.has("recovered") && store.status().isAvailable());
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(store, claim));
            assertEquals(
                    ClaimResult.CLAIMED,
                    Claims.result(store, Claims.of(Claims.PHONE, 8, 9, store.watchingSince() + 1, Claims.now())));
            Claims.until("reported", () -> reported.has("primary: "));
            try (RedisNonceStore joining = at(redis.port()).alwaysWatching().build()) {
                assertEquals(store.watchingSince(), joining.watchingSince(), "a node that joins refuses nobody");
            }
        }
    }

    @Test
    void afterARestartWithItsDataItWasNotWatchingBeforeEither() {
        try (RedisServer persistent = RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
                RedisNonceStore store = at(persistent.port()).alwaysWatching().build()) {
            Claim claim = requestOfNow(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
            persistent.restart();
            Claims.until(
                    "up again",
                    () -> reported.has("recovered") && store.status().isAvailable());
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, claim), "what it still knows is a replay");
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(store, requestOfLastLostSecond(store, 50)));
            Claims.until("reported", () -> reported.has("since: the server has restarted"));
        }
    }

    @Test
    void anAddressThatLeadsElsewhereIsNoticed() {
        try (RedisServer other = RedisServer.start();
                TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore elsewhere = at(other.port()).alwaysWatching().build();
                RedisNonceStore store = at(proxy.port()).alwaysWatching().build()) {
            Claim claim = requestOfNow(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
            proxy.retarget(other.port());
            proxy.cut();
            Claims.until(
                    "up again",
                    () -> reported.has("recovered") && store.status().isAvailable());
            assertEquals(
                    ClaimResult.NOT_WATCHING_YET,
                    Claims.result(store, claim),
                    "though its own record says that it has everything");
            Claims.until("agreed", () -> elsewhere.watchingSince() == store.watchingSince());
        }
    }

    /**
     * As when sentinels go to another primary and back before the first one has become a replica: same process, same record. What
     * another node claimed in between is not there, and this node may be the first to come back.
     */
    @Test
    void aServerThatIsFoundAgainAsItWasIsWatchingAnew() {
        MutableClock clock = MutableClock.atSecond(Claims.now());
        try (RedisServer other = RedisServer.start();
                TcpProxy hers = TcpProxy.to(redis.port());
                TcpProxy mine = TcpProxy.to(redis.port());
                RedisNonceStore her =
                        at(hers.port()).clock(clock).alwaysWatching().build();
                RedisNonceStore me =
                        at(mine.port()).clock(clock).alwaysWatching().build()) {
            move(her, hers, other);
            move(me, mine, other);
            Claims.until("agreed", () -> her.watchingSince() == me.watchingSince());
            clock.advanceSeconds(her.watchingSince() + 1 - clock.second());
            Claim claim = requestOf(clock.second(), 1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(her, claim));
            move(me, mine, redis);
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(me, claim));
            move(her, hers, redis);
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(her, claim));
        }
    }

    private static void move(RedisNonceStore store, TcpProxy proxy, RedisServer to) {
        long connections = store.status().connections();
        proxy.retarget(to.port());
        proxy.cut();
        Claims.until(
                "moved",
                () -> store.status().connections() > connections
                        && store.status().isAvailable());
    }

    /** The run id is the same, and the record came back with the copied data: only the replication id gives it away. */
    @Test
    void aServerThatWasAReplicaMeanwhileIsAnotherOne() {
        try (RedisServer other = RedisServer.start()) {
            follow(other, redis);
            try (RedisNonceStore store = at(redis.port()).alwaysWatching().build()) {
                Claim claim = requestOfNow(1);
                assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
                Claims.until("copied", () -> other.call("DBSIZE").equals("3"));
                other.require("REPLICAOF", "NO", "ONE");
                follow(redis, other);
                redis.require("REPLICAOF", "NO", "ONE");
                Claims.until("watches anew", () -> store.watchingSince() != NonceStore.ALWAYS);
                Claims.until("up", () -> store.status().isAvailable());
                Claims.until("reported", () -> reported.has("primary: "));
                assertNotEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
            }
        }
    }

    private static void follow(RedisServer replica, RedisServer primary) {
        replica.require("REPLICAOF", "127.0.0.1", Integer.toString(primary.port()));
        Claims.until(
                "follows",
                () -> replica.info("replication", "master_link_status").equals("up"));
    }

    @Test
    void theStrictStartWaits() {
        MutableClock clock = MutableClock.atSecond(1_800_000_000L);
        try (RedisNonceStore store = at(redis.port())
                .clock(clock)
                .watchingDelay(Duration.ofMillis(299_500))
                .build()) {
            assertEquals(clock.second() + 300, store.watchingSince());
        }
    }

    @Test
    void aServerClockThatLeapsAheadIsALoss() {
        AtomicLong behind = new AtomicLong();
        try (RedisNonceStore store = at(redis.port())
                .alwaysWatching()
                .ticker(() -> System.nanoTime() - behind.get())
                .build()) {
            Claim claim = requestOfNow(1);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
            behind.set(Duration.ofSeconds(60).toNanos()); // all the same as if Redis's clock were 60 s ahead
            Claims.until("noticed", () -> reported.has("leap: 60") || reported.has("leap: 59"));
            Claims.until("watches anew", () -> store.watchingSince() != NonceStore.ALWAYS);
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(store, requestOfLastLostSecond(store, 2)));
        }
    }

    @Test
    void anIsolatedPrimaryTakesNoClaims() {
        try (RedisNonceStore store = at(redis.port()).alwaysWatching().build()) {
            redis.require("CONFIG", "SET", "min-replicas-to-write", "1");
            Claims.until("noticed", () -> reported.has("outage: Redis answers NOREPLICAS"));
            Claims.failure(store.claim(Claims.request(1)));
            redis.require("CONFIG", "SET", "min-replicas-to-write", "0");
            Claims.until("up", () -> store.status().isAvailable());
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(2)));
        }
    }

    private RedisNonceStore.Builder at(int port) {
        return RedisNonceStore.builder("redis://127.0.0.1:" + port)
                .listener(reported)
                .connectWait(Duration.ofSeconds(30));
    }

    /** Signed now, so at or before any second since which a store watches that begins after this. */
    private static Claim requestOfNow(long number) {
        return requestOf(Claims.now(), number);
    }

    private static Claim requestOf(long now, long number) {
        return Claims.of(Claims.PHONE, 2 * number, 2 * number + 1, now, now);
    }

    /** Signed in the last second of which the store knows too little, however long ago that is now. */
    private static Claim requestOfLastLostSecond(RedisNonceStore store, long number) {
        return Claims.of(Claims.PHONE, 2 * number, 2 * number + 1, store.watchingSince(), Claims.now());
    }

    /** How often Redis has run a command. */
    private long calls(String command) {
        String stats = redis.info("commandstats", "cmdstat_" + command);
        int begin = stats.indexOf("calls=") + "calls=".length();
        return Long.parseLong(stats.substring(begin, stats.indexOf(',', begin)));
    }
}
