package dev.countersign.conformance.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandWordsTest {
    @Test
    void splitsAtWhiteSpace() {
        assertEquals(List.of("node", "harness.mjs"), CommandWords.of("  node \t harness.mjs\n"));
    }

    @Test
    void quotesHoldWordsTogether() {
        assertEquals(List.of("a b", "c d"), CommandWords.of("'a b' \"c d\""));
        assertEquals(List.of("java", "-Dx=a b", ""), CommandWords.of("java -Dx='a b' ''"));
        assertEquals(List.of("it's", "\"so\""), CommandWords.of("\"it's\" '\"so\"'"));
    }

    @Test
    void aBackslashMakesQuotesAndSpacesOrdinary() {
        assertEquals(List.of("a b", "say", "\"so\""), CommandWords.of("a\\ b say \"\\\"so\\\"\""));
        assertEquals(List.of("\\"), CommandWords.of("\\\\"));
        assertEquals(List.of("\\", "x"), CommandWords.of("'\\' x"));
    }

    @Test
    void aBackslashElsewhereStandsForItself() {
        assertEquals(List.of("C:\\tools\\node.exe", "a\\"), CommandWords.of("C:\\tools\\node.exe a\\"));
    }

    @Test
    void nothingIsExpanded() {
        assertEquals(List.of("echo", "$HOME", "*", "|", "cat;", "`x`"), CommandWords.of("echo $HOME * | cat; `x`"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "''", "\"a", "a 'b", "'' a", "\"a\\\""})
    void refusesWhatIsNoCommand(String line) {
        assertThrows(IllegalArgumentException.class, () -> CommandWords.of(line));
    }
}
