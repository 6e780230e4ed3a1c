package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Difference;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects the cases of one group. */
final class CaseBook {
    private final String group;
    private final String title;
    private final Role role;
    private final Map<String, Case> cases = new LinkedHashMap<>();

    CaseBook(String group, String title, Role role) {
        this.group = group;
        this.title = title;
        this.role = role;
    }

    /** A case that shows a rule applied or kept. */
    void positive(String name, Rules rule, List<Flag> flags, String comment, Scenario scenario) {
        add(name, rule, flags, true, comment, null, List.of(), scenario);
    }

    /**
     * A breach or a near miss.
     *
     * @param from name of the positive case of this group that it departs from, or a whole id of another group's
     * @param difference the one thing that is different
     */
    void negative(
            String name,
            Rules rule,
            List<Flag> flags,
            String from,
            String difference,
            String comment,
            Scenario scenario) {
        add(name, rule, flags, false, comment, new Difference(whole(from), difference), List.of(), scenario);
    }

    /** One request, which a verifier with its usual settings accepts: {@link #positive}. */
    void accepts(String name, Rules rule, List<Flag> flags, String comment, Draft draft) {
        positive(name, rule, flags, comment, Scenario.verifier().verify(draft, Expect.accepted()));
    }

    /** One request, which a verifier with its usual settings rejects: {@link #negative}. */
    void rejects(
            String name,
            Rules rule,
            List<Flag> flags,
            String from,
            String difference,
            String comment,
            Draft draft,
            Reason reason) {
        negative(
                name,
                rule,
                flags,
                from,
                difference,
                comment,
                Scenario.verifier().verify(draft, Expect.rejected(reason)));
    }

    /** A case of either kind that can be judged only if the harness shows more than it must. */
    void add(
            String name,
            Rules rule,
            List<Flag> flags,
            boolean positive,
            String comment,
            @Nullable Difference difference,
            List<String> needs,
            Scenario scenario) {
        if (name.contains("/")) {
            throw new IllegalArgumentException("a case is named within its group: " + name);
        }
        String id = whole(name);
        Case added = new Case(
                id,
                role,
                rule.id,
                flags.stream().map(Flag::id).toList(),
                positive,
                comment,
                difference,
                needs,
                scenario.steps());
        if (cases.put(id, added) != null) {
            throw new IllegalStateException("two cases are called " + id);
        }
    }

    Group group() {
        return new Group(group, title, new ArrayList<>(cases.values()));
    }

    private String whole(String name) {
        return name.contains("/") ? name : group + "/" + name;
    }
}
