package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;

/** The verifier and the slow model agree on the reason of every request, in sequences of good and mutated ones. */
class PipelineModelTest {
    private static final long NOW = 1_800_000_000L;
    private static final int REQUESTS = 12;
    private static final String OPAQUE = "device-123";
    private static final Map<RejectionReason, Integer> REACHED = new EnumMap<>(RejectionReason.class);
    private static int accepted;

    @Property(tries = 400)
    void theVerifierDoesWhatTheProtocolSays(@ForAll long seed) {
        Random random = new Random(seed);
        MutableClock clock = MutableClock.atSecond(NOW);
        InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        ObviousNonceStore nonces = new ObviousNonceStore();
        ProtocolModel model = new ProtocolModel();
        model.opaqueDeviceIds = random.nextInt(4) == 0;
        model.rejectQueryOnWrites = random.nextInt(4) == 0;
        model.writesOnly = random.nextInt(4) == 0;
        model.signatureToken = random.nextInt(4) != 0;
        model.ingestRule = random.nextInt(4) != 0;
        if (random.nextInt(4) == 0) {
            model.watchingSince = NOW - random.nextInt(300);
            nonces.watchingSince = model.watchingSince;
        }
        VerifierBuilder settings = CountersignVerifier.builder(KeySource.uncached(registry), nonces)
                .clock(clock)
                .timer(new ManualTimer()) // nothing but the clock ends a body
                .signingPaths(model.ingestRule ? SigningPaths.ingest() : SigningPaths.none());
        setIf(model.opaqueDeviceIds, settings::opaqueDeviceIds);
        setIf(model.rejectQueryOnWrites, settings::rejectQueryOnWrites);
        setIf(model.writesOnly, settings::replayProtectionOnWritesOnly);
        setIf(!model.signatureToken, settings::withoutSignatureReplayProtection);
        CountersignVerifier verifier = settings.build();
        DeviceStatus status = random.nextInt(6) == 0
                ? (random.nextBoolean() ? DeviceStatus.PENDING : DeviceStatus.REVOKED)
                : DeviceStatus.ACTIVE;
        List<DeviceKey> keys = keys(random);
        for (String device : List.of(SignedRequests.DEVICE, OPAQUE)) {
            DeviceIdentity identity = new DeviceIdentity(SignedRequests.APP, device);
            DeviceRecord record = DeviceRecord.of(identity, status, keys, 1);
            model.devices.put(ProtocolModel.name(SignedRequests.APP, device), record);
            registry.put(record);
        }
        List<Draft> takenBefore = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            boolean again = !takenBefore.isEmpty() && random.nextInt(3) == 0;
            Draft draft = again ? takenBefore.get(random.nextInt(takenBefore.size())) : fresh(random, NOW);
            draft = again && random.nextInt(3) > 0 ? Mutations.replay(draft, random) : draft;
            for (int m = random.nextInt(4) - 1; m > 0; m--) {
                draft = Mutations.mutate(draft, random);
            }
            long first = NOW + random.nextInt(5) - 2;
            long second = random.nextInt(3) > 0 ? first : first + random.nextInt(304);
            RejectionReason expected = model.judge(draft, first, second);
            RejectionReason actual = verify(verifier, clock, draft, first, second);
            assertEquals(expected, actual, "request " + i + " of seed " + seed);
            if (actual == null) {
                accepted++;
                takenBefore.add(draft);
                // The model's record does not follow a confirmed rotation: start over with what the registry has now.
                registry.find(new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE))
                        .toCompletableFuture()
                        .join()
                        .ifPresent(now ->
                                model.devices.put(ProtocolModel.name(SignedRequests.APP, SignedRequests.DEVICE), now));
                registry.find(new DeviceIdentity(SignedRequests.APP, OPAQUE))
                        .toCompletableFuture()
                        .join()
                        .ifPresent(now -> model.devices.put(ProtocolModel.name(SignedRequests.APP, OPAQUE), now));
            } else {
                REACHED.merge(actual, 1, Integer::sum);
            }
        }
        assertEquals(0, verifier.internalFaults());
    }

    /** The property means nothing for a reason that it never reaches. */
    @AfterContainer
    static void everyReasonWasReached() {
        List<RejectionReason> unreachable = List.of(
                RejectionReason.BODY_TOO_LARGE,
                RejectionReason.STORE_UNAVAILABLE,
                RejectionReason.STORE_FULL,
                RejectionReason.CANCELLED,
                RejectionReason.INTERNAL);
        for (RejectionReason reason : RejectionReason.values()) {
            assertTrue(REACHED.containsKey(reason) != unreachable.contains(reason), reason + " in " + REACHED);
        }
        assertTrue(accepted > 200, accepted + " accepted");
    }

    private static @Nullable RejectionReason verify(
            CountersignVerifier verifier, MutableClock clock, Draft draft, long first, long second) {
        clock.setSecond(first);
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        verification.update(ByteBuffer.wrap(draft.body()));
        clock.setSecond(second);
        return verification.finish().toCompletableFuture().join() instanceof Rejected rejected
                ? rejected.reason()
                : null;
    }

    private static Draft fresh(Random random, long now) {
        String method = List.of("POST", "POST", "GET", "DELETE").get(random.nextInt(4));
        String target = List.of("/v1/events", "/ingest/v1/events", "/ingest/v1/", "/a?b=c")
                .get(random.nextInt(4));
        String path = target.replaceFirst("\\?.*", "");
        String signedPath = random.nextInt(5) == 0 ? path : path.replaceFirst("^/ingest/v1/", "/v1/");
        long timestamp = now + (random.nextInt(4) == 0 ? random.nextInt(606) - 303 : random.nextInt(100) - 50);
        Draft draft = SignedRequests.signed(
                random.nextInt(8) % 5,
                method,
                target,
                signedPath,
                timestamp,
                SignedRequests.nonce(random.nextInt(100)),
                new byte[random.nextInt(4)]);
        return random.nextInt(4) == 0 ? draft.with("X-Device-ID", OPAQUE) : draft;
    }

    /** Keys 0 to 3 in some of the states that can stand together; key 4 is a stranger's. */
    private static List<DeviceKey> keys(Random random) {
        Instant soon = Instant.ofEpochSecond(NOW + random.nextInt(40) - 10);
        List<DeviceKey> keys = new ArrayList<>();
        keys.add(
                random.nextInt(6) == 0
                        ? DeviceKey.of(TestKeys.publicKey(0), KeyState.INVALIDATED)
                                .withNotAfter(soon)
                        : DeviceKey.current(TestKeys.publicKey(0)));
        if (random.nextBoolean()) {
            keys.add(DeviceKey.of(TestKeys.publicKey(1), KeyState.PREVIOUS).withNotAfter(soon));
        }
        if (random.nextInt(3) == 0) {
            keys.add(DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL).withNotAfter(soon));
        }
        keys.add(DeviceKey.of(TestKeys.publicKey(3), KeyState.RETIRED));
        return keys;
    }

    private static void setIf(boolean wanted, Runnable setting) {
        if (wanted) {
            setting.run();
        }
    }
}
