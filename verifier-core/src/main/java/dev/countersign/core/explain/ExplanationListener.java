package dev.countersign.core.explain;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * Gets an explanation of each rejection, within limits. For development and not for production, because explanations
 * show paths, ids, nonces and hashes. To print them:
 *
 * <pre>{@code
 * CountersignVerifier.builder(keys, nonces)
 *         .explainRejections(ExplanationListener.printing(System.err::println))
 *         .build();
 * }</pre>
 *
 * <p>Must be thread-safe. The verifier calls it on the thread that reached the verdict, after it has published the
 * verdict: be quick. {@link dev.countersign.core.CountersignVerifier#explanationFailures} counts its exceptions, which
 * change nothing.
 */
public interface ExplanationListener {
    /**
     * Called once by {@code build()}: show the warning prominently.
     *
     * @param warning one line: what explanations show, and that they are not for production
     */
    void onTurnedOn(String warning);

    /**
     * Called with an explanation.
     *
     * @param explanation immutable
     */
    void onRejection(Explanation explanation);

    /**
     * A listener that passes the warning and the text of each explanation to a printer. A text has several lines of
     * printable ASCII, without a line feed after the last one.
     *
     * @param printer thread-safe, such as {@code System.err::println}
     */
    static ExplanationListener printing(Consumer<String> printer) {
        Objects.requireNonNull(printer, "printer");
        return new ExplanationListener() {
            @Override
            public void onTurnedOn(String warning) {
                printer.accept(warning);
            }

            @Override
            public void onRejection(Explanation explanation) {
                printer.accept(explanation.text());
            }
        };
    }
}
