package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.core.verification.OpenBodies;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** A verifier over stores that a test scripts, by a clock and a timer that move only in steps. */
abstract class DriverFixture {
    static final long NOW = 1_800_000_000L;
    static final long KEY = 1;
    static final DeviceIdentity DEVICE = new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE);

    final MutableClock clock = MutableClock.atSecond(NOW);
    final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    final ScriptedKeyStore keys = new ScriptedKeyStore(registry);
    final ObviousNonceStore nonces = new ObviousNonceStore();
    final ManualTimer timer = new ManualTimer();
    final AtomicLong nanos = new AtomicLong();
    final List<VerificationEvent> events = new ArrayList<>();
    final CountersignVerifier verifier = settings().build();

    DriverFixture() {
        put(DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(KEY)));
    }

    VerifierBuilder settings() {
        return CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .nanoTime(nanos::get)
                .timer(timer)
                .addListener(events::add);
    }

    void put(DeviceStatus status, DeviceKey... deviceKeys) {
        registry.put(DeviceRecord.of(DEVICE, status, List.of(deviceKeys), 1));
    }

    /** Every verdict was told once, and no fault of our own stayed hidden behind another answer. */
    @AfterEach
    void noFaultOfOurOwn() {
        assertEquals(0, verifier.internalFaults());
        assertEquals(List.of(), limits(), "every limit was disarmed or ended");
        timer.shutdownNow();
    }

    /** The limits for stores that are armed; the look at open bodies is there for all of them. */
    List<Long> limits() {
        return timer.armed().stream()
                .filter(nanos -> nanos != OpenBodies.PAUSE_NANOS)
                .toList();
    }

    CompletableFuture<Verdict> start(Draft draft) {
        return verifier.verifyAsync(draft.head(), ByteBuffer.wrap(draft.body()), Caller.inline())
                .toCompletableFuture();
    }

    static Verdict verdictOf(CountersignVerifier by, Draft draft) {
        return by.verify(draft.head(), draft.body());
    }

    static @Nullable RejectionReason reasonOf(CountersignVerifier by, Draft draft) {
        return verdictOf(by, draft) instanceof Rejected rejected ? rejected.reason() : null;
    }

    static @Nullable RejectionReason reasonOf(CompletionStage<Verdict> stage) {
        CompletableFuture<Verdict> verdict = stage.toCompletableFuture();
        assertTrue(verdict.isDone(), "the verdict is here");
        return verdict.join() instanceof Rejected rejected ? rejected.reason() : null;
    }

    static @Nullable RejectionReason rejectionOf(Verification verification) {
        return verification.rejection().map(Rejected::reason).orElse(null);
    }

    static RequestHead announcing(RequestHead head, long bytes) {
        return new RequestHead() {
            @Override
            public String method() {
                return head.method();
            }

            @Override
            public String target() {
                return head.target();
            }

            @Override
            public List<String> headers(String name) {
                return head.headers(name);
            }

            @Override
            public long announcedBodyBytes() {
                return bytes;
            }
        };
    }
}
