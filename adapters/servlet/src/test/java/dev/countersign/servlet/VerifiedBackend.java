package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertNull;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.NonceStore;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeySource;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The real verifier behind a real server, with one registered device. */
final class VerifiedBackend implements AutoCloseable {
    static final long NOW = 1_700_000_000L;
    static final int MAX_BODY = 100_000;

    final MutableClock clock = new MutableClock(Instant.ofEpochSecond(NOW));
    final NonceStore nonces;
    final CountersignVerifier verifier;
    final JettyServer server;

    VerifiedBackend(JettyServer.Application application) throws Exception {
        this(new JettyServer(), null, application);
    }

    VerifiedBackend(JettyServer server, @Nullable NonceStore nonces, JettyServer.Application application)
            throws Exception {
        InMemoryDeviceRegistry devices = new InMemoryDeviceRegistry(clock);
        devices.register(
                        new DeviceIdentity(SignedRequest.APP, SignedRequest.DEVICE),
                        TestKeys.publicKey(SignedRequest.KEY),
                        DeviceStatus.ACTIVE)
                .toCompletableFuture()
                .get();
        this.nonces = nonces != null
                ? nonces
                : MemoryNonceStore.builder().clock(clock).alwaysWatching().build();
        this.verifier = CountersignVerifier.builder(KeySource.uncached(devices), this.nonces)
                .clock(clock)
                .maxBodyBytes(MAX_BODY)
                .build();
        this.server = server.filter(verifier, "/*").servlet("/", application).start();
    }

    int port() {
        return server.port();
    }

    /** Also makes sure that the verifier never met a fault of its own. */
    @Override
    public void close() {
        server.close();
        verifier.close();
        nonces.close();
        assertNull(verifier.lastInternalFault());
    }
}
