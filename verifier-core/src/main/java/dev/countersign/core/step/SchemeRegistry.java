package dev.countersign.core.step;

import org.jspecify.annotations.Nullable;

/** The schemes by their version: version 1 today. */
public final class SchemeRegistry {
    private static final SignatureScheme VERSION_1 = new SchemeVersion1();

    private SchemeRegistry() {}

    /** The scheme of this version, or null if there is none. */
    public static @Nullable SignatureScheme find(int version) {
        return version == VERSION_1.id().version() ? VERSION_1 : null;
    }
}
