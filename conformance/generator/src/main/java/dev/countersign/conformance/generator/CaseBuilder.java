package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Difference;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Role;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A case in the making, each of its parts by name. The last part is what happens: {@link #steps}, {@link #accepts} or
 * {@link #rejects}, which adds the case to the book that it was begun in.
 */
final class CaseBuilder {
    private final String group;
    private final String name;
    private final Role role;
    private final boolean positive;
    private final Consumer<Case> book;

    private @Nullable Rules rule;
    private @Nullable List<Flag> flags;
    private @Nullable String from;
    private @Nullable String difference;
    private @Nullable String comment;
    private List<String> needs = List.of();

    CaseBuilder(String group, String name, Role role, boolean positive, Consumer<Case> book) {
        if (name.contains("/")) {
            throw new IllegalArgumentException("a case is named within its group: " + name);
        }
        this.group = group;
        this.name = name;
        this.role = role;
        this.positive = positive;
        this.book = book;
    }

    /** Which rule it shows. */
    CaseBuilder rule(Rules shown) {
        rule = shown;
        return this;
    }

    /** What is special about it. */
    CaseBuilder flags(Flag... special) {
        return flags(List.of(special));
    }

    /** What is special about it. */
    CaseBuilder flags(List<Flag> special) {
        flags = List.copyOf(special);
        return this;
    }

    /** Of a negative one: the positive case of this group that it departs from, or a whole id of another group's. */
    CaseBuilder from(String departed) {
        from = departed.contains("/") ? departed : group + "/" + departed;
        return this;
    }

    /** Of a negative one: the one thing that is different. */
    CaseBuilder difference(String only) {
        difference = only;
        return this;
    }

    /** What happens, and why the answer is right. */
    CaseBuilder comment(String why) {
        comment = why;
        return this;
    }

    /** What an answer must show for the case to be judged, though a harness need not. */
    CaseBuilder needs(List<String> optional) {
        needs = List.copyOf(optional);
        return this;
    }

    /** One request, which a verifier with its usual settings accepts. */
    void accepts(Draft request) {
        steps(Scenario.verifier().verify(request, Expect.accepted()));
    }

    /** One request, which a verifier with its usual settings rejects. */
    void rejects(Draft request, Reason reason) {
        steps(Scenario.verifier().verify(request, Expect.rejected(reason)));
    }

    /**
     * The exchanges.
     *
     * @throws IllegalStateException if a part is missing, or is there that this kind of case does not have
     */
    void steps(Scenario scenario) {
        book.accept(new Case(
                group + "/" + name,
                role,
                part("rule", rule).id,
                part("flags", flags).stream().map(Flag::id).toList(),
                positive,
                part("comment", comment),
                departure(),
                needs,
                scenario.steps()));
    }

    private @Nullable Difference departure() {
        if (!positive) {
            return new Difference(part("from", from), part("difference", difference));
        }
        if (from != null || difference != null) {
            throw new IllegalStateException(name + " is positive: it departs from nothing");
        }
        return null;
    }

    private <T> T part(String part, @Nullable T value) {
        if (value == null) {
            throw new IllegalStateException(name + " has no " + part);
        }
        return value;
    }
}
