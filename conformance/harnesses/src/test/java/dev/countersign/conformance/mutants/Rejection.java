package dev.countersign.conformance.mutants;

/** Ends the judging of a request. */
final class Rejection extends RuntimeException {
    private static final long serialVersionUID = 1;

    final Reason reason;

    Rejection(Reason reason) {
        super(reason.name(), null, false, false);
        this.reason = reason;
    }
}
