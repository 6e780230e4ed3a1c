package dev.countersign.conformance.runner;

import java.util.List;

/**
 * What a run found.
 *
 * @param implementation name and version that the implementation gave
 * @param language that it gave; {@code HTTP} for a server
 * @param target the command or the URL
 * @param suiteVersion version of the vectors
 * @param results one for each selected case, in the suite's order
 * @param stale entries of the known-failing file that are wrong: the case passed, was not run, or does not exist
 */
public record RunResult(
        String implementation,
        String language,
        String target,
        String suiteVersion,
        List<CaseResult> results,
        List<String> stale) {
    /** Makes the lists unmodifiable. */
    public RunResult {
        results = List.copyOf(results);
        stale = List.copyOf(stale);
    }

    /** How many ended so. */
    public int count(Outcome outcome) {
        return (int)
                results.stream().filter(result -> result.outcome() == outcome).count();
    }

    /** How many failures nobody announced. */
    public int unexpectedFailures() {
        return (int) results.stream().filter(CaseResult::isUnexpectedFailure).count();
    }

    /** Whether something was judged, nothing failed unannounced, and no announcement was stale. */
    public boolean isGreen() {
        return count(Outcome.PASSED) > 0 && unexpectedFailures() == 0 && stale.isEmpty();
    }
}
