package dev.countersign.conformance.runner;

import java.util.List;
import java.util.Optional;

/** A breakdown of the harness whose cause is being looked for among the cases that were under way. */
final class Breakdown {
    private final String what;
    private final List<String> suspects;
    private int open;
    private boolean explained;

    /** What the harness did, and the ids of the cases that were under way. */
    Breakdown(String what, List<String> suspects) {
        this.what = what;
        this.suspects = suspects;
    }

    /** Takes a case that will be asked again, alone. */
    void suspect(Asked asked) {
        asked.suspicion = this;
        open++;
    }

    /**
     * A suspect was asked again.
     *
     * @param guilty whether the harness broke down again
     * @return what is to be said if it was the last one and none is to blame
     */
    Optional<String> resolve(boolean guilty) {
        open--;
        explained |= guilty;
        if (open > 0 || explained) {
            return Optional.empty();
        }
        String which = suspects.size() == 1
                ? suspects.get(0) + " was"
                : suspects.size() + " cases (" + suspects.get(0) + " to " + suspects.get(suspects.size() - 1)
                        + ") were";
        return Optional.of("while " + which + " under way, the harness " + what
                + "\nAsked again alone it did not, so no case is to blame.");
    }
}
