package dev.countersign.conformance.suite;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A test case: exchanges in order, each with what is expected of the answer. It passes if every answer is as expected.
 *
 * @param id stable, {@code group/name}
 * @param role what it looks at
 * @param rule id of the rule it shows
 * @param flags ids of what is special about it, at least one
 * @param positive whether it shows the rule applied or kept, and not a near miss or a breach
 * @param comment what happens and why the answer is right, in a sentence or two
 * @param difference what sets it apart from a positive case; null for positive cases
 * @param needs optional parts of an answer without which it cannot be judged, such as {@code responseHeaders}
 * @param steps at least one
 */
public record Case(
        String id,
        Role role,
        String rule,
        List<String> flags,
        boolean positive,
        String comment,
        @Nullable Difference difference,
        List<String> needs,
        List<Step> steps) {
    /** Makes the lists unmodifiable. */
    public Case {
        flags = List.copyOf(flags);
        needs = List.copyOf(needs);
        steps = List.copyOf(steps);
    }

    /** The part of the id before the slash: the file that has the case. */
    public String group() {
        return id.substring(0, id.indexOf('/'));
    }
}
