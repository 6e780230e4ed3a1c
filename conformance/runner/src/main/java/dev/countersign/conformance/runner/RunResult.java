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
 * @param stale entries of the known-failing file that are wrong: the case passed, was skipped, or does not exist
 * @param faults what went wrong outside of any case, such as a harness that does not exit when its input ends
 */
public record RunResult(
        String implementation,
        String language,
        String target,
        String suiteVersion,
        List<CaseResult> results,
        List<String> stale,
        List<String> faults) {
    /** Makes the lists unmodifiable. */
    public RunResult {
        results = List.copyOf(results);
        stale = List.copyOf(stale);
        faults = List.copyOf(faults);
    }

    /** Without faults. */
    public RunResult(
            String implementation,
            String language,
            String target,
            String suiteVersion,
            List<CaseResult> results,
            List<String> stale) {
        this(implementation, language, target, suiteVersion, results, stale, List.of());
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

    /** How many failures were announced. */
    public int knownFailures() {
        return count(Outcome.FAILED) - unexpectedFailures();
    }

    /** How many cases were judged at all. */
    public int judged() {
        return count(Outcome.PASSED) + count(Outcome.FAILED);
    }

    /** Why an entry of the known-failing file is stale, in a few words. */
    public String whyStale(String entry) {
        return results.stream()
                .filter(result -> result.subject().id().equals(entry))
                .findFirst()
                .map(result -> result.outcome() == Outcome.PASSED
                        ? "the case passed"
                        : "the case was skipped (" + result.detail() + ")")
                .orElse("there is no such case");
    }

    /** Whether something passed, nothing failed unannounced, no announcement was stale, and nothing else went wrong. */
    public boolean isGreen() {
        return count(Outcome.PASSED) > 0 && unexpectedFailures() == 0 && stale.isEmpty() && faults.isEmpty();
    }
}
