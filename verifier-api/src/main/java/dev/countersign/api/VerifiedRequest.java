package dev.countersign.api;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.device.Signer;
import dev.countersign.api.verifier.ForVerifiers;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An accepted request: who signed it, and what. Made by verifiers only. Immutable and thread-safe.
 *
 * <p>A device's signature covers the method, {@link #signedPath}, the timestamp and the body. It does <em>not</em>
 * cover the {@link #query}, the host or any other header: treat those as the client's unsigned claims.
 *
 * <p>Route and authorise by {@link #path}. A signing-path rule may map two paths to one signed path: a signature for
 * {@code POST /v1/x} is also valid for {@code POST /ingest/v1/x}.
 *
 * <p>{@code toString()} shows the signer in its short form, the method and the state of the key, nothing else.
 */
public final class VerifiedRequest {
    private final long verificationId;
    private final SchemeId scheme;
    private final Signer signer;
    private final Supplier<String> signerHash;
    private final String method;
    private final String path;
    private final @Nullable String signedPath;
    private final @Nullable String query;
    private final long timestamp;
    private final @Nullable String nonce;
    private final @Nullable KeyState keyState;
    private final KeyAttestation attestation;
    private final boolean bodyCovered;
    private final long bodyBytes;

    private VerifiedRequest(Builder parts) {
        this.verificationId = parts.verificationId;
        this.scheme = parts.scheme;
        this.signer = parts.signer;
        this.signerHash = parts.signerHash;
        this.method = Objects.requireNonNull(parts.method, "method");
        this.path = Objects.requireNonNull(parts.path, "path");
        this.signedPath = parts.signedPath;
        this.query = parts.query;
        this.timestamp = parts.timestamp;
        this.nonce = parts.nonce;
        this.keyState = parts.keyState;
        this.attestation = parts.attestation;
        this.bodyCovered = parts.bodyCovered;
        this.bodyBytes = parts.bodyBytes;
    }

    /** For verifiers and the test kit: only they can get the last argument. */
    @SuppressWarnings("exports")
    public static Builder builder(SchemeId scheme, Signer signer, ForVerifiers only) {
        Objects.requireNonNull(only, "only");
        return new Builder(scheme, signer);
    }

    /** The id of the verification in logs; see {@link Verdict#verificationId}. */
    public String verificationId() {
        return HexFormat.of().toHexDigits(verificationId);
    }

    /** The scheme by which the request is signed. */
    public SchemeId scheme() {
        return scheme;
    }

    /** Who signed: the identity as the key store has it, not the text of a header. */
    public Signer signer() {
        return signer;
    }

    /**
     * The signer's name in logs, as {@link VerificationEvent#deviceHash} shows it: 16 hexadecimal digits under the deployment's
     * redaction key. Computed when it is asked for.
     */
    public String signerHash() {
        return signerHash.get();
    }

    /**
     * The device that signed.
     *
     * @throws IllegalStateException if the scheme is not one of devices: use {@link #signer}
     */
    public DeviceIdentity device() {
        if (signer instanceof DeviceIdentity device) {
            return device;
        }
        throw new IllegalStateException(
                "a request of the scheme " + scheme + " is not signed by a device: use signer()");
    }

    /** The method, as sent. */
    public String method() {
        return method;
    }

    /** The raw request path, neither decoded nor normalised. */
    public String path() {
        return path;
    }

    /** The path that the signature covers; empty where the scheme signs no path. */
    public Optional<String> signedPath() {
        return Optional.ofNullable(signedPath);
    }

    /**
     * The raw query without its {@code ?}; empty if the target has no {@code ?}. A device's signature does not cover
     * it.
     */
    public Optional<String> query() {
        return Optional.ofNullable(query);
    }

    /** The timestamp that was signed, in whole seconds. */
    public Instant timestamp() {
        return Instant.ofEpochSecond(timestamp);
    }

    /**
     * The request's nonce in lower case; empty if the scheme has none. The device does not use it twice within the
     * window. It is not signed, so do not use it as an idempotency key.
     */
    public Optional<String> nonce() {
        return Optional.ofNullable(nonce);
    }

    /**
     * The state of the key when it verified the signature: current, provisional or previous. Empty if no device signed.
     */
    public Optional<KeyState> keyState() {
        return Optional.ofNullable(keyState);
    }

    /** What is known about the hardware that holds the key. */
    public KeyAttestation attestation() {
        return attestation;
    }

    /** Whether the signature covers the body. */
    public boolean isBodyCovered() {
        return bodyCovered;
    }

    /** The length of the body in bytes. */
    public long bodyBytes() {
        return bodyBytes;
    }

    @Override
    public String toString() {
        return "VerifiedRequest[" + signer + ", " + method + (keyState == null ? "" : ", " + keyState) + "]";
    }

    /** The parts of a verified request. Not thread-safe. */
    public static final class Builder {
        private final SchemeId scheme;
        private final Signer signer;
        private Supplier<String> signerHash;
        private long verificationId;
        private @Nullable String method;
        private @Nullable String path;
        private @Nullable String signedPath;
        private @Nullable String query;
        private long timestamp;
        private @Nullable String nonce;
        private @Nullable KeyState keyState;
        private KeyAttestation attestation = KeyAttestation.UNKNOWN;
        private boolean bodyCovered;
        private long bodyBytes;

        private Builder(SchemeId scheme, Signer signer) {
            this.scheme = Objects.requireNonNull(scheme, "scheme");
            this.signer = Objects.requireNonNull(signer, "signer");
            this.signerHash = signer::toString;
        }

        /** Makes the signer's name in logs; its short form, as {@code toString()} gives it, unless set. */
        public Builder signerHash(Supplier<String> value) {
            this.signerHash = Objects.requireNonNull(value, "signerHash");
            return this;
        }

        /** The id of the verification; 0 unless set. */
        public Builder verificationId(long value) {
            this.verificationId = value;
            return this;
        }

        /** The method, as sent. Must be set. */
        public Builder method(String value) {
            this.method = value;
            return this;
        }

        /** The raw path, as sent. Must be set. */
        public Builder path(String value) {
            this.path = value;
            return this;
        }

        /** The path that the signature covers; none unless set. */
        public Builder signedPath(@Nullable String value) {
            this.signedPath = value;
            return this;
        }

        /** The raw query; none unless set. */
        public Builder query(@Nullable String value) {
            this.query = value;
            return this;
        }

        /** The signed timestamp in Unix seconds; 0 unless set. */
        public Builder timestamp(long value) {
            this.timestamp = value;
            return this;
        }

        /** The nonce in lower case; none unless set. */
        public Builder nonce(@Nullable String value) {
            this.nonce = value;
            return this;
        }

        /** State and attestation of the key that verified; none and unknown unless set. */
        public Builder key(KeyState state, KeyAttestation value) {
            this.keyState = state;
            this.attestation = value;
            return this;
        }

        /** The length of the body in bytes, and whether the signature covers it; 0 and not covered unless set. */
        public Builder body(long bytes, boolean covered) {
            this.bodyBytes = bytes;
            this.bodyCovered = covered;
            return this;
        }

        /** The verified request. */
        public VerifiedRequest build() {
            return new VerifiedRequest(this);
        }
    }
}
