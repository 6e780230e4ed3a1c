package dev.countersign.conformance.report;

import dev.countersign.conformance.runner.CaseResult;

/** How a case ended, as a reader wants it told: failures apart from those that were announced. Worst first. */
enum Ending {
    /** Failed, and nobody said it would. */
    FAILED("failed", "failed", "✗"),
    /** Failed, as announced. */
    KNOWN_FAILING("known-failing", "known failing", "!"),
    /** Not judged. */
    SKIPPED("skipped", "skipped", "–"),
    /** Passed. */
    PASSED("passed", "passed", "✓");

    /** In the page's attributes and fragment. */
    final String key;

    /** In sentences. */
    final String label;

    /** So that colour is not all that tells. */
    final String mark;

    Ending(String key, String label, String mark) {
        this.key = key;
        this.label = label;
        this.mark = mark;
    }

    static Ending of(CaseResult result) {
        return switch (result.outcome()) {
            case PASSED -> PASSED;
            case SKIPPED -> SKIPPED;
            case FAILED -> result.knownFailing() ? KNOWN_FAILING : FAILED;
        };
    }
}
