package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.countersign.api.Accepted;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Two services sign their own paths behind a gateway, and somebody holds back a request to one of them: what each way of
 * setting it up is worth.
 */
class RedirectedRequestTest {
    private static final long NOW = 1_800_000_000L;
    private static final long KEY = 1;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final MemoryNonceStore nonces =
            MemoryNonceStore.builder().clock(clock).alwaysWatching().build();

    RedirectedRequestTest() throws ExecutionException, InterruptedException {
        registry.register(
                        new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE),
                        TestKeys.publicKey(KEY),
                        DeviceStatus.ACTIVE)
                .toCompletableFuture()
                .get();
    }

    @AfterEach
    void close() {
        nonces.close();
    }

    private CountersignVerifier verifier(SigningPaths paths) {
        return CountersignVerifier.builder(KeySource.uncached(registry), nonces)
                .clock(clock)
                .signingPaths(paths)
                .build();
    }

    /** What a client sends to {@code /auth/v1/x}: signed for the service's own path. */
    private static Draft forAuth(String nonce) {
        return SignedRequests.signed(KEY, "DELETE", "/auth/v1/x", "/v1/x", NOW, nonce, new byte[0]);
    }

    private static String nonce(int number) {
        return "00000000-0000-4000-8000-00000000000" + number;
    }

    private static RejectionReason reason(Verdict verdict) {
        return assertInstanceOf(Rejected.class, verdict).reason();
    }

    /** The risk that the setting names: whoever holds the request back chooses the service, and only one gets it. */
    @Test
    void whereOneVerifierStripsTwoPrefixesTheCarrierChoosesTheService() {
        SigningPaths both = SigningPaths.builder()
                .strip("/auth")
                .strip("/consent")
                .allowOneSignatureForSeveralServices()
                .build();
        try (CountersignVerifier verifier = verifier(both)) {
            Draft meant = forAuth(nonce(1));
            Draft redirected = meant.withTarget("/consent/v1/x");
            Accepted stolen = assertInstanceOf(Accepted.class, verifier.verify(redirected.head(), redirected.body()));
            assertEquals("/consent/v1/x", stolen.request().path());
            assertEquals(Optional.of("/v1/x"), stolen.request().signedPath());
            assertEquals(RejectionReason.NONCE_REPLAY, reason(verifier.verify(meant.head(), meant.body())));

            Draft delivered = forAuth(nonce(2));
            Draft copy = delivered.withTarget("/consent/v1/x");
            assertInstanceOf(Accepted.class, verifier.verify(delivered.head(), delivered.body()));
            assertEquals(RejectionReason.NONCE_REPLAY, reason(verifier.verify(copy.head(), copy.body())));
        }
    }

    @Test
    void whereEachServiceHasAVerifierTheOtherPrefixIsAnotherPath() {
        try (CountersignVerifier auth = verifier(SigningPaths.strip("/auth"))) {
            Draft meant = forAuth(nonce(1));
            Draft redirected = meant.withTarget("/consent/v1/x");
            assertEquals(RejectionReason.INVALID_SIGNATURE, reason(auth.verify(redirected.head(), redirected.body())));
            assertInstanceOf(Accepted.class, auth.verify(meant.head(), meant.body()));
        }
    }

    /**
     * A signature does not name its service. Where both services know the device, the carrier still chooses; a shared
     * store makes it one of them, and stores of their own would make it each of them once.
     */
    @Test
    void twoVerifiersThatKnowTheSameDevicesNeedOneStore() {
        try (CountersignVerifier auth = verifier(SigningPaths.strip("/auth"));
                CountersignVerifier consent = verifier(SigningPaths.strip("/consent"))) {
            Draft meant = forAuth(nonce(1));
            Draft redirected = meant.withTarget("/consent/v1/x");
            assertInstanceOf(Accepted.class, auth.verify(meant.head(), meant.body()));
            assertEquals(RejectionReason.NONCE_REPLAY, reason(consent.verify(redirected.head(), redirected.body())));

            Draft held = forAuth(nonce(2));
            Draft stolen = held.withTarget("/consent/v1/x");
            assertInstanceOf(Accepted.class, consent.verify(stolen.head(), stolen.body()));
            assertEquals(RejectionReason.NONCE_REPLAY, reason(auth.verify(held.head(), held.body())));
        }
    }
}
