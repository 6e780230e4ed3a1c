package dev.countersign.testkit;

import dev.countersign.api.Accepted;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.SchemeId;
import dev.countersign.api.VerifiedRequest;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.verifier.ForVerifiers;

/**
 * Makes verdicts for tests of code that uses a verifier. Otherwise only verifiers make them.
 *
 * <pre>{@code
 * VerifiedRequest request = TestVerdicts.request(device).method("POST").path("/v1/x").build();
 * Verdict verdict = TestVerdicts.accepted(request);
 * }</pre>
 */
public final class TestVerdicts {
    private static final int RETRY_AFTER_SECONDS = 7;

    private TestVerdicts() {}

    /** The parts of a request that a device signed: {@code GET /}, nothing in its body, a current key. */
    public static VerifiedRequest.Builder request(DeviceIdentity device) {
        return VerifiedRequest.builder(SchemeId.DEVICE_SIGNATURE_1, device, ForVerifiers.ONLY)
                .method("GET")
                .path("/")
                .signedPath("/")
                .key(KeyState.CURRENT, KeyAttestation.UNKNOWN)
                .body(0, true);
    }

    /** An acceptance of the request. */
    public static Accepted accepted(VerifiedRequest request) {
        return Accepted.of(request, ForVerifiers.ONLY);
    }

    /**
     * A rejection; if its status is 503, with {@value #RETRY_AFTER_SECONDS} s as retry-after.
     *
     * @param serverSecond the verifier's clock, in Unix seconds
     */
    public static Rejected rejected(RejectionReason reason, long serverSecond) {
        return Rejected.builder(reason, serverSecond, ForVerifiers.ONLY)
                .retryAfterSeconds(reason.status() == 503 ? RETRY_AFTER_SECONDS : 0)
                .build();
    }
}
