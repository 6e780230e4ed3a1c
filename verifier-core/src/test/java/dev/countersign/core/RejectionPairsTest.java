package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.ErrorAnswer;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.core.cache.Shares;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Who sends badly signed requests gets the same answers whether the device exists, is at hand, or was made up: in every state
 * of the limits that is listed here. And a device that changed elsewhere is never told that its new key is wrong because
 * somebody used up a limit.
 */
class RejectionPairsTest {
    private static final long NOW = 1_800_000_000L;
    private static final long KEY = 1;
    private static final long WRONG = 2;
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final DeviceIdentity TARGET = new DeviceIdentity("target", SignedRequests.DEVICE);

    /** What the identity that is asked for is. */
    private enum Target {
        MADE_UP,
        AT_HAND,
        NOT_AT_HAND
    }

    /** A node, and one who attacks it. */
    private static final class Site {
        final MutableClock clock = MutableClock.atSecond(NOW);
        final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        final HeldKeyStore store = new HeldKeyStore(registry);
        final ManualTime time = new ManualTime();
        final KeyCache cache;
        final CountersignVerifier verifier;
        final List<CompletableFuture<Verdict>> answers = new ArrayList<>();
        final List<Verification> open = new ArrayList<>();
        final List<Draft> drafts = new ArrayList<>();
        Duration held = Duration.ZERO;
        int requests;
        int madeUp;

        Site(Target target, int loads, int rechecks) {
            cache = KeyCache.builder(store)
                    .timer(time)
                    .nanoTime(time::nanos)
                    .maxConcurrentLoads(loads)
                    .rechecksPerSecond(rechecks)
                    .build();
            verifier = CountersignVerifier.builder(cache, new ObviousNonceStore())
                    .clock(clock)
                    .timer(time)
                    .build();
            for (int i = 0; i < 3; i++) {
                register(new DeviceIdentity("other" + i, SignedRequests.DEVICE));
                accepted(KEY, new DeviceIdentity("other" + i, SignedRequests.DEVICE));
            }
            if (target != Target.MADE_UP) {
                register(TARGET);
            }
            if (target == Target.AT_HAND) {
                accepted(KEY, TARGET);
            }
            time.pass(SECOND.multipliedBy(5));
        }

        void register(DeviceIdentity device) {
            long key = device.equals(TARGET) ? KEY : 100 + device.appId().charAt(5);
            registry.put(DeviceRecord.active(device, TestKeys.publicKey(key), 0));
        }

        void accepted(long key, DeviceIdentity device) {
            long by = device.equals(TARGET) ? key : 100 + device.appId().charAt(5);
            CompletableFuture<Verdict> verdict = send(by, device);
            assertTrue(verdict.join().isAccepted());
        }

        Draft draft(long key, DeviceIdentity device) {
            time.skip(Duration.ofNanos(1));
            long now = clock.instant().getEpochSecond();
            return good(key, now, nonce(requests++)).with("X-App-ID", device.appId());
        }

        CompletableFuture<Verdict> send(long key, DeviceIdentity device) {
            Draft draft = draft(key, device);
            return verifier.verifyAsync(draft.head(), ByteBuffer.wrap(draft.body()), Caller.inline())
                    .toCompletableFuture();
        }

        void attack() {
            answers.add(send(WRONG, TARGET));
        }

        void begin() {
            Draft draft = draft(WRONG, TARGET);
            drafts.add(draft);
            open.add(verifier.begin(draft.head(), Caller.inline()));
        }

        void finish(int which) {
            Verification verification = open.remove(which);
            verification.update(ByteBuffer.wrap(drafts.remove(which).body()));
            answers.add(verification.finish().toCompletableFuture());
        }

        void flood(int heads) {
            for (int i = 0; i < heads; i++) {
                assertNotNull(cache.keys().find(new DeviceIdentity("made-up", "device-" + madeUp++)));
            }
        }

        void letGo() {
            held = Duration.ZERO;
            while (!store.held.isEmpty()) {
                store.first().answer();
            }
        }

        /** The store answers within its time limit. */
        void pass(Duration by) {
            if (!store.held.isEmpty() && held.plus(by).compareTo(Duration.ofMillis(800)) > 0) {
                letGo();
            }
            held = store.held.isEmpty() ? Duration.ZERO : held.plus(by);
            clock.advance(by);
            time.pass(by);
        }

        /** The answers in their order, as the client gets them, with headers and body. */
        List<String> end() {
            store.holdFinds = false;
            letGo();
            while (!open.isEmpty()) {
                finish(0);
            }
            letGo();
            time.pass(SECOND.multipliedBy(2));
            List<String> told = answers.stream().map(Site::told).toList();
            assertEquals(0, verifier.internalFaults());
            verifier.close();
            cache.close();
            time.shutdownNow();
            return told;
        }

        private static String told(CompletableFuture<Verdict> answer) {
            assertTrue(answer.isDone());
            if (!(answer.join() instanceof Rejected rejected)) {
                return "accepted";
            }
            // All of it: status, code and Retry-After are in the headers and in the body.
            ErrorAnswer sent = rejected.answer();
            assertEquals(
                    sent.status() == 503, sent.headers().containsKey("Retry-After"), () -> sent + " " + sent.headers());
            return sent.status() + " " + sent.headers() + " " + new String(sent.body(), StandardCharsets.US_ASCII);
        }
    }

    /** The same to all three kinds. */
    private static List<String> same(int loads, int rechecks, String what, Consumer<Site> script) {
        List<String> first = List.of();
        for (Target target : Target.values()) {
            Site site = new Site(target, loads, rechecks);
            script.accept(site);
            List<String> told = site.end();
            if (target == Target.MADE_UP) {
                first = told;
            } else {
                assertEquals(String.join("\n", first), String.join("\n", told), target + ", " + what);
            }
        }
        return first;
    }

    private static String codes(List<String> told) {
        return String.join(" ", told.stream().map(one -> one.substring(0, 3)).toArray(String[]::new));
    }

    private static void assertTold(String expected, String what, Consumer<Site> script) {
        assertEquals(expected, codes(same(8, 2, what, script)), what);
    }

    // ---- each state by itself ----

    @Test
    void eachStateOfTheLimitsTellsThreeKindsOfDevicesTheSame() {
        assertTold("401", "fresh", Site::attack);
        assertTold("401 401 401", "one after another", site -> {
            site.attack();
            site.attack();
            site.attack();
        });
        assertTold("401 401 401", "over a second", site -> {
            site.attack();
            site.pass(Duration.ofMillis(999));
            site.attack();
            site.pass(Duration.ofMillis(2));
            site.attack();
        });
        assertTold("503 503", "the open share is full", site -> {
            site.store.holdFinds = true;
            site.flood(50);
            site.attack();
            site.pass(Duration.ofMillis(1));
            site.attack();
        });
        assertTold("503 401", "it was full with the head", site -> {
            site.store.holdFinds = true;
            site.flood(50);
            site.begin();
            site.store.holdFinds = false;
            site.letGo();
            site.finish(0);
            site.attack();
        });
        assertTold("503 401", "it is full with the end of the body", site -> {
            site.begin();
            site.store.holdFinds = true;
            site.flood(50);
            site.finish(0);
            site.store.holdFinds = false;
            site.letGo();
            site.pass(SECOND);
            site.attack();
        });
        assertTold("503 401", "exactly full with the head, and nobody was turned away", site -> {
            site.store.holdFinds = true;
            site.flood(6);
            site.begin();
            site.store.holdFinds = false;
            site.letGo();
            site.finish(0);
            site.attack();
        });
        assertTold("401 401 401", "the budgets for reading apart are used up", site -> {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 3; i++) {
                    assertNotNull(site.send(WRONG, new DeviceIdentity("other" + i, SignedRequests.DEVICE)));
                    assertNotNull(site.send(WRONG, new DeviceIdentity("none" + i, SignedRequests.DEVICE)));
                }
            }
            site.attack();
            site.attack();
            site.attack();
        });
        assertTold("401 401", "the feed is behind", site -> {
            site.store.feedFails = true;
            site.pass(SECOND.multipliedBy(10));
            site.attack();
            site.attack();
        });
        assertTold("503 503", "the store is down", site -> {
            site.store.isDown(true);
            site.pass(SECOND.multipliedBy(10));
            site.attack();
            site.attack();
        });
        assertTold("503 503 401", "a read fails", site -> {
            site.store.findsFail = true;
            site.attack();
            site.attack();
            site.store.findsFail = false;
            site.attack();
        });
        assertTold("401 401 401", "together", site -> {
            site.store.holdFinds = true;
            site.attack();
            site.attack();
            site.pass(Duration.ofMillis(100));
            site.letGo();
            site.letGo();
            site.attack();
        });
        assertTold("503", "the cache is closed", site -> {
            site.cache.close();
            site.attack();
        });
    }

    // ---- devices that changed elsewhere ----

    @Test
    void madeUpIdsUseUpNobodysRechecks() {
        Site site = new Site(Target.MADE_UP, 256, 100);
        List<DeviceIdentity> devices = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            DeviceIdentity device = new DeviceIdentity("fleet" + i, SignedRequests.DEVICE);
            devices.add(device);
            site.registry.put(DeviceRecord.active(device, TestKeys.publicKey(1000 + i), 0));
            assertTrue(site.send(1000 + i, device).join().isAccepted());
        }
        site.time.pass(SECOND);
        for (int i = 0; i < 40; i++) {
            assertTrue(site.registry
                    .rotate(devices.get(i), TestKeys.publicKey(2000 + i), TestKeys.publicKey(1000 + i))
                    .toCompletableFuture()
                    .join()
                    .isChange());
        }
        int accepted = 0;
        for (int i = 0; i < 1000; i++) { // within a second, and no poll in between
            DeviceIdentity madeUp = new DeviceIdentity("made-up" + i % 300, SignedRequests.DEVICE);
            assertTrue(site.send(WRONG, madeUp).isDone());
            if (i >= 600 && i % 10 == 0) {
                int device = (i - 600) / 10;
                Verdict verdict = site.send(2000 + device, devices.get(device)).join();
                assertNull(verdict instanceof Rejected rejected ? rejected.reason() : null, "device " + device);
                accepted++;
            }
        }
        assertEquals(40, accepted);
        assertNotNull(site.end());
    }

    /** All limits are used up: the answer is that it may come again, and after the next poll it is accepted. */
    @Test
    void overTheLimitsANewKeyIsNeverCalledWrong() {
        Site site = new Site(Target.AT_HAND, 8, 1);
        site.store.holdFinds = true;
        site.flood(50);
        assertEquals(1, Shares.reserveSize(site.cache.keys()) - 1);
        for (int i = 0; i < 3; i++) {
            assertNotNull(site.send(WRONG, new DeviceIdentity("other" + i, SignedRequests.DEVICE)));
        }
        assertNotNull(site.send(WRONG, TARGET));
        assertTrue(site.registry
                .rotate(TARGET, TestKeys.publicKey(3), TestKeys.publicKey(KEY))
                .toCompletableFuture()
                .join()
                .isChange());
        CompletableFuture<Verdict> verdict = site.send(3, TARGET);
        assertTrue(verdict.isDone());
        Verdict reached = verdict.join();
        assertEquals(
                RejectionReason.STORE_UNAVAILABLE, reached instanceof Rejected rejected ? rejected.reason() : null);
        site.time.pass(SECOND);
        assertTrue(site.send(3, TARGET).join().isAccepted(), "the feed has told");
        assertNotNull(site.end());
    }
}
