package dev.countersign.conformance.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Difference;
import dev.countersign.conformance.suite.Role;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class CaseBookTest {
    private static final Draft RIGHT = Draft.post("/x");

    private final CaseBook book = new CaseBook("group", "Title", Role.VERIFIER);

    private CaseBuilder positive(String name) {
        return book.positive(name).rule(Rules.NONCE).flags(Flags.ORDINARY).comment("Why.");
    }

    private CaseBuilder negative(String name) {
        return book.negative(name).rule(Rules.NONCE).flags(Flags.ORDINARY).comment("Why.");
    }

    private static void assertRefused(String words, Executable step) {
        String message =
                String.valueOf(assertThrows(IllegalStateException.class, step).getMessage());
        assertTrue(message.contains(words), message);
    }

    @Test
    void aCaseHasItsParts() {
        positive("good").accepts(RIGHT);
        negative("bad")
                .from("good")
                .difference("One thing.")
                .needs(List.of("a"))
                .rejects(RIGHT, Reason.CLOCK_SKEW);
        negative("other").from("more/good").difference("One thing.").rejects(RIGHT, Reason.CLOCK_SKEW);
        List<Case> cases = book.group().cases();
        assertEquals(
                List.of("group/good", "group/bad", "group/other"),
                cases.stream().map(Case::id).toList());
        Case good = cases.get(0);
        assertTrue(good.positive());
        assertNull(good.difference());
        assertEquals(Rules.NONCE.id, good.rule());
        assertEquals(List.of(Flags.ORDINARY.id()), good.flags());
        assertEquals("Why.", good.comment());
        assertEquals(List.of(), good.needs());
        assertEquals(2, good.steps().size());
        assertEquals(new Difference("group/good", "One thing."), cases.get(1).difference());
        assertEquals(List.of("a"), cases.get(1).needs());
        assertEquals(
                "CLOCK_SKEW",
                cases.get(1).steps().get(1).expect().path("reason").asText());
        assertEquals(new Difference("more/good", "One thing."), cases.get(2).difference());
    }

    @Test
    void noPartIsForgotten() {
        assertRefused(
                "has no rule",
                () -> book.positive("a").flags(Flags.ORDINARY).comment("Why.").accepts(RIGHT));
        assertRefused(
                "has no flags",
                () -> book.positive("b").rule(Rules.NONCE).comment("Why.").accepts(RIGHT));
        assertRefused(
                "has no comment",
                () -> book.positive("c").rule(Rules.NONCE).flags(Flags.ORDINARY).accepts(RIGHT));
        assertRefused(
                "has no from", () -> negative("d").difference("One thing.").accepts(RIGHT));
        assertRefused("has no difference", () -> negative("e").from("good").accepts(RIGHT));
    }

    @Test
    void aPositiveCaseDepartsFromNothing() {
        assertRefused("departs from nothing", () -> positive("a").from("b").accepts(RIGHT));
        assertRefused(
                "departs from nothing", () -> positive("c").difference("d").accepts(RIGHT));
    }

    @Test
    void aCaseInWhichNothingHappensIsNotForgotten() {
        positive("good").accepts(RIGHT);
        positive("begun");
        assertRefused("[group/begun]", book::group);
    }

    @Test
    void namesAreUsedOnceAndAreOfTheGroup() {
        positive("good").accepts(RIGHT);
        CaseBuilder again = positive("good");
        assertRefused("two cases are called group/good", () -> again.accepts(RIGHT));
        assertThrows(IllegalArgumentException.class, () -> book.positive("other/good"));
    }
}
