package dev.countersign.core.step;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.api.wire.UuidText;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * §8.4 (7): store the nonce, as one atomic claim. The nonce is not signed, so it is claimed together with the
 * signature: a captured request with a new nonce has the same r under the same key, whatever is done to s or to the
 * encoding.
 */
public final class ClaimNonce {
    private static final byte[] NONCE_DOMAIN = "countersign/1/nonce\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SIGNATURE_DOMAIN = "countersign/1/signature\n".getBytes(StandardCharsets.US_ASCII);
    private static final int SCALAR_BYTES = 32;
    private static final int UUID_BYTES = 16;

    /** The document's: however short the window, a nonce is remembered for so long. */
    private static final long SHORTEST_MEMORY_SECONDS = 300;

    private final long memorySeconds;
    private final boolean withSignature;

    /**
     * The step.
     *
     * @param windowSeconds the freshness window
     * @param marginSeconds how much longer a claim is kept
     * @param withSignature whether the signature is claimed too
     */
    public ClaimNonce(long windowSeconds, long marginSeconds, boolean withSignature) {
        this.memorySeconds = Math.max(windowSeconds, SHORTEST_MEMORY_SECONDS) + marginSeconds;
        this.withSignature = withSignature;
    }

    /**
     * The claim of a verified request. It lives past the last second in which the request can be fresh, and at least
     * 300 s from now.
     *
     * @param device the stored record's identity: header text is not authenticated
     * @param key the key that verified
     * @param now whole seconds of the deciding clock reading
     */
    public Claim claim(SignedHead head, DeviceIdentity device, DevicePublicKey key, long now) {
        long timestamp = head.timestamp();
        return Claim.builder(device, nonceToken(device, head.nonce()))
                .signature(withSignature ? signatureToken(key, head.signature().raw()) : null)
                .timestamp(timestamp)
                .claimedAt(now)
                .deadline(Math.max(timestamp, now) + memorySeconds)
                .earliestDeadline(timestamp + memorySeconds)
                .build();
    }

    /** Why a claim's result rejects the request, or null if it was claimed. */
    public @Nullable Objection objection(ClaimResult result) {
        return switch (result) {
            case CLAIMED -> null;
            case NONCE_REPLAYED -> Objection.of(RejectionReason.NONCE_REPLAY);
            case SIGNATURE_REPLAYED -> Objection.of(RejectionReason.SIGNATURE_REPLAY);
            case FULL ->
                Objection.of(RejectionReason.STORE_FULL, "the device's quota or the nonce store's capacity is used up");
            case NOT_WATCHING_YET -> Objection.of(RejectionReason.NOT_WATCHING_YET);
        };
    }

    /** (app id, device id, nonce), the lengths of the ids hashed along. */
    static ReplayToken nonceToken(DeviceIdentity device, String nonce) {
        byte[] app = device.appId().getBytes(StandardCharsets.US_ASCII);
        byte[] id = device.deviceId().getBytes(StandardCharsets.US_ASCII);
        byte[] uuid = new byte[UUID_BYTES];
        UuidText.writeBytes(nonce, uuid, 0);
        ByteBuffer input = ByteBuffer.allocate(NONCE_DOMAIN.length + 2 + app.length + id.length + UUID_BYTES)
                .put(NONCE_DOMAIN)
                .put((byte) app.length)
                .put(app)
                .put((byte) id.length)
                .put(id)
                .put(uuid);
        return ReplayToken.ofHash(SignedMessage.newSha256().digest(input.array()));
    }

    /** (SHA-256 of the key's 65 bytes, r). */
    static ReplayToken signatureToken(DevicePublicKey key, byte[] signature) {
        MessageDigest sha256 = SignedMessage.newSha256();
        sha256.update(SIGNATURE_DOMAIN);
        sha256.update(key.fingerprint());
        sha256.update(signature, 0, SCALAR_BYTES);
        return ReplayToken.ofHash(sha256.digest());
    }
}
