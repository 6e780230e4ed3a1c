package dev.countersign.testkit;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.signer.ClockOffset;
import dev.countersign.signer.RequestSigner;
import dev.countersign.signer.SigningCallback;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Objects;
import java.util.UUID;

/**
 * A device that signs requests, with the library of the client's side and a {@linkplain TestKeys test key}.
 *
 * <pre>{@code
 * TestDevice phone = TestDevice.of("com.acme.app", 1, clock);
 * devices.put(phone.record());
 * SignedRequest request = phone.sign("POST", "/v1/events", "{}");
 * Verdict verdict = verifier.verify(request.head(), request.body());
 * }</pre>
 *
 * <p>The same app and number give the same device and key on every machine. Each request has a nonce of its own, by chance.
 * Immutable and thread-safe.
 */
public final class TestDevice {
    private final DeviceIdentity identity;
    private final long key;
    private final Clock clock;
    private final RequestSigner signer;

    private TestDevice(DeviceIdentity identity, long key, Clock clock) {
        this.identity = identity;
        this.key = key;
        this.clock = clock;
        this.signer = RequestSigner.builder(identity.deviceId(), SigningCallback.of(TestKeys.privateKey(key)))
                .clockOffset(ClockOffset.of(clock))
                .build();
    }

    /**
     * The device of a number.
     *
     * @param appId 1 to 128 visible ASCII characters, no comma
     * @param number makes the device id, a UUID, and is the number of the {@linkplain TestKeys test key}
     * @param clock gives the timestamps
     * @throws IllegalArgumentException if the app id is not in its form
     */
    public static TestDevice of(String appId, long number, Clock clock) {
        Objects.requireNonNull(clock, "clock");
        UUID deviceId = new UUID(0x4000L, (number & 0x3FFF_FFFF_FFFF_FFFFL) | Long.MIN_VALUE);
        return new TestDevice(new DeviceIdentity(appId, deviceId.toString()), number, clock);
    }

    /**
     * This device with another key, as after a rotation, or as if somebody else signed in its name.
     *
     * @param number of the {@linkplain TestKeys test key}
     */
    public TestDevice withKey(long number) {
        return new TestDevice(identity, number, clock);
    }

    /** The app id and the device id. */
    public DeviceIdentity identity() {
        return identity;
    }

    /** The public half of the key that this device signs with. */
    public DevicePublicKey publicKey() {
        return TestKeys.publicKey(key);
    }

    /** The record of this device, active with its key, to be {@linkplain InMemoryDeviceRegistry#put put} into a registry. */
    public DeviceRecord record() {
        return DeviceRecord.active(identity, publicKey(), 0);
    }

    /** A signed request without a body; otherwise as {@link #sign(String, String, byte[])}. */
    public SignedRequest sign(String method, String target) {
        return sign(method, target, new byte[0]);
    }

    /** A signed request with a text for a body, in UTF-8; otherwise as {@link #sign(String, String, byte[])}. */
    public SignedRequest sign(String method, String target, String body) {
        return sign(method, target, body.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * A signed request of now, whose path is signed as it stands, without its query.
     *
     * @param method such as {@code POST}
     * @param target path and query; the path starts with {@code /} and is visible ASCII
     * @param body empty if there is none
     * @throws IllegalArgumentException if a part is not in its form
     */
    public SignedRequest sign(String method, String target, byte[] body) {
        return sign(method, target, target.split("\\?", 2)[0], body);
    }

    /**
     * A signed request of now that is sent to another path than the one that is signed, as behind a gateway that strips a prefix.
     *
     * @param signedPath without query
     * @throws IllegalArgumentException if a part is not in its form
     */
    public SignedRequest sign(String method, String target, String signedPath, byte[] body) {
        return SignedRequest.of(
                method,
                target,
                signer.signRequest(identity.appId(), method, signedPath, body).headers(),
                body);
    }

    /** The device id shortened, as a {@link DeviceIdentity} shows it. */
    @Override
    public String toString() {
        return "TestDevice[" + identity + "]";
    }
}
