package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.claim.KeyLayout;
import dev.countersign.nonce.redis.cluster.ClusterTopology;
import dev.countersign.nonce.redis.script.Script;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.nonce.redis.watching.WatchRecord;
import dev.countersign.servers.RedisCluster;
import dev.countersign.servers.RedisServer;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Claims in a Cluster of three nodes, while slots move and nodes come and go. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterTest {
    private static final AtomicInteger DEVICES = new AtomicInteger();

    @SuppressWarnings("NullAway.Init")
    private RedisCluster cluster;

    @BeforeAll
    void start() {
        // Or else the other nodes answer nothing while one is away.
        cluster = RedisCluster.start("--cluster-require-full-coverage", "no");
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void claimsSpreadOverAllNodesAndReplaysAreKnownToOtherStores() {
        String prefix = Claims.prefix();
        try (RedisNonceStore store = open(prefix);
                RedisNonceStore other = open(prefix)) {
            assertEquals(NonceStore.ALWAYS, store.watchingSince());
            assertTrue(store.status().isAvailable());
            long[] before = sizes();
            List<Claim> claims = new ArrayList<>();
            for (int i = 0; i < 1500; i++) {
                claims.add(claim(Claims.device(i), 2L * i, 2L * i + 1));
            }
            assertAll(ClaimResult.CLAIMED, store, claims);
            assertAll(ClaimResult.NONCE_REPLAYED, other, claims);
            long[] after = sizes();
            for (int i = 0; i < 3; i++) {
                // 1000 tokens each; six standard deviations are 220.
                long tokens = after[i] - before[i];
                assertTrue(Math.abs(tokens - 1000) <= 220, tokens + " tokens on node " + i);
            }
            assertEquals(0, topology(store).moved() + topology(store).asked());
        }
    }

    @Test
    void bothTokensOfADeviceLieInTheSlotThatRedisComputes() {
        RedisServer node = cluster.primaries().get(0);
        KeyLayout keys = new KeyLayout("c");
        boolean[] third = new boolean[3];
        Random random = new Random(4);
        for (int i = 0; i < 2000; i++) {
            int slot = KeyLayout.slotOf(Claims.device(i));
            String key = latin(keys.token(slot, Claims.token(random.nextLong())));
            assertEquals(Integer.toString(slot), node.require("CLUSTER", "KEYSLOT", key), "device " + i);
            third[slot * 3 / KeyLayout.SLOTS] = true;
        }
        assertTrue(third[0] && third[1] && third[2]);
        for (int slot : new int[] {0, 1, KeyLayout.SLOTS - 1, KeyLayout.slotOfTag('}', 'x')}) {
            String key = latin(keys.token(slot, Claims.token(slot)));
            assertEquals(Integer.toString(slot), node.require("CLUSTER", "KEYSLOT", key));
            assertEquals(
                    Integer.toString(slot),
                    node.require("CLUSTER", "KEYSLOT", latin(keys.watchRecord(slot))),
                    "watch record");
        }
    }

    /** What the layout avoids: Redis takes an empty tag for none and hashes the whole key. */
    @Test
    void aTagThatBeginsWithABraceIsNone() {
        RedisServer node = cluster.primaries().get(0);
        assertNotEquals(
                node.require("CLUSTER", "KEYSLOT", "c1{}x}first"), node.require("CLUSTER", "KEYSLOT", "c1{}x}second"));
        assertEquals(
                node.require("CLUSTER", "KEYSLOT", "c1{xy}first"), node.require("CLUSTER", "KEYSLOT", "c1{xy}second"));
    }

    @Test
    void theUsersClientGivesItsResourcesAndOptions() {
        RedisClusterClient client = RedisClusterClient.create(
                RedisURI.create("127.0.0.1", cluster.primaries().get(1).port()));
        try {
            RedisURI seed =
                    RedisURI.create("127.0.0.1", cluster.primaries().get(2).port());
            try (RedisNonceStore store = RedisNonceStore.builder(client, List.of(seed))
                    .connectWait(Duration.ofSeconds(30))
                    .keyPrefix(Claims.prefix())
                    .alwaysWatching()
                    .build()) {
                Claim claim = claim(newDevice(), 1, 2);
                assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim));
                assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, claim));
            }
        } finally {
            client.shutdown();
        }
    }

    @Test
    void aServerThatIsNoClusterIsRefused() {
        try (RedisServer alone = RedisServer.start()) {
            RedisNonceStore.Builder builder = RedisNonceStore.builder("redis-cluster://127.0.0.1:" + alone.port());
            IllegalStateException refused = assertThrows(IllegalStateException.class, builder::build);
            assertTrue(refused.toString().contains("redis://"), refused.toString());
        }
    }

    /** Some by script and some in steps, as while a slot begins or ends to migrate. */
    @Test
    void ofConcurrentCopiesOneWinsHoweverTheyAreMade() {
        long seed = 5;
        Random random = new Random(seed);
        String prefix = Claims.prefix();
        DeviceIdentity device = newDevice();
        int replayed = 0;
        try (RedisNonceStore store = open(prefix);
                RedisNonceStore other = open(prefix)) {
            for (int round = 0; round < 150; round++) {
                List<CompletionStage<ClaimResult>> answers = new ArrayList<>();
                for (int copy = 0; copy < 6; copy++) {
                    RedisNonceStore at = random.nextBoolean() ? store : other;
                    // Two of the six with a nonce of their own, one with the nonce of the round before.
                    long nonce = copy < 3 ? 10L * round : copy == 5 ? 10L * (round - 1) : 10L * round + copy;
                    Claim claim = claim(device, nonce, 10L * round + 1);
                    answers.add(random.nextBoolean() ? at.claim(claim) : inSteps(at, prefix, claim));
                }
                int claimed = 0;
                for (CompletionStage<ClaimResult> answer : answers) {
                    ClaimResult result = Claims.await(answer);
                    claimed += result == ClaimResult.CLAIMED ? 1 : 0;
                    replayed += result == ClaimResult.CLAIMED ? 0 : 1;
                    assertFalse(result == ClaimResult.FULL || result == ClaimResult.NOT_WATCHING_YET, "" + result);
                }
                assertEquals(1, claimed, "round " + round + " of seed " + seed);
            }
        }
        assertEquals(150 * 5, replayed);
    }

    @Test
    void stepsSayWhatTheScriptSays() {
        String prefix = Claims.prefix();
        DeviceIdentity device = newDevice();
        try (RedisNonceStore store = open(prefix)) {
            assertEquals(ClaimResult.CLAIMED, Claims.await(inSteps(store, prefix, claim(device, 1, 2))));
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim(device, 3, 4)));
            for (boolean steps : new boolean[] {true, false}) {
                Object[][] expected = {
                    {ClaimResult.NONCE_REPLAYED, 1L, 2L},
                    {ClaimResult.NONCE_REPLAYED, 1L, 5L},
                    {ClaimResult.SIGNATURE_REPLAYED, 5L, 2L},
                    {ClaimResult.NONCE_REPLAYED, 3L, 2L},
                    {ClaimResult.NONCE_REPLAYED, 3L, 4L},
                    {ClaimResult.SIGNATURE_REPLAYED, 5L, 4L},
                };
                for (Object[] row : expected) {
                    Claim claim = claim(device, (Long) row[1], (Long) row[2]);
                    assertEquals(
                            row[0],
                            Claims.await(steps ? inSteps(store, prefix, claim) : store.claim(claim)),
                            "steps " + steps + ", tokens " + row[1] + " " + row[2]);
                }
            }
            // The losers have left nothing behind.
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim(device, 5, 6)));
            assertEquals(ClaimResult.CLAIMED, Claims.await(inSteps(store, prefix, claim(device, 7, 8))));
        }
    }

    @Test
    void whatIsStoredInStepsStaysAsLongAsByScript() {
        String prefix = Claims.prefix();
        DeviceIdentity device = newDevice();
        KeyLayout keys = new KeyLayout(prefix);
        int slot = KeyLayout.slotOf(device);
        try (RedisNonceStore store = open(prefix)) {
            assertEquals(ClaimResult.CLAIMED, Claims.await(inSteps(store, prefix, claim(device, 1, 2))));
            RedisServer node = cluster.ownerOf(slot);
            for (long token : new long[] {1, 2}) {
                String key = latin(keys.token(slot, Claims.token(token)));
                assertEquals("1", node.require("GET", key));
                long left = Long.parseLong(node.require("PTTL", key));
                assertTrue(left > 300_000 && left <= 312_000, "ms left: " + left);
            }
        }
    }

    /** A claim that died in the middle of its steps blocks a request for seconds, and makes no replay of it. */
    @Test
    void aTokenThatIsHeldIsNoReplay() {
        String prefix = Claims.prefix();
        DeviceIdentity device = newDevice();
        int slot = KeyLayout.slotOf(device);
        KeyLayout keys = new KeyLayout(prefix);
        try (RedisNonceStore store = open(prefix)) {
            RedisServer node = cluster.ownerOf(slot);
            String signature = latin(keys.token(slot, Claims.token(2)));
            node.require("SET", signature, "0123456789abcdef", "PX", "60000");
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(claim(device, 1, 2))));
            assertEquals("0", node.require("EXISTS", latin(keys.token(slot, Claims.token(1)))));
            CompletionStage<ClaimResult> waits = store.claim(claim(device, 1, 2));
            node.require("DEL", signature);
            assertEquals(ClaimResult.CLAIMED, Claims.await(waits));
            // Held nonce, too.
            node.require("SET", latin(keys.token(slot, Claims.token(3))), "0123456789abcdef", "PX", "60000");
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(claim(device, 3, 4))));
            assertEquals("0", node.require("EXISTS", latin(keys.token(slot, Claims.token(4)))));
        }
    }

    /** However late a step comes: what is not held any more cannot be stored, nor given back. */
    @Test
    void onlyTheHolderStoresAToken() {
        RedisServer node = cluster.primaries().get(0);
        int number = 0;
        while (!node.call("GET", "of no device " + number).equals("(nil)")) {
            number++; // a slot of this node
        }
        String key = "of no device " + number;
        assertEquals("0", node.require("EVAL", Script.STORE_HELD.text(), "1", key, "mine", "60000"));
        assertEquals("(nil)", node.require("GET", key));
        for (String value : new String[] {"others", "1"}) {
            node.require("SET", key, value);
            assertEquals("0", node.require("EVAL", Script.STORE_HELD.text(), "1", key, "mine", "60000"));
            assertEquals("0", node.require("EVAL", Script.RELEASE.text(), "1", key, "mine"));
            assertEquals(value, node.require("GET", key));
            assertEquals(
                    value.equals("1") ? "1" : "5", node.require("EVAL", Script.HOLD.text(), "1", key, "mine", "60000"));
        }
        node.require("DEL", key);
        assertEquals("0", node.require("EVAL", Script.HOLD.text(), "1", key, "mine", "0"));
        assertEquals("4", node.require("EVAL", Script.HOLD.text(), "1", key, "mine", "60000"));
        assertEquals("4", node.require("EVAL", Script.STORE_HELD.text(), "1", key, "mine", "60000"));
        assertEquals("1", node.require("GET", key));
        node.require("DEL", key);
    }

    @Test
    void aSlotMigratesUnderLoad() {
        String prefix = Claims.prefix();
        long stepped = 0;
        long asked = 0;
        long moved = 0;
        int failed = 0;
        int requests = 0;
        DeviceIdentity device = newDevice();
        int slot = KeyLayout.slotOf(device);
        try (RedisNonceStore store = open(prefix);
                RedisNonceStore other = open(prefix)) {
            List<RedisNonceStore> stores = List.of(store, other);
            List<Claim> accepted = new ArrayList<>();
            for (int round = 0; round < 4; round++) {
                RedisServer source = cluster.ownerOf(slot);
                RedisServer target = cluster.primaries().stream()
                        .filter(node -> node != source)
                        .findFirst()
                        .orElseThrow();
                for (int phase = 0; phase < 5; phase++) {
                    List<List<CompletionStage<ClaimResult>>> copies = new ArrayList<>();
                    List<Claim> originals = new ArrayList<>();
                    for (int i = 0; i < 40; i++) {
                        long number = 1_000L * round + 100L * phase + i;
                        Claim original = claim(device, 3 * number, 3 * number + 1);
                        Claim swapped = claim(device, 3 * number + 2, 3 * number + 1);
                        originals.add(original);
                        copies.add(List.of(
                                stores.get(i % 2).claim(original),
                                stores.get(1 - i % 2).claim(original),
                                stores.get(i / 2 % 2).claim(swapped)));
                        if (i == 20) {
                            // In the midst of it.
                            switch (phase) {
                                case 1 -> cluster.beginMigration(slot, source, target);
                                case 2 -> cluster.moveKeys(slot, source, target, 50);
                                case 3 -> {
                                    moveAll(slot, source, target);
                                    cluster.endMigration(slot, source, target);
                                }
                                default -> {}
                            }
                        }
                    }
                    for (int i = 0; i < copies.size(); i++) {
                        int claimed = 0;
                        int replays = 0;
                        int lost = 0;
                        for (CompletionStage<ClaimResult> copy : copies.get(i)) {
                            ClaimResult result = copy.handle((answer, failure) -> answer)
                                    .toCompletableFuture()
                                    .join();
                            lost += result == null ? 1 : 0;
                            claimed += result == ClaimResult.CLAIMED ? 1 : 0;
                            replays += result != null && result.name().endsWith("REPLAYED") ? 1 : 0;
                        }
                        String what = "round " + round + " phase " + phase + " request " + i;
                        assertEquals(3, claimed + replays + lost, what);
                        assertTrue(claimed == 1 || (claimed == 0 && lost > 0), what + ": " + claimed + " accepted");
                        requests++;
                        failed += claimed == 0 ? 1 : 0;
                        if (claimed == 1) {
                            accepted.add(originals.get(i));
                        }
                    }
                }
                for (Claim again : accepted) {
                    ClaimResult result = Claims.result(store, again);
                    assertTrue(result.name().endsWith("REPLAYED"), "round " + round + ": " + result);
                }
            }
            stepped = topology(store).stepped() + topology(other).stepped();
            asked = topology(store).asked() + topology(other).asked();
            moved = topology(store).moved() + topology(other).moved();
        }
        System.out.println("Slot migrated under load: " + requests + " requests, in steps " + stepped + ", ASK " + asked
                + ", MOVED " + moved + ", without an answer " + failed);
        assertTrue(stepped > 0, "TRYAGAIN was never seen");
        assertTrue(asked > 0 && moved > 0, "ASK " + asked + ", MOVED " + moved);
        assertTrue(failed <= requests / 20, failed + " of " + requests + " without an answer");
    }

    /** Claims that the old node lost are missing on the new one as well, although that one has lost nothing. */
    @Test
    void whatANodeHasLostIsLostOnTheNextNodeOfItsSlot() {
        String prefix = Claims.prefix();
        DeviceIdentity device = newDevice();
        int slot = KeyLayout.slotOf(device);
        RedisServer source = cluster.ownerOf(slot);
        RedisServer target = cluster.primaries().stream()
                .filter(node -> node != source)
                .findFirst()
                .orElseThrow();
        try (RedisNonceStore store = open(prefix)) {
            long signed = Claims.now() - 5;
            Claim early = Claims.of(device, 1, 2, signed, Claims.now());
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, early));
            source.require("FLUSHALL");
            Claims.until("noticed", () -> store.watchingSince() != NonceStore.ALWAYS);
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(store, early));
            cluster.beginMigration(slot, source, target);
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(store, early), "by ASK, in steps");
            cluster.endMigration(slot, source, target);
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(store, early), "by MOVED");
            Claims.until("followed", () -> {
                long moved = topology(store).moved();
                return Claims.result(store, early) == ClaimResult.NOT_WATCHING_YET
                        && topology(store).moved() == moved;
            });
            int last = KeyLayout.SLOTS * (cluster.primaries().indexOf(target) + 1) / 3 - 1;
            String recordKey = latin(new KeyLayout(prefix).watchRecord(last));
            Claims.until("written down for those that start when the old node is gone", () -> {
                WatchRecord record =
                        WatchRecord.parse(target.require("GET", recordKey).getBytes(StandardCharsets.ISO_8859_1));
                return record != null && record.since() == store.watchingSince();
            });
            // A store that starts now has seen nothing of this.
            try (RedisNonceStore other = open(prefix)) {
                assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(other, early));
            }
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim(device, 3, 4)));
        }
    }

    /** From the very first claim that is sent on, before anything is written down. */
    @Test
    void norIfItLearnsOfTheMoveByMoved() {
        String prefix = Claims.prefix();
        DeviceIdentity device = newDevice();
        int slot = KeyLayout.slotOf(device);
        RedisServer source = cluster.ownerOf(slot);
        RedisServer target = cluster.primaries().stream()
                .filter(node -> node != source)
                .findFirst()
                .orElseThrow();
        try (RedisNonceStore store = open(prefix)) {
            Claim early = Claims.of(device, 1, 2, Claims.now() - 5, Claims.now());
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, early));
            source.require("FLUSHALL");
            Claims.until("noticed", () -> store.watchingSince() != NonceStore.ALWAYS);
            cluster.beginMigration(slot, source, target);
            cluster.endMigration(slot, source, target);
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(store, early));
        }
    }

    /** Its watch record goes with it. */
    @Test
    void theLastSlotOfANodeMayMove() {
        String prefix = Claims.prefix();
        RedisServer source = cluster.primaries().get(2);
        RedisServer target = cluster.primaries().get(0);
        int slot = KeyLayout.SLOTS - 1;
        try (RedisNonceStore store = open(prefix)) {
            cluster.beginMigration(slot, source, target);
            moveAll(slot, source, target);
            // Also while it is under way, when nothing of it can be written at the source.
            Claims.until("noticed", () -> store.watchingSince() != NonceStore.ALWAYS);
            Claims.until("all slots", () -> store.status().isAvailable());
            cluster.endMigration(slot, source, target);
            Claims.until("all slots", () -> store.status().isAvailable());
            for (int i = 0; i < 50; i++) {
                assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim(Claims.device(i), 2L * i, 2L * i + 1)));
            }
        } finally {
            cluster.beginMigration(slot, target, source);
            moveAll(slot, target, source);
            cluster.endMigration(slot, target, source);
        }
    }

    @Test
    void aNodeThatStandsStillFailsItsOwnSlotsOnly() {
        RedisServer still = cluster.primaries().get(1);
        try (RedisNonceStore store = RedisNonceStore.builder(cluster.uri())
                .keyPrefix(Claims.prefix())
                .timeLimit(Duration.ofMillis(500))
                .alwaysWatching()
                .connectWait(Duration.ofSeconds(30))
                .build()) {
            DeviceIdentity there = deviceOn(still);
            DeviceIdentity elsewhere = deviceOn(cluster.primaries().get(0));
            Claim before = claim(there, 1, 2);
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, before));
            still.pause();
            try {
                assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(claim(there, 3, 4))));
                for (int i = 0; i < 20; i++) {
                    assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim(elsewhere, 10 + 2L * i, 11 + 2L * i)));
                }
                assertFalse(store.status().isAvailable());
                assertEquals(
                        Optional.of("127.0.0.1:" + still.port()), store.status().server());
            } finally {
                still.resume();
            }
            Claims.until("up again", () -> store.status().isAvailable());
            assertEquals(NonceStore.ALWAYS, store.watchingSince());
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, before));
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim(there, 5, 6)));
        }
    }

    @Test
    void aNodeThatIsKilledAndComesBackEmptyIsWatchedAnew() {
        RedisServer killed = cluster.primaries().get(1);
        try (RedisNonceStore store = open(Claims.prefix())) {
            DeviceIdentity there = deviceOn(killed);
            DeviceIdentity elsewhere = deviceOn(cluster.primaries().get(2));
            Claim before = Claims.of(there, 1, 2, Claims.now() - 3, Claims.now());
            Claim untouched = Claims.of(elsewhere, 1, 2, Claims.now() - 3, Claims.now());
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, before));
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, untouched));
            killed.kill();
            Claims.until("noticed", () -> !store.status().isAvailable());
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(claim(there, 3, 4))));
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, claim(elsewhere, 3, 4)));
            killed.restart();
            Claims.until("up again", () -> store.status().isAvailable());
            assertNotEquals(NonceStore.ALWAYS, store.watchingSince());
            assertEquals(ClaimResult.NOT_WATCHING_YET, Claims.result(store, before));
            assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, untouched));
            Claim early = Claims.of(elsewhere, 5, 6, Claims.now() - 60, Claims.now());
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, early), "the others have lost nothing");
        }
    }

    /** One that no other test uses. */
    private DeviceIdentity deviceOn(RedisServer node) {
        DeviceIdentity device = newDevice();
        while (cluster.ownerOf(KeyLayout.slotOf(device)) != node) {
            device = newDevice();
        }
        return device;
    }

    private RedisNonceStore open(String prefix) {
        return RedisNonceStore.builder(cluster.uri())
                .keyPrefix(prefix)
                .alwaysWatching()
                .connectWait(Duration.ofSeconds(30))
                .build();
    }

    private void moveAll(int slot, RedisServer source, RedisServer target) {
        int moved;
        do {
            moved = cluster.moveKeys(slot, source, target, 50);
        } while (moved > 0);
    }

    /** A claim in steps, as TRYAGAIN makes it. */
    private static CompletionStage<ClaimResult> inSteps(RedisNonceStore store, String prefix, Claim claim) {
        ClaimCall call =
                new ClaimCall(claim, new KeyLayout(prefix), null, System.nanoTime(), (ended, result, failure) -> {});
        assertTrue(topology(store).claimInSteps(call), "two tokens are needed");
        return call.answer();
    }

    private static void assertAll(ClaimResult expected, RedisNonceStore store, List<Claim> claims) {
        List<CompletionStage<ClaimResult>> answers = new ArrayList<>();
        claims.forEach(claim -> answers.add(store.claim(claim)));
        for (CompletionStage<ClaimResult> answer : answers) {
            assertEquals(expected, Claims.await(answer));
        }
    }

    private static ClusterTopology topology(RedisNonceStore store) {
        return (ClusterTopology) store.topology();
    }

    private static DeviceIdentity newDevice() {
        return Claims.device(100_000 + DEVICES.incrementAndGet());
    }

    /** Signed a second from now. */
    private static Claim claim(DeviceIdentity device, long nonce, long signature) {
        long now = Claims.now();
        return Claims.of(device, nonce, signature, now + 1, now);
    }

    private long[] sizes() {
        return cluster.primaries().stream()
                .mapToLong(node -> Long.parseLong(node.require("DBSIZE")))
                .toArray();
    }

    private static String latin(byte[] key) {
        return new String(key, StandardCharsets.ISO_8859_1);
    }
}
