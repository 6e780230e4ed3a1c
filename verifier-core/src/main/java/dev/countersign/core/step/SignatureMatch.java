package dev.countersign.core.step;

import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a signature was found to be valid for: a key and a path, or nothing.
 *
 * @param key the key, or null
 * @param signedPath the path, or null
 * @param checks how many signatures were checked for the request in all
 * @param failed under which keys and for which paths the signature is not valid
 * @param isCutShort whether the checks ended before all keys were tried for all paths
 */
public record SignatureMatch(
        @Nullable DeviceKey key, @Nullable String signedPath, int checks, List<Check> failed, boolean isCutShort) {
    /**
     * A check that was made: it gives the same result each time.
     *
     * @param key under which
     * @param path for which of the head's signed paths, by its place in their list
     */
    public record Check(DevicePublicKey key, int path) {
        @Override
        public String toString() {
            return "Check";
        }
    }

    /** Copies the list. */
    public SignatureMatch {
        failed = List.copyOf(failed);
    }

    @Override
    public String toString() {
        return "SignatureMatch[" + checks + " checks]";
    }
}
