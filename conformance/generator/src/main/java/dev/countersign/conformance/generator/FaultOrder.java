package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Flag;
import java.util.ArrayList;
import java.util.List;

/**
 * Cases with several faults, of which the protocol says which one the answer names.
 *
 * @param book gets the cases
 * @param rule that they show
 * @param common what is special about all of them
 */
record FaultOrder(CaseBook book, Rules rule, List<Flag> common) {
    /** A case with several faults, beside which another may be set. */
    Answered answered(String name, Flag flag, String comment, Scenario both) {
        List<Flag> flags = flags(flag);
        flags.add(StateFlags.SEVERAL_FAULTS);
        book.positive(name).rule(rule).flags(flags).comment(comment).steps(both);
        return new Answered(name, flag);
    }

    /** A case that was added. */
    final class Answered {
        private final String name;
        private final Flag flag;

        private Answered(String name, Flag flag) {
            this.name = name;
            this.flag = flag;
        }

        /** Adds the same case without the fault that the answer names. */
        void without(String otherName, String difference, Scenario other) {
            book.negative(otherName)
                    .rule(rule)
                    .flags(flags(flag))
                    .from(name)
                    .difference(difference)
                    .comment("With one fault taken away, the answer names the other one.")
                    .steps(other);
        }
    }

    private List<Flag> flags(Flag flag) {
        List<Flag> flags = new ArrayList<>();
        flags.add(flag);
        flags.addAll(common);
        return flags;
    }
}
