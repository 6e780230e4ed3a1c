package dev.countersign.conformance;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Rule;
import dev.countersign.conformance.suite.Suite;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists cases, rules or flags: one on a line, fields separated by tabs. */
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "Lists cases (id, role, rule, flags), or rules or flags with the number of their cases;"
                + " fields are separated by tabs.")
final class ListCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private VectorsOption vectors = new VectorsOption();

    @ArgGroup
    private @Nullable What what;

    /** At most one of them. */
    static final class What {
        @Option(names = "--rules", description = "list the rules")
        boolean rules;

        @Option(names = "--flags", description = "list the flags")
        boolean flags;
    }

    @Override
    public Integer call() {
        Suite suite = vectors.suite(spec);
        List<Case> cases = vectors.select(spec, suite);
        PrintWriter out = Main.out(spec);
        if (what == null) {
            for (Case one : cases) {
                row(out, one.id(), one.role().label(), one.rule(), String.join(",", one.flags()));
            }
        } else if (what.rules) {
            for (Rule rule : suite.rules()) {
                long count = cases.stream()
                        .filter(one -> one.rule().equals(rule.id()))
                        .count();
                row(out, rule.id(), Long.toString(count), rule.title());
            }
        } else {
            for (Flag flag : suite.flags()) {
                long count = cases.stream()
                        .filter(one -> one.flags().contains(flag.id()))
                        .count();
                row(out, flag.id(), Long.toString(count), flag.explanation());
            }
        }
        out.flush();
        return Main.GREEN;
    }

    private static void row(PrintWriter out, String... fields) {
        out.println(String.join("\t", fields));
    }
}
