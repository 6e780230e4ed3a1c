package dev.countersign.servlet;

/**
 * How much a verified {@code multipart/form-data} body may hold. A body is in memory when it is taken apart, so its size is limited
 * already, by the verifier; these limits keep many small parts and long headers from taking a multiple of it. A size limit of the
 * container's multipart configuration counts as well, where the filter can see it.
 *
 * <pre>{@code
 * MultipartLimits.standard().withMaxParts(500)
 * }</pre>
 *
 * <p>Immutable and thread-safe.
 */
public final class MultipartLimits {
    private static final MultipartLimits STANDARD = new MultipartLimits(100, 1024, 10L << 20);

    private final int maxParts;
    private final int maxPartHeaderBytes;
    private final long maxPartBytes;

    private MultipartLimits(int maxParts, int maxPartHeaderBytes, long maxPartBytes) {
        this.maxParts = maxParts;
        this.maxPartHeaderBytes = maxPartHeaderBytes;
        this.maxPartBytes = maxPartBytes;
    }

    /** 100 parts, 1 KiB of headers for each, and 10 MiB of content, which is the verifier's default limit for a whole body. */
    public static MultipartLimits standard() {
        return STANDARD;
    }

    /** How many parts, those of a {@code multipart/mixed} part counted each. */
    public int maxParts() {
        return maxParts;
    }

    /** How many bytes of headers a part may have. */
    public int maxPartHeaderBytes() {
        return maxPartHeaderBytes;
    }

    /** How many bytes of content a part may have. */
    public long maxPartBytes() {
        return maxPartBytes;
    }

    /**
     * The same limits but for this one.
     *
     * @throws IllegalArgumentException if it is not 1 or more
     */
    public MultipartLimits withMaxParts(int count) {
        return new MultipartLimits((int) atLeastOne("maxParts", count), maxPartHeaderBytes, maxPartBytes);
    }

    /**
     * The same limits but for this one.
     *
     * @throws IllegalArgumentException if it is not 1 or more
     */
    public MultipartLimits withMaxPartHeaderBytes(int bytes) {
        return new MultipartLimits(maxParts, (int) atLeastOne("maxPartHeaderBytes", bytes), maxPartBytes);
    }

    /**
     * The same limits but for this one.
     *
     * @throws IllegalArgumentException if it is not 1 or more
     */
    public MultipartLimits withMaxPartBytes(long bytes) {
        return new MultipartLimits(maxParts, maxPartHeaderBytes, atLeastOne("maxPartBytes", bytes));
    }

    private static long atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is at least 1, not " + value);
        }
        return value;
    }

    @Override
    public String toString() {
        return "MultipartLimits[" + maxParts + " parts, " + maxPartHeaderBytes + " bytes of headers]";
    }
}
