package dev.countersign.core.step;

import dev.countersign.api.device.DeviceIdentity;
import java.util.List;

/**
 * What the head of a request says, each part in its form and none of it authenticated.
 *
 * @param scheme the scheme that its version names
 * @param claimed who it says it is from
 * @param signature in range, not verified
 * @param timestampText the timestamp as it was sent, which is what was signed
 * @param timestamp the same as a number of seconds
 * @param nonce in lower case
 * @param method as sent
 * @param target path and query, raw
 * @param signedPaths the paths that the signature may cover, the likelier first: one or two
 */
public record SignedHead(
        SignatureScheme scheme,
        DeviceIdentity claimed,
        SignatureValue signature,
        String timestampText,
        long timestamp,
        String nonce,
        String method,
        RequestTarget target,
        List<String> signedPaths) {
    @Override
    public String toString() {
        return "SignedHead[" + claimed + "]";
    }
}
