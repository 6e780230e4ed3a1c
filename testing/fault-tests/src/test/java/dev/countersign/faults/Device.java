package dev.countersign.faults;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.signer.RequestSigner;
import dev.countersign.signer.SigningCallback;
import dev.countersign.testkit.TestKeys;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** A device: it signs with its newest key. Thread-safe. */
final class Device {
    static final String APP = "com.example.faults";

    private static final int SECOND_IN_MILLIS = 1000;

    private final DeviceIdentity identity;
    private final AtomicInteger requests = new AtomicInteger();
    private volatile Key key;
    private volatile boolean revoked;
    private volatile boolean rotated;

    private record Key(long seed, DevicePublicKey publicKey, RequestSigner signer) {}

    Device(long seed) {
        this.identity = new DeviceIdentity(APP, new UUID(seed, ~seed).toString());
        this.key = key(seed);
    }

    private Key key(long seed) {
        RequestSigner signer = RequestSigner.builder(identity.deviceId(), SigningCallback.of(TestKeys.privateKey(seed)))
                .build();
        return new Key(seed, TestKeys.publicKey(seed), signer);
    }

    DeviceIdentity identity() {
        return identity;
    }

    DevicePublicKey publicKey() {
        return key.publicKey();
    }

    /** The key that the device will sign with once enrolment knows it. */
    DevicePublicKey nextKey() {
        return TestKeys.publicKey(nextSeed());
    }

    private long nextSeed() {
        return key.seed() + (1L << 40);
    }

    void useNextKey() {
        key = key(nextSeed());
        rotated = true;
    }

    boolean isRotated() {
        return rotated;
    }

    /** Whether somebody has taken it, who goes on to sign with it. */
    boolean isRevoked() {
        return revoked;
    }

    void revoked() {
        revoked = true;
    }

    /** A request that nobody has seen yet. */
    Request sign(Random random) {
        Key now = key;
        String name = identity.deviceId().substring(14, 18) + "#" + requests.incrementAndGet();
        byte[] body = ("{\"reading\":\"" + name + "\"}").getBytes(StandardCharsets.US_ASCII);
        long timestamp = Clock.systemUTC().millis() / SECOND_IN_MILLIS;
        return Request.genuine(
                name,
                identity,
                Long.toString(now.seed()),
                now.signer().sign(APP, Request.METHOD, Request.PATH, body, timestamp, Request.nonce(random)),
                body);
    }
}
