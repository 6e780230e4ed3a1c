package dev.countersign.conformance.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Difference;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Rule;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The suite covers the protocol, and its cases refer to each other and to rules and flags that exist. */
class SuiteTest {
    private static final int LEAST_CASES = 1400;
    private static final int LEAST_PAIRS = 550;

    /** Rules that cannot have a negative case, and why. */
    private static final Map<String, String> WITHOUT_NEGATIVE = Map.of();

    private static final Suite SUITE = SuiteGenerator.suite();

    @Test
    void idsAreUniqueAndWellFormed() {
        Set<String> seen = new HashSet<>();
        for (Case aCase : SUITE.cases()) {
            assertTrue(aCase.id().matches("[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*"), aCase.id());
            assertTrue(seen.add(aCase.id()), () -> "two cases are called " + aCase.id());
        }
        SUITE.groups()
                .forEach(
                        group -> group.cases().forEach(aCase -> assertEquals(group.name(), aCase.group(), aCase.id())));
        assertEquals(
                SUITE.groups().size(),
                SUITE.groups().stream().map(group -> group.name()).distinct().count());
    }

    @Test
    void rulesAndFlagsAreKnownAndAllUsed() {
        Set<String> rules = new TreeSet<>();
        Set<String> flags = new TreeSet<>();
        for (Case aCase : SUITE.cases()) {
            rules.add(aCase.rule());
            assertTrue(!aCase.flags().isEmpty(), () -> aCase.id() + " has no flag");
            assertEquals(new HashSet<>(aCase.flags()).size(), aCase.flags().size(), aCase.id());
            flags.addAll(aCase.flags());
        }
        assertEquals(new TreeSet<>(SUITE.rules().stream().map(Rule::id).toList()), rules);
        assertEquals(new TreeSet<>(SUITE.flags().stream().map(Flag::id).toList()), flags);
    }

    @Test
    void textsAreThere() {
        SUITE.rules().forEach(rule -> {
            isSentence(rule.id(), rule.text());
            assertTrue(!rule.title().isBlank() && !rule.section().isBlank(), rule.id());
        });
        SUITE.flags().forEach(flag -> {
            assertTrue(flag.id().matches("([A-Z][a-z]*[0-9x]*)+"), flag.id());
            isSentence(flag.id(), flag.explanation());
        });
        for (Case aCase : SUITE.cases()) {
            isSentence(aCase.id(), aCase.comment());
            if (aCase.difference() != null) {
                isSentence(aCase.id(), aCase.difference().text());
            }
        }
    }

    @Test
    void everyRuleHasAPositiveAndANegative() {
        Set<String> positive = ruleIds(true);
        Set<String> negative = ruleIds(false);
        List<String> wrong = new ArrayList<>();
        for (Rule rule : SUITE.rules()) {
            String id = rule.id();
            if (!positive.contains(id)) {
                wrong.add(id + " has no positive case");
            }
            boolean exempt = WITHOUT_NEGATIVE.containsKey(id);
            if (negative.contains(id) == exempt) {
                wrong.add(id + (exempt ? " is listed as having no negative case" : " has no negative case"));
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void negativesDepartFromPositivesOfTheirRole() {
        for (Case aCase : SUITE.cases()) {
            Difference difference = aCase.difference();
            assertEquals(aCase.positive(), difference == null, aCase.id());
            if (difference != null) {
                Case from = SUITE.find(difference.from())
                        .orElseThrow(() -> new AssertionError(aCase.id() + " departs from nothing"));
                assertTrue(from.positive(), () -> aCase.id() + " departs from a negative case");
                assertEquals(from.role(), aCase.role(), aCase.id());
            }
        }
    }

    @Test
    void stepsAreOfTheRole() {
        for (Case aCase : SUITE.cases()) {
            assertTrue(!aCase.steps().isEmpty(), aCase.id());
            for (Step step : aCase.steps()) {
                assertTrue(aCase.role().ops().contains(step.op()), () -> aCase.id() + " asks for " + step.op());
                assertTrue(!step.expect().isEmpty(), () -> aCase.id() + " expects nothing");
            }
        }
    }

    @Test
    void thereAreEnough() {
        Map<String, Set<String>> flagsOfRules = SUITE.cases().stream()
                .collect(Collectors.groupingBy(
                        Case::rule,
                        TreeMap::new,
                        Collectors.flatMapping(aCase -> aCase.flags().stream(), Collectors.toSet())));
        int pairs = flagsOfRules.values().stream().mapToInt(Set::size).sum();
        assertTrue(SUITE.cases().size() >= LEAST_CASES, () -> SUITE.cases().size() + " cases");
        assertTrue(pairs >= LEAST_PAIRS, () -> pairs + " pairs of rule and flag");
    }

    private static Set<String> ruleIds(boolean positive) {
        return SUITE.cases().stream()
                .filter(aCase -> aCase.positive() == positive)
                .map(Case::rule)
                .collect(Collectors.toSet());
    }

    private static void isSentence(String id, String text) {
        assertTrue(text.matches("(?s)\\S.*[.)]"), () -> id + " is explained with: " + text);
    }
}
