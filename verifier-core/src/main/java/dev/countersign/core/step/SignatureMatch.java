package dev.countersign.core.step;

import dev.countersign.api.DeviceKey;
import org.jspecify.annotations.Nullable;

/**
 * What a signature was found to be valid for: a key and a path, or nothing.
 *
 * @param key the key, or null
 * @param signedPath the path, or null
 * @param checks how many signatures were checked for the request in all
 * @param isCutShort whether the checks ended before all keys were tried for all paths
 */
public record SignatureMatch(
        @Nullable DeviceKey key, @Nullable String signedPath, int checks, boolean isCutShort) {
    @Override
    public String toString() {
        return "SignatureMatch[" + checks + " checks]";
    }
}
