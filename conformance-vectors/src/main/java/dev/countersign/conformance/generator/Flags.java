package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Flag;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What can be special about an input. A case's flags are constants of this class. */
final class Flags {
    static final Flag ORDINARY =
            new Flag("Ordinary", "Nothing special: if this fails, look at the message and its hash first.");
    static final Flag INGEST_PREFIX =
            new Flag("IngestPrefix", "A path below /ingest/v1/, which clients sign without the leading /ingest.");
    static final Flag INGEST_NEAR_MISS = new Flag(
            "IngestNearMiss",
            "Looks like the /ingest rule's path but is not. Stripping it too lets a signature count for another path.");
    static final Flag INGEST_OTHER_METHOD =
            new Flag("IngestOtherMethod", "The prefix under a method other than POST, which is signed as it comes.");
    static final Flag SIGNED_OTHER_PATH =
            new Flag("SignedOtherPath", "The signature covers another path than the one that counts.");

    private Flags() {}

    /** All of them, by id. */
    static List<Flag> all() {
        List<Flag> all = new ArrayList<>();
        for (Field field : Flags.class.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == Flag.class) {
                try {
                    all.add((Flag) field.get(null));
                } catch (IllegalAccessException impossible) {
                    throw new IllegalStateException(impossible);
                }
            }
        }
        all.sort(Comparator.comparing(Flag::id));
        return all;
    }
}
