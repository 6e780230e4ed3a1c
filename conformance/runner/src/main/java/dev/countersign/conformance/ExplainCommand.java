package dev.countersign.conformance;

import dev.countersign.conformance.report.Explanation;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Suite;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows one case to a person. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        description = "Shows a case: its rule, what is sent, every value on the way, and why the answer is right.")
final class ExplainCommand implements Callable<Integer> {
    private static final int NEAR = 8;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private VectorsOption.Folder vectors = new VectorsOption.Folder();

    @Parameters(paramLabel = "ID", description = "of the case, such as ingest/post-stripped")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String id;

    @Override
    public Integer call() {
        Suite suite = vectors.suite(spec);
        Case subject =
                suite.find(id).orElseThrow(() -> Main.usage(spec, "there is no case \"" + id + "\"" + near(suite)));
        Main.out(spec).print(Explanation.of(suite, subject));
        Main.out(spec).flush();
        return Main.GREEN;
    }

    private String near(Suite suite) {
        List<String> near = suite.cases().stream()
                .map(Case::id)
                .filter(other -> other.contains(id) || id.contains(other.substring(other.indexOf('/') + 1)))
                .limit(NEAR)
                .toList();
        return near.isEmpty() ? "; see list" : "; there is " + String.join(", ", near);
    }
}
