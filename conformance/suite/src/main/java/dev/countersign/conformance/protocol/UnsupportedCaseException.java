package dev.countersign.conformance.protocol;

/** What is asked is beyond this implementation; answered with {@code skipped}. */
public final class UnsupportedCaseException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /**
     * Something that cannot be done.
     *
     * @param why for the person who reads the report
     */
    public UnsupportedCaseException(String why) {
        super(why);
    }
}
