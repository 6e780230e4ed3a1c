package dev.countersign.conformance.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Step;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CasePatternTest {
    private static final Step STEP = new Step(Cases.message("/ok"), Cases.object("messageHex", "00"), null, null);
    private static final List<Case> CASES = List.of(
            Cases.of("ingest/post", Role.MESSAGE, List.of("IngestPrefix"), STEP),
            Cases.of("ingest/get", Role.VERIFIER, List.of("IngestPrefix", "Get"), STEP),
            Cases.of("keys/a.b", Role.KEYS, List.of("Compressed"), STEP));

    private static List<String> select(List<String> only, List<String> skip) {
        return CasePattern.select(
                        CASES,
                        only.stream().map(CasePattern::of).toList(),
                        skip.stream().map(CasePattern::of).toList())
                .stream()
                .map(Case::id)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "ingest/post, ingest/post",
        "ingest/*, ingest/post ingest/get",
        "*t, ingest/post ingest/get",
        "ingest, ingest/post ingest/get",
        "*/?et, ingest/get",
        "keys/a?b, keys/a.b",
        "role:message, ingest/post",
        "role:*er, ingest/get",
        "rule:rule.k*, keys/a.b",
        "flag:IngestPrefix, ingest/post ingest/get",
        "flag:Get, ingest/get"
    })
    void picks(String pattern, String ids) {
        assertEquals(
                List.of(ids.split(" ", -1)).stream()
                        .filter(id -> id.contains("/"))
                        .toList(),
                select(List.of(pattern), List.of()));
    }

    @Test
    void aDotIsADot() {
        assertThrows(IllegalArgumentException.class, () -> select(List.of("ingest.post"), List.of()));
        assertEquals(List.of("keys/a.b"), select(List.of("keys/a.b"), List.of()));
    }

    @Test
    void skipWinsOverOnly() {
        assertEquals(List.of("ingest/post"), select(List.of("ingest/*"), List.of("flag:Get")));
        assertEquals(List.of("keys/a.b"), select(List.of(), List.of("ingest")));
        assertEquals(List.of("ingest/get", "keys/a.b"), select(List.of("keys", "*/get"), List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ingest/pos", "INGEST/*", "post", "role:ingest", "flag:ingestprefix"})
    void aPatternThatFitsNothingIsAnError(String pattern) {
        assertThrows(IllegalArgumentException.class, () -> select(List.of(pattern), List.of()));
        assertThrows(IllegalArgumentException.class, () -> select(List.of(), List.of(pattern)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "role:", "group:ingest", "x:y"})
    void refusesWhatIsNoPattern(String pattern) {
        assertThrows(IllegalArgumentException.class, () -> CasePattern.of(pattern));
    }
}
