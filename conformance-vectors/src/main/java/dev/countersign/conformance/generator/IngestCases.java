package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;
import java.util.Map;

/** Whole requests under the /ingest rule and its near misses. */
final class IngestCases {
    private final CaseBook book = new CaseBook("ingest", "The /ingest rule on whole requests", Role.VERIFIER);

    /** Near misses: what the request looks like, and why the rule leaves it alone. */
    private static final Map<String, String> VERBATIM = Map.of("no-slash", "/ingest/v1");

    static Group group() {
        IngestCases cases = new IngestCases();
        cases.strip();
        cases.otherMethods();
        cases.nearMisses();
        return cases.book.group();
    }

    private void strip() {
        Draft stripped = Draft.post("/ingest/v1/hsi").signingPath("/v1/hsi");
        book.positive(
                "post-stripped",
                Rules.INGEST_STRIP,
                List.of(Flags.INGEST_PREFIX),
                "POST below /ingest/v1/, signed without the leading /ingest as clients do.",
                Scenario.verifier().verify(stripped, accepted("/v1/hsi")));
        book.negative(
                "post-signed-unstripped",
                Rules.INGEST_STRIP,
                List.of(Flags.INGEST_PREFIX, Flags.SIGNED_OTHER_PATH),
                "post-stripped",
                "The signature covers the path as it came.",
                "Nothing is signed for the unstripped path unless the deployment names its prefix.",
                Scenario.verifier().verify(stripped.signingPath("/ingest/v1/hsi"), rejected(Reason.INVALID_SIGNATURE)));
    }

    private void otherMethods() {
        for (String method : List.of("GET", "PUT")) {
            verbatim(
                    method.toLowerCase(java.util.Locale.ROOT) + "-verbatim",
                    Rules.INGEST_METHOD,
                    Flags.INGEST_OTHER_METHOD,
                    Draft.post("/ingest/v1/hsi").method(method),
                    method + " is not POST: the path is signed as it comes.");
        }
    }

    private void nearMisses() {
        VERBATIM.forEach((name, path) -> verbatim(
                name, Rules.INGEST_PREFIX, Flags.INGEST_NEAR_MISS, Draft.post(path), "Not exactly /ingest/v1/."));
    }

    /** Signed as it comes it is accepted; signed without the prefix it is not. */
    private void verbatim(String name, Rules rule, Flag flag, Draft draft, String comment) {
        book.positive(name, rule, List.of(flag), comment, Scenario.verifier().verify(draft, accepted()));
        book.negative(
                name + "-signed-stripped",
                rule,
                List.of(flag, Flags.SIGNED_OTHER_PATH),
                name,
                "The signature covers the path without /ingest.",
                "The rule does not apply, so a signature over the shorter path is for another request.",
                Scenario.verifier().verify(draft.signingPath("/v1/hsi"), rejected(Reason.INVALID_SIGNATURE)));
    }
}
