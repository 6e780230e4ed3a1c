package dev.countersign.conformance.suite;

import java.util.List;

/**
 * The cases of one file.
 *
 * @param name of the file without its ending, and first part of its cases' ids
 * @param title what it is about
 * @param cases in the order in which they are run
 */
public record Group(String name, String title, List<Case> cases) {
    /** Makes the list unmodifiable. */
    public Group {
        cases = List.copyOf(cases);
    }
}
