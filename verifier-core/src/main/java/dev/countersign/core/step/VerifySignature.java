package dev.countersign.core.step;

import dev.countersign.api.device.DeviceKey;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import dev.countersign.core.step.SignatureMatch.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * §8.4 (6): verify the signature. Every candidate key is tried for the likelier path, then for the other one, and no
 * more than {@value #MAX_CHECKS} signatures are checked for one request.
 */
public final class VerifySignature {
    /** The most signature checks for one request. */
    public static final int MAX_CHECKS = 4;

    private final EcdsaP256Engine engine;

    /** The step. */
    public VerifySignature(EcdsaP256Engine engine) {
        this.engine = engine;
    }

    /**
     * Finds the key and the path under which the signature is valid, if there are any. A key that was tried for one
     * path was not tried for the other.
     *
     * @param prepared the engine's prepared form of a key
     * @param failedBefore the checks that failed for this request already: they are not made again
     * @param checksBefore how many signatures were checked for this request already
     */
    public SignatureMatch apply(
            SignedHead head,
            byte[][] digests,
            List<DeviceKey> candidates,
            Function<DeviceKey, PreparedKey> prepared,
            List<Check> failedBefore,
            int checksBefore) {
        List<Check> failed = new ArrayList<>(failedBefore);
        int checks = checksBefore;
        for (int path = 0; path < digests.length; path++) {
            for (DeviceKey key : candidates) {
                Check check = new Check(key.publicKey(), path);
                if (failedBefore.contains(check)) {
                    continue;
                }
                if (checks == MAX_CHECKS) {
                    return new SignatureMatch(null, null, checks, failed, true);
                }
                checks++;
                if (engine.verify(
                        prepared.apply(key), digests[path], head.signature().raw())) {
                    return new SignatureMatch(key, head.signedPaths().get(path), checks, failed, false);
                }
                failed.add(check);
            }
        }
        return new SignatureMatch(null, null, checks, failed, false);
    }
}
