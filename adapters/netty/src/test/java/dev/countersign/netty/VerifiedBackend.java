package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.countersign.api.RequestVerifier;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.route.Routes;
import dev.countersign.api.store.NonceStore;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeySource;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.tck.InMemoryDeviceRegistry;
import dev.countersign.tck.MutableClock;
import dev.countersign.tck.TestKeys;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** The real verifier with one registered device, and a server in front of it that echoes. {@code /open} and all below it is open. */
final class VerifiedBackend implements AutoCloseable {
    static final long NOW = 1_700_000_000L;
    static final int MAX_BODY = 4 << 20;

    final MutableClock clock = new MutableClock(Instant.ofEpochSecond(NOW));
    final EchoApplication.Log log = new EchoApplication.Log();
    final NonceStore nonces;
    final CountersignVerifier verifier;
    final CountersignHandler.Factory countersign;
    final NettyServer server;
    private final AtomicLong numbers = new AtomicLong();

    /** How the server is started. */
    interface Start {
        NettyServer with(VerifiedBackend backend);
    }

    private VerifiedBackend(
            UnaryOperator<NonceStore> wrap, UnaryOperator<CountersignHandler.Builder> settings, Start start)
            throws Exception {
        InMemoryDeviceRegistry devices = new InMemoryDeviceRegistry(clock);
        devices.register(
                        new DeviceIdentity(SignedRequest.APP, SignedRequest.DEVICE),
                        TestKeys.publicKey(SignedRequest.KEY),
                        DeviceStatus.ACTIVE)
                .toCompletableFuture()
                .get();
        nonces = wrap.apply(
                MemoryNonceStore.builder().clock(clock).alwaysWatching().build());
        verifier = CountersignVerifier.builder(KeySource.uncached(devices), nonces)
                .clock(clock)
                .maxBodyBytes(MAX_BODY)
                .build();
        countersign =
                settings.apply(CountersignHandler.builder(routes(verifier))).build();
        server = start.with(this);
    }

    /** HTTP/1.1 and the echo application, with the standard settings. */
    static VerifiedBackend http1() throws Exception {
        return http1(settings -> settings);
    }

    static VerifiedBackend http1(UnaryOperator<CountersignHandler.Builder> settings) throws Exception {
        return start(nonces -> nonces, settings, VerifiedBackend::echoOverHttp1);
    }

    static VerifiedBackend start(
            UnaryOperator<NonceStore> wrap, UnaryOperator<CountersignHandler.Builder> settings, Start start)
            throws Exception {
        return new VerifiedBackend(wrap, settings, start);
    }

    static Routes routes(RequestVerifier verifier) {
        return Routes.by(verifier).protectAllExcept("/open/**");
    }

    NettyServer echoOverHttp1() {
        return NettyServer.http1(countersign::newHandler, this::echo);
    }

    EchoApplication echo() {
        return new EchoApplication(log);
    }

    int port() {
        return server.port();
    }

    /** A request that is signed now, with a nonce of its own. */
    SignedRequest signed(String method, String target, String body) {
        return new SignedRequest(method, target, body, NOW, numbers.incrementAndGet());
    }

    /** Also makes sure that nothing is held any more, and that the verifier never met a fault of its own. */
    @Override
    public void close() {
        server.close();
        verifier.close();
        nonces.close();
        assertEquals(0, countersign.heldBytes());
        assertEquals(0, countersign.drainsRunning());
        assertNull(verifier.lastInternalFault());
    }
}
