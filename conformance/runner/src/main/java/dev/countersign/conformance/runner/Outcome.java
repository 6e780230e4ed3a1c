package dev.countersign.conformance.runner;

/** How a case ended. A crash, a wrong line and a missed time limit are failures, with a detail that says so. */
public enum Outcome {
    /** Every answer was as expected. */
    PASSED,
    /** An answer was not as expected, or did not come. */
    FAILED,
    /** Not judged: the implementation cannot do it, says why, or the case needs a state it cannot be put into. */
    SKIPPED
}
