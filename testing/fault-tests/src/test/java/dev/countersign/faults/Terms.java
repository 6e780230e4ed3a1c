package dev.countersign.faults;

import java.time.Duration;
import java.util.Set;

/**
 * What a history is measured by.
 *
 * @param nodes how many there are
 * @param revocation within what time of its commit a revocation counts on every node whose key database is well
 * @param keyOutage how long a node may go on with what it knows when its key database is not well
 * @param recovery within what time of a fault's end every node accepts requests again
 * @param answer within what time every request is answered, in any weather
 * @param expected what must have happened at least once for the run to have shown anything
 */
record Terms(
        int nodes, Duration revocation, Duration keyOutage, Duration recovery, Duration answer, Set<Count> expected) {
    Terms {
        expected = Set.copyOf(expected);
    }
}
