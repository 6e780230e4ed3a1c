package dev.countersign.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.Verdict;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeySource;
import dev.countersign.nonce.redis.RedisNonceStore;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import dev.countersign.signer.RequestSigner;
import dev.countersign.signer.SigningCallback;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The waiver for reads, over a real Redis that is up: somebody has captured one GET and sends so many copies that most claims
 * find no room. They are no reason to waive anything; that Redis is gone is one.
 */
@Tag("full")
@Timeout(240)
class CopiesOfOneReadTest {
    private static final int COPIES = 120_000;
    private static final int IN_FLIGHT = 64;

    /** Sent while answers are on their way, so that it does not depend on the machine whether claims find no room. */
    private static final int WHILE_ANSWERS_ARE_ON_THEIR_WAY = 2_000;

    private static final int THREADS = 4;
    private static final int ANSWER_MILLIS = 2;
    private static final Duration PATIENT = Duration.ofMinutes(2);
    private static final DeviceIdentity DEVICE = new DeviceIdentity(Device.APP, "6ba7b810-9dad-41d1-80b4-00c04fd430c8");

    private final Map<String, LongAdder> answers = new ConcurrentHashMap<>();
    private final LongAdder unchecked = new LongAdder();
    private final CountDownLatch answered = new CountDownLatch(COPIES);

    @Test
    void oneCopyIsAcceptedAndNoneIsWaivedWhileRedisIsUp() throws Exception {
        InMemoryDeviceRegistry keys = new InMemoryDeviceRegistry(Clock.systemUTC());
        keys.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 1));
        try (RedisServer redis = RedisServer.start();
                TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = RedisNonceStore.builder("redis://127.0.0.1:" + proxy.port())
                        .alwaysWatching()
                        .connectWait(Duration.ofSeconds(30))
                        .timeLimit(PATIENT)
                        .maxInFlight(IN_FLIGHT)
                        .build();
                CountersignVerifier verifier = CountersignVerifier.builder(KeySource.uncached(keys), store)
                        .claimTimeLimit(PATIENT)
                        .acceptReadsWithoutNonceStore()
                        .addListener(this::count)
                        .build()) {
            RequestHead captured = signed("GET", 1);

            proxy.holdAnswers();
            for (int i = 0; i < WHILE_ANSWERS_ARE_ON_THEIR_WAY; i++) {
                send(verifier, captured);
            }
            assertEquals(IN_FLIGHT, store.status().inFlight());
            assertEquals(
                    WHILE_ANSWERS_ARE_ON_THEIR_WAY - IN_FLIGHT, store.status().overloaded());
            proxy.restore();
            proxy.slowDown(ANSWER_MILLIS);
            sendFromManyThreads(verifier, captured, COPIES - WHILE_ANSWERS_ARE_ON_THEIR_WAY);
            assertTrue(answered.await(PATIENT.toSeconds(), TimeUnit.SECONDS), "each copy is answered");

            assertEquals(1, counted("accepted"));
            assertEquals(store.status().overloaded(), counted(RejectionReason.STORE_UNAVAILABLE.name()));
            assertEquals(
                    COPIES - 1 - store.status().overloaded(),
                    counted(RejectionReason.NONCE_REPLAY.name()),
                    "the others");
            assertEquals(0, unchecked.sum(), "waived");
            assertEquals(1, store.status().connections(), "Redis was up all the time");
            assertEquals(0, store.status().unknownOutcomes());
            assertFalse(store.isDown());

            redis.kill();
            assertTrue(Nemesis.await(PATIENT, store::isDown));
            assertInstanceOf(Accepted.class, verdict(verifier, captured));
            assertEquals(1, unchecked.sum(), "the waiver was on");
            Rejected write = assertInstanceOf(Rejected.class, verdict(verifier, signed("POST", 2)));
            assertEquals(RejectionReason.STORE_UNAVAILABLE, write.reason());
            assertEquals(0, verifier.internalFaults());
        }
    }

    private void count(VerificationEvent event) {
        if (event.isReplayUnchecked()) {
            unchecked.increment();
        }
    }

    private long counted(String answer) {
        LongAdder count = answers.get(answer);
        return count == null ? 0 : count.sum();
    }

    private void send(CountersignVerifier verifier, RequestHead head) {
        var unused = verifier.verifyAsync(head, ByteBuffer.allocate(0), Caller.inline())
                .whenComplete((verdict, failure) -> {
                    String answer = verdict instanceof Rejected rejected
                            ? rejected.reason().name()
                            : verdict instanceof Accepted ? "accepted" : "none";
                    answers.computeIfAbsent(answer, first -> new LongAdder()).increment();
                    answered.countDown();
                });
    }

    private void sendFromManyThreads(CountersignVerifier verifier, RequestHead head, int copies) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> senders = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                senders.add(threads.submit(() -> {
                    for (int i = 0; i < copies / THREADS; i++) {
                        send(verifier, head);
                    }
                }));
            }
            for (Future<?> sender : senders) {
                sender.get(PATIENT.toSeconds(), TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static Verdict verdict(CountersignVerifier verifier, RequestHead head) throws Exception {
        return verifier.verifyAsync(head, ByteBuffer.allocate(0), Caller.inline())
                .toCompletableFuture()
                .get(PATIENT.toSeconds(), TimeUnit.SECONDS);
    }

    private static RequestHead signed(String method, long seed) {
        RequestSigner signer = RequestSigner.builder(DEVICE.deviceId(), SigningCallback.of(TestKeys.privateKey(1)))
                .build();
        long now = Clock.systemUTC().instant().getEpochSecond();
        return Request.head(
                method,
                signer.sign(Device.APP, method, Request.PATH, new byte[0], now, Request.nonce(new Random(seed))));
    }
}
