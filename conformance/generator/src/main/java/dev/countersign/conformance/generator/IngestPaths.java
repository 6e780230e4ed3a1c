package dev.countersign.conformance.generator;

import java.util.List;

/** Paths that look like the /ingest rule's and are not, and paths under the rule with something odd in them. */
final class IngestPaths {
    private IngestPaths() {}

    /**
     * A path that is signed as it comes.
     *
     * @param mistaken what a lax rule would make of it
     * @param mistake what such a rule would have to do, as a sentence
     */
    record NearMiss(String name, String path, String mistaken, String mistake) {}

    /**
     * A path to which the rule applies.
     *
     * @param signed what is signed
     * @param mistaken another path, which a rule with a mistake would make
     * @param mistake what such a rule would have to do, as a sentence
     */
    record Stripped(String name, String path, String signed, String mistaken, String mistake) {}

    static final List<NearMiss> NEAR_MISSES = List.of(
            new NearMiss("no-slash", "/ingest/v1", "/v1", "The prefix ends with a slash; this path does not have it."),
            new NearMiss("prefix-without-version", "/ingest/", "/", "The version is part of the prefix."),
            new NearMiss("other-version", "/ingest/v2/hsi", "/v2/hsi", "The version is part of the prefix."),
            new NearMiss("version-ten", "/ingest/v10/hsi", "/v10/hsi", "v10 begins like v1, but no slash follows v1."),
            new NearMiss("longer-word", "/ingestion/v1/hsi", "/v1/hsi", "ingestion is another word than ingest."),
            new NearMiss("word-upper-case", "/INGEST/v1/hsi", "/v1/hsi", "Paths compare byte by byte, with case."),
            new NearMiss("version-upper-case", "/ingest/V1/hsi", "/V1/hsi", "Paths compare byte by byte, with case."),
            new NearMiss(
                    "double-slash-inside", "/ingest//v1/hsi", "/v1/hsi", "Slashes are not merged before the rule."),
            new NearMiss(
                    "double-slash-in-front", "//ingest/v1/hsi", "/v1/hsi", "Slashes are not merged before the rule."),
            new NearMiss("encoded-slash", "/ingest/v1%2Fhsi", "/v1%2Fhsi", "Nothing is decoded before the rule."),
            new NearMiss("encoded-letter", "/%69ngest/v1/hsi", "/v1/hsi", "Nothing is decoded before the rule."),
            new NearMiss(
                    "dot-segment-in-front",
                    "/./ingest/v1/hsi",
                    "/v1/hsi",
                    "Dot segments are not resolved before the rule."),
            new NearMiss(
                    "dot-segments-lead-to-it",
                    "/x/../ingest/v1/hsi",
                    "/v1/hsi",
                    "Dot segments are not resolved before the rule."),
            new NearMiss(
                    "parameter-on-prefix",
                    "/ingest;a=b/v1/hsi",
                    "/v1/hsi",
                    "Parameters are not cut off before the rule."),
            new NearMiss(
                    "twice",
                    "/ingest/ingest/v1/hsi",
                    "/ingest/v1/hsi",
                    "The prefix stands at the beginning, or the rule does not apply."),
            new NearMiss(
                    "not-at-the-beginning",
                    "/api/ingest/v1/hsi",
                    "/api/v1/hsi",
                    "The prefix stands at the beginning, or the rule does not apply."));

    static final List<Stripped> STRIPPED = List.of(
            new Stripped("nothing-behind", "/ingest/v1/", "/v1/", "/v1", "The slash at the end stays."),
            new Stripped(
                    "once-only",
                    "/ingest/v1/ingest/v1/hsi",
                    "/v1/ingest/v1/hsi",
                    "/v1/v1/hsi",
                    "The rule takes the leading /ingest and no other."),
            new Stripped(
                    "dot-segments-behind",
                    "/ingest/v1/../hsi",
                    "/v1/../hsi",
                    "/hsi",
                    "The raw path starts with the prefix; what follows is not resolved, neither before nor after."),
            new Stripped(
                    "double-slash-behind",
                    "/ingest/v1//hsi",
                    "/v1//hsi",
                    "/v1/hsi",
                    "Only the prefix is replaced; the rest stays as it came."),
            new Stripped(
                    "escape-behind",
                    "/ingest/v1/a%2Fb",
                    "/v1/a%2Fb",
                    "/v1/a/b",
                    "Only the prefix is replaced; the rest stays as it came."),
            new Stripped(
                    "upper-case-behind",
                    "/ingest/v1/HSI",
                    "/v1/HSI",
                    "/v1/hsi",
                    "Only the prefix is replaced; the rest stays as it came."));
}
