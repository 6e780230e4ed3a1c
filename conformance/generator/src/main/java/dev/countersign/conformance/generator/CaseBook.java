package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Collects the cases of one group. */
final class CaseBook {
    private final String group;
    private final String title;
    private final Role role;
    private final Map<String, Case> cases = new LinkedHashMap<>();
    private final Set<String> unfinished = new LinkedHashSet<>();

    CaseBook(String group, String title, Role role) {
        this.group = group;
        this.title = title;
        this.role = role;
    }

    /** Begins a case that shows a rule applied or kept. */
    CaseBuilder positive(String name) {
        return begin(name, true);
    }

    /** Begins a breach or a near miss, which departs from a positive case in one thing. */
    CaseBuilder negative(String name) {
        return begin(name, false);
    }

    private CaseBuilder begin(String name, boolean positive) {
        unfinished.add(group + "/" + name);
        return new CaseBuilder(group, name, role, positive, this::add);
    }

    private void add(Case added) {
        unfinished.remove(added.id());
        if (cases.put(added.id(), added) != null) {
            throw new IllegalStateException("two cases are called " + added.id());
        }
    }

    /**
     * All of them, in the order in which they were added.
     *
     * @throws IllegalStateException if one was begun and not added
     */
    Group group() {
        if (!unfinished.isEmpty()) {
            throw new IllegalStateException("begun, but nothing happens in them: " + unfinished);
        }
        return new Group(group, title, new ArrayList<>(cases.values()));
    }
}
