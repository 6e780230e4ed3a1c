package dev.countersign.conformance.suite;

import java.util.List;
import java.util.Optional;

/**
 * All there is to check an implementation with.
 *
 * @param suiteVersion version of the content, {@code MAJOR.MINOR.PATCH}; the policy is in FORMAT.md
 * @param rules in the order of the protocol
 * @param flags by id
 * @param groups in the order in which they are run
 */
public record Suite(String suiteVersion, List<Rule> rules, List<Flag> flags, List<Group> groups) {
    /** Version of the files' format that this code reads and writes. */
    public static final int SCHEMA_VERSION = 1;

    /** Makes the lists unmodifiable. */
    public Suite {
        rules = List.copyOf(rules);
        flags = List.copyOf(flags);
        groups = List.copyOf(groups);
    }

    /** Every case, in order. */
    public List<Case> cases() {
        return groups.stream().flatMap(group -> group.cases().stream()).toList();
    }

    /** The case of that id. */
    public Optional<Case> find(String id) {
        return groups.stream()
                .flatMap(group -> group.cases().stream())
                .filter(aCase -> aCase.id().equals(id))
                .findFirst();
    }

    /** The rule of that id. */
    public Optional<Rule> rule(String id) {
        return rules.stream().filter(rule -> rule.id().equals(id)).findFirst();
    }

    /** The flag of that id. */
    public Optional<Flag> flag(String id) {
        return flags.stream().filter(flag -> flag.id().equals(id)).findFirst();
    }
}
