package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;
import java.util.function.UnaryOperator;

/** Whole requests under the /ingest rule, its near misses, and rules of a deployment's own. */
final class IngestCases {
    private static final String OTHER_PATH_IS_OTHER_REQUEST =
            "The rule does not apply, so a signature over the shorter path is for another request.";

    private final CaseBook book = new CaseBook("ingest", "The /ingest rule on whole requests", Role.VERIFIER);

    static Group group() {
        IngestCases cases = new IngestCases();
        cases.strip();
        cases.otherMethods();
        cases.nearMisses();
        cases.withoutRule();
        cases.ownRules();
        cases.unstripped();
        cases.checks();
        return cases.book.group();
    }

    private void strip() {
        Draft stripped = Draft.post("/ingest/v1/hsi").signingPath("/v1/hsi");
        book.positive("post-stripped")
                .rule(Rules.INGEST_STRIP)
                .flags(Flags.INGEST_PREFIX)
                .comment("POST below /ingest/v1/, signed without the leading /ingest as clients do.")
                .steps(Scenario.verifier().verify(stripped, accepted("/v1/hsi")));
        book.negative("post-signed-unstripped")
                .rule(Rules.INGEST_STRIP)
                .flags(Flags.INGEST_PREFIX, Flags.SIGNED_OTHER_PATH)
                .from("post-stripped")
                .difference("The signature covers the path as it came.")
                .comment("Nothing is signed for the unstripped path unless the deployment names its prefix.")
                .rejects(stripped.signingPath("/ingest/v1/hsi"), Reason.INVALID_SIGNATURE);
        book.negative("post-lower-case")
                .rule(Rules.METHOD_FORM)
                .flags(Flags.INGEST_OTHER_METHOD, Flags.LETTER_CASE)
                .from("post-stripped")
                .difference("The method is sent as post.")
                .comment(
                        "A captured POST that is sent again as post must not slip past a rule: the method is malformed, and never upper-cased.")
                .rejects(stripped.method("post"), Reason.MALFORMED_TARGET);
        strip(
                "absolute-form",
                "http://example.com/ingest/v1/hsi",
                "Absolute-form means its path.",
                "/v1/hsi",
                "/ingest/v1/hsi");
        strip("with-query", "/ingest/v1/hsi?a=b", "The query is left out first.", "/v1/hsi", "/v1/hsi?a=b");
        for (IngestPaths.Stripped path : IngestPaths.STRIPPED) {
            strip(path.name(), path.path(), path.mistake(), path.signed(), path.mistaken());
        }
    }

    private void strip(String name, String target, String comment, String signed, String mistaken) {
        Draft draft = Draft.post(target).signingPath(signed);
        book.positive(name)
                .rule(Rules.INGEST_STRIP)
                .flags(Flags.INGEST_PREFIX)
                .comment(comment)
                .steps(Scenario.verifier().verify(draft, accepted(signed)));
        book.negative(name + "-signed-otherwise")
                .rule(Rules.INGEST_STRIP)
                .flags(Flags.INGEST_PREFIX, Flags.SIGNED_OTHER_PATH)
                .from(name)
                .difference("The signature covers " + mistaken + ".")
                .comment(comment + " No other path is signed.")
                .rejects(draft.signingPath(mistaken), Reason.INVALID_SIGNATURE);
    }

    private void otherMethods() {
        for (String method : List.of("GET", "HEAD", "PUT", "PATCH", "DELETE", "POSTS")) {
            verbatim(
                    Ascii.lower(method) + "-verbatim",
                    Rules.INGEST_METHOD,
                    Flags.INGEST_OTHER_METHOD,
                    Draft.post("/ingest/v1/hsi").method(method),
                    "/ingest/v1/hsi",
                    "/v1/hsi",
                    method + " is not POST: the path is signed as it comes.");
        }
    }

    private void nearMisses() {
        for (IngestPaths.NearMiss path : IngestPaths.NEAR_MISSES) {
            verbatim(
                    path.name(),
                    Rules.INGEST_PREFIX,
                    Flags.INGEST_NEAR_MISS,
                    Draft.post(path.path()),
                    path.path(),
                    path.mistaken(),
                    path.mistake());
        }
        verbatim(
                "only-in-query",
                Rules.INGEST_PREFIX,
                Flags.INGEST_NEAR_MISS,
                Draft.post("/ingest?/ingest/v1/hsi"),
                "/ingest",
                "/",
                "The query is no part of the path.");
    }

    /** Signed as it comes it is accepted; signed without the prefix it is not. */
    private void verbatim(
            String name, Rules rule, Flag flag, Draft draft, String signed, String mistaken, String comment) {
        book.positive(name)
                .rule(rule)
                .flags(flag)
                .comment(comment)
                .steps(Scenario.verifier().verify(draft, accepted(signed)));
        book.negative(name + "-signed-stripped")
                .rule(rule)
                .flags(flag, Flags.SIGNED_OTHER_PATH)
                .from(name)
                .difference("The signature covers " + mistaken + ".")
                .comment(OTHER_PATH_IS_OTHER_REQUEST)
                .rejects(draft.signingPath(mistaken), Reason.INVALID_SIGNATURE);
    }

    private void withoutRule() {
        Draft verbatim = Draft.post("/ingest/v1/hsi");
        book.positive("no-rule")
                .rule(Rules.SIGNING_PATHS)
                .flags(Flags.NO_SIGNING_PATH)
                .comment("Without rules, as behind a gateway that strips by itself, every path is signed as it comes.")
                .steps(Scenario.verifier(IngestCases::noRule).verify(verbatim, accepted("/ingest/v1/hsi")));
        book.negative("no-rule-signed-stripped")
                .rule(Rules.SIGNING_PATHS)
                .flags(Flags.NO_SIGNING_PATH, Flags.SIGNED_OTHER_PATH)
                .from("no-rule")
                .difference("The signature covers /v1/hsi.")
                .comment("The default rule does not apply where a deployment has none.")
                .steps(Scenario.verifier(IngestCases::noRule)
                        .verify(verbatim.signingPath("/v1/hsi"), rejected(Reason.INVALID_SIGNATURE)));
    }

    private void ownRules() {
        Draft own = Draft.post("/gateway/v1/hsi").signingPath("/v1/hsi");
        ownRule("own-rule", IngestCases::otherRule, own, "/v1/hsi", "The deployment's prefix is replaced.");
        book.negative("own-rule-signed-unstripped")
                .rule(Rules.SIGNING_PATHS)
                .flags(Flags.OWN_SIGNING_PATH, Flags.SIGNED_OTHER_PATH)
                .from("own-rule")
                .difference("The signature covers the path as it came.")
                .comment("Where a rule matches, the path by rule is the signed one.")
                .steps(Scenario.verifier(IngestCases::otherRule)
                        .verify(own.signingPath("/gateway/v1/hsi"), rejected(Reason.INVALID_SIGNATURE)));
        ownRule(
                "own-rule-second-method",
                IngestCases::otherRule,
                Draft.of("PUT", "/gateway/v1/hsi", Body.EMPTY).signingPath("/v1/hsi"),
                "/v1/hsi",
                "A rule can name several methods.");
        Draft patch = Draft.of("PATCH", "/gateway/v1/hsi", Body.EMPTY);
        ownRule(
                "own-rule-other-method",
                IngestCases::otherRule,
                patch,
                "/gateway/v1/hsi",
                "PATCH is not named by the rule.");
        book.negative("own-rule-other-method-signed-stripped")
                .rule(Rules.SIGNING_PATHS)
                .flags(Flags.OWN_SIGNING_PATH, Flags.SIGNED_OTHER_PATH)
                .from("own-rule-other-method")
                .difference("The signature covers /v1/hsi.")
                .comment(OTHER_PATH_IS_OTHER_REQUEST)
                .steps(Scenario.verifier(IngestCases::otherRule)
                        .verify(patch.signingPath("/v1/hsi"), rejected(Reason.INVALID_SIGNATURE)));
        Draft ingest = Draft.post("/ingest/v1/hsi");
        ownRule(
                "own-rule-replaces-default",
                IngestCases::otherRule,
                ingest,
                "/ingest/v1/hsi",
                "The deployment's rules replace the default one: below /ingest/v1/ nothing is stripped any more.");
        book.negative("own-rule-replaces-default-signed-stripped")
                .rule(Rules.SIGNING_PATHS)
                .flags(Flags.OWN_SIGNING_PATH, Flags.SIGNED_OTHER_PATH)
                .from("own-rule-replaces-default")
                .difference("The signature covers /v1/hsi.")
                .comment("The default rule is not added to a deployment's own.")
                .steps(Scenario.verifier(IngestCases::otherRule)
                        .verify(ingest.signingPath("/v1/hsi"), rejected(Reason.INVALID_SIGNATURE)));
        ownRule(
                "several-rules-first",
                IngestCases::severalRules,
                Draft.post("/ingest/v1/hsi").signingPath("/v1/hsi"),
                "/v1/hsi",
                "Of several rules the one that matches counts.");
        Draft second = Draft.post("/v1/eu/hsi").signingPath("/v2/europe/hsi");
        ownRule(
                "several-rules-second",
                IngestCases::severalRules,
                second,
                "/v2/europe/hsi",
                "A replacement can be longer than its prefix.");
        book.negative("several-rules-applied-in-turn")
                .rule(Rules.SIGNING_PATHS)
                .flags(Flags.OWN_SIGNING_PATH, Flags.SIGNED_OTHER_PATH)
                .from("several-rules-second")
                .difference("The path is /ingest/v1/eu/hsi.")
                .comment(
                        "One rule applies, once: /v1/eu/hsi is signed, and not what the other rule would make of that.")
                .steps(Scenario.verifier(IngestCases::severalRules)
                        .verify(second.target("/ingest/v1/eu/hsi"), rejected(Reason.INVALID_SIGNATURE)));
    }

    private void ownRule(String name, UnaryOperator<ObjectNode> rules, Draft draft, String signed, String comment) {
        book.positive(name)
                .rule(Rules.SIGNING_PATHS)
                .flags(Flags.OWN_SIGNING_PATH)
                .comment(comment)
                .steps(Scenario.verifier(rules).verify(draft, accepted(signed)));
    }

    private void unstripped() {
        Draft asItCame = Draft.post("/ingest/v1/hsi");
        unstripped(
                "unstripped-where-named",
                asItCame,
                "/ingest/v1/hsi",
                "The deployment named the prefix: a signature over the path as it came counts.");
        unstripped(
                "stripped-where-named",
                asItCame.signingPath("/v1/hsi"),
                "/v1/hsi",
                "The signature over the path by rule counts as before.");
        unstripped(
                "unstripped-below-named",
                Draft.post("/ingest/v1/hsi2"),
                "/ingest/v1/hsi2",
                "Prefixes compare byte by byte: /ingest/v1/hsi names /ingest/v1/hsi2, too.");
        unstrippedRefused(
                "unstripped-not-named",
                "unstripped-where-named",
                "The path is /ingest/v1/other.",
                "That path is not named, so only the path by rule is signed.",
                Draft.post("/ingest/v1/other"));
        unstrippedRefused(
                "unstripped-other-case",
                "unstripped-where-named",
                "The path is /ingest/v1/HSI.",
                "Prefixes compare byte by byte, with case.",
                Draft.post("/ingest/v1/HSI"));
        unstrippedRefused(
                "neither-path",
                "unstripped-where-named",
                "The signature covers /hsi.",
                "Two paths are candidates, and no third one.",
                asItCame.signingPath("/hsi"));
        Draft read = asItCame.method("GET");
        unstripped(
                "no-rule-matches",
                read,
                "/ingest/v1/hsi",
                "GET is signed as it comes anyway: no rule matches, and there is one candidate.");
        unstrippedRefused(
                "no-rule-matches-signed-stripped",
                "no-rule-matches",
                "The signature covers /v1/hsi.",
                "Naming a prefix adds the path as it came; it never adds the stripped one.",
                read.signingPath("/v1/hsi"));
    }

    private void unstripped(String name, Draft draft, String signed, String comment) {
        book.positive(name)
                .rule(Rules.UNSTRIPPED)
                .flags(Flags.UNSTRIPPED_TOO)
                .comment(comment)
                .steps(Scenario.verifier(IngestCases::hsiUnstripped).verify(draft, accepted(signed)));
    }

    private void unstrippedRefused(String name, String from, String difference, String comment, Draft draft) {
        book.negative(name)
                .rule(Rules.UNSTRIPPED)
                .flags(Flags.UNSTRIPPED_TOO, Flags.SIGNED_OTHER_PATH)
                .from(from)
                .difference(difference)
                .comment(comment)
                .steps(Scenario.verifier(IngestCases::hsiUnstripped).verify(draft, rejected(Reason.INVALID_SIGNATURE)));
    }

    /** Keys are tried likeliest first on the stripped path, then on the other one, four checks in all. */
    private void checks() {
        Draft unstripped = Draft.post("/ingest/v1/hsi");
        DeviceTemplate two = DeviceTemplate.active("a").withKeys(Devices.current("a"), Devices.previous("old", 300));
        DeviceTemplate three = DeviceTemplate.active("a")
                .withKeys(Devices.current("a"), Devices.provisional("new", Devices.DAY), Devices.previous("old", 300));
        checked(
                "two-keys-second-unstripped",
                two,
                "old",
                "Two keys and two paths are four checks: the last one counts.");
        checked(
                "three-keys-first-unstripped",
                three,
                "a",
                "Three checks on the path by rule, and the fourth is the likeliest key on the path as it came.");
        book.positive("three-keys-third-stripped")
                .rule(Rules.SIGNATURE_CHECKS)
                .flags(Flags.FOUR_CHECKS)
                .comment("All three keys are tried on the path by rule.")
                .steps(Scenario.verifier(IngestCases::hsiUnstripped, three)
                        .verify(unstripped.signingPath("/v1/hsi").key("old"), accepted("/v1/hsi")));
        refusedCheck(
                "three-keys-second-unstripped",
                "three-keys-first-unstripped",
                "Signed with the provisional key.",
                unstripped.key("new"),
                three);
        refusedCheck(
                "three-keys-third-unstripped",
                "two-keys-second-unstripped",
                "The device has a provisional key, too.",
                unstripped.key("old"),
                three);
    }

    private void checked(String name, DeviceTemplate device, String key, String comment) {
        book.positive(name)
                .rule(Rules.SIGNATURE_CHECKS)
                .flags(Flags.FOUR_CHECKS)
                .comment(comment)
                .steps(Scenario.verifier(IngestCases::hsiUnstripped, device)
                        .verify(Draft.post("/ingest/v1/hsi").key(key), accepted("/ingest/v1/hsi")));
    }

    private void refusedCheck(String name, String from, String difference, Draft draft, DeviceTemplate device) {
        book.negative(name)
                .rule(Rules.SIGNATURE_CHECKS)
                .flags(Flags.FIFTH_CHECK)
                .from(from)
                .difference(difference)
                .comment("It would take a fifth check to find that the signature is valid: no more than four are made.")
                .steps(Scenario.verifier(IngestCases::hsiUnstripped, device)
                        .verify(draft, rejected(Reason.INVALID_SIGNATURE)));
    }

    private static ObjectNode noRule(ObjectNode config) {
        config.putArray("signingPaths");
        return config;
    }

    /** Below /ingest/v1/, a signature over the path as it came counts, too, where the path starts with this one. */
    private static ObjectNode hsiUnstripped(ObjectNode config) {
        return rule(config, List.of("POST"), "/ingest/v1/", "/v1/", "/ingest/v1/hsi");
    }

    private static ObjectNode otherRule(ObjectNode config) {
        return rule(config, List.of("POST", "PUT"), "/gateway/", "/");
    }

    private static ObjectNode severalRules(ObjectNode config) {
        return rule(
                rule(config, List.of("POST"), "/ingest/v1/", "/v1/"), List.of("GET", "POST"), "/v1/eu/", "/v2/europe/");
    }

    private static ObjectNode rule(
            ObjectNode config, List<String> methods, String prefix, String replacement, String... unstripped) {
        ArrayNode rules = config.withArray("/signingPaths");
        ObjectNode rule = rules.addObject();
        methods.forEach(rule.putArray("methods")::add);
        rule.put("prefix", prefix).put("replacement", replacement);
        if (unstripped.length > 0) {
            ArrayNode named = rule.putArray("acceptUnstripped");
            List.of(unstripped).forEach(named::add);
        }
        return config;
    }
}
