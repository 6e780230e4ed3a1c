package dev.countersign.api;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.KeyState;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an accepted request is, as far as the signature covers it, and where it does not.
 *
 * <p>The signature covers the method, {@link #signedPath}, the timestamp and the body. It does <em>not</em> cover the
 * {@link #query}, the host or any other header: treat those as the client's unsigned claims. Route and authorise by
 * {@link #path}; a signing-path rule maps two public paths to one signed path, so a signature for {@code /v1/x} is also
 * one for {@code POST /ingest/v1/x}.
 *
 * <p>{@code toString()} shows the identity in its short form, the method and the state of the key, nothing else.
 *
 * @param device the stored record's identity, never header text
 * @param method as sent
 * @param path the raw request path, neither decoded nor normalised
 * @param signedPath the path that the signature covers
 * @param query the raw query without its {@code ?}, or null if the target has no {@code ?}; not signed
 * @param timestamp the signed timestamp, Unix seconds
 * @param nonce the request's nonce in lower case; unique within the device's window, not signed
 * @param schemeVersion the number of the scheme
 * @param keyState the state the key had when it verified: current, provisional or previous
 * @param bodyBytes how many bytes of body were signed
 */
public record VerifiedRequest(
        DeviceIdentity device,
        String method,
        String path,
        String signedPath,
        @Nullable String query,
        long timestamp,
        String nonce,
        int schemeVersion,
        KeyState keyState,
        long bodyBytes) {
    /** Refuses missing parts. */
    public VerifiedRequest {
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(method, "method");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(signedPath, "signedPath");
        Objects.requireNonNull(nonce, "nonce");
        Objects.requireNonNull(keyState, "keyState");
    }

    @Override
    public String toString() {
        return "VerifiedRequest[" + device + ", " + method + ", " + keyState + "]";
    }
}
