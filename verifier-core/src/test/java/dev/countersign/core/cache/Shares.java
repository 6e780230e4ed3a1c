package dev.countersign.core.cache;

/** Looks at a cache's shares of reads. */
public final class Shares {
    private Shares() {}

    /** How many reads of the open share the store has not answered. */
    public static int openUnderWay(CachedKeys keys) {
        return keys.shares().open().underWay();
    }

    /** How many reads of the reserve the store has not answered. */
    public static int reserveUnderWay(CachedKeys keys) {
        return keys.shares().reserve().underWay();
    }

    /** How many may be under way in the reserve. */
    public static int reserveSize(CachedKeys keys) {
        return keys.shares().reserve().size();
    }
}
