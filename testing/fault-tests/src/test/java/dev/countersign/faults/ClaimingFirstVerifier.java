package dev.countersign.faults;

import dev.countersign.api.Caller;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.api.wire.SignatureDer;
import dev.countersign.testkit.TestVerdicts;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A mutant: nonce and signature are claimed as soon as the head is read, and only what was new is verified. Each request
 * is accepted once, and whoever sees a nonce can burn it.
 */
final class ClaimingFirstVerifier implements RequestVerifier {
    private static final long MEMORY_SECONDS = 310;
    private static final int SECOND_IN_MILLIS = 1000;

    private final RequestVerifier verifier;
    private final NonceStore nonces;

    /**
     * The mutant.
     *
     * @param verifier verifies over a store that {@linkplain #agreeing agrees} to everything
     */
    ClaimingFirstVerifier(RequestVerifier verifier, NonceStore nonces) {
        this.verifier = verifier;
        this.nonces = nonces;
    }

    /** A store that finds everything new. */
    static NonceStore agreeing() {
        return new NonceStore() {
            @Override
            public CompletionStage<ClaimResult> claim(Claim claim) {
                return CompletableFuture.completedFuture(ClaimResult.CLAIMED);
            }

            @Override
            public long watchingSince() {
                return ALWAYS;
            }

            @Override
            public boolean isShared() {
                return true;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller) {
        return nonces.claim(claim(head)).thenCompose(result -> {
            RejectionReason reason =
                    switch (result) {
                        case CLAIMED -> null;
                        case NONCE_REPLAYED -> RejectionReason.NONCE_REPLAY;
                        case SIGNATURE_REPLAYED -> RejectionReason.SIGNATURE_REPLAY;
                        case FULL -> RejectionReason.STORE_FULL;
                        case NOT_WATCHING_YET -> RejectionReason.NOT_WATCHING_YET;
                    };
            return reason == null
                    ? verifier.verifyAsync(head, body, caller)
                    : CompletableFuture.completedFuture(TestVerdicts.rejected(reason, 0));
        });
    }

    private static Claim claim(RequestHead head) {
        DeviceIdentity device =
                new DeviceIdentity(header(head, SignedHeaders.APP_ID), header(head, SignedHeaders.DEVICE_ID));
        byte[] raw = Objects.requireNonNull(
                SignatureDer.toRaw(Base64.getDecoder().decode(header(head, SignedHeaders.SIGNATURE))));
        byte[] r = Arrays.copyOf(raw, raw.length / 2);
        long timestamp = Long.parseLong(header(head, SignedHeaders.TIMESTAMP));
        long now = System.currentTimeMillis() / SECOND_IN_MILLIS;
        long deadline = Math.max(now, timestamp) + MEMORY_SECONDS;
        return Claim.builder(
                        device, token(device, header(head, SignedHeaders.NONCE).getBytes(StandardCharsets.US_ASCII)))
                .signature(token(device, r))
                .timestamp(timestamp)
                .claimedAt(now)
                .deadline(deadline)
                .earliestDeadline(timestamp + MEMORY_SECONDS)
                .build();
    }

    private static String header(RequestHead head, String name) {
        return head.headers(name).get(0);
    }

    private static ReplayToken token(DeviceIdentity device, byte[] bytes) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(device.deviceId().getBytes(StandardCharsets.US_ASCII));
            return ReplayToken.ofHash(sha256.digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    @Override
    public Verification begin(RequestHead head, Caller caller) {
        throw new UnsupportedOperationException("whole requests only");
    }

    @Override
    public Verdict verify(RequestHead head, ByteBuffer body, @Nullable Object attachment) {
        throw new UnsupportedOperationException("asynchronously only");
    }

    @Override
    public void close() {
        verifier.close();
    }
}
