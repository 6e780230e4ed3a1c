package dev.countersign.core.explain;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * Is given an explanation of each rejection, within limits; for development and not for production, because explanations show
 * paths, ids, nonces and hashes. To print them:
 *
 * <pre>{@code
 * CountersignVerifier.builder(keys, nonces)
 *         .explainRejections(ExplanationListener.printing(System.err::println))
 *         .build();
 * }</pre>
 *
 * <p>Must be thread-safe. Called on the thread that reached the verdict, after the caller was given it: be quick. Whatever it
 * throws is counted by {@link dev.countersign.core.CountersignVerifier#explanationFailures} and changes nothing.
 */
public interface ExplanationListener {
    /**
     * Called once by {@code build()}: show it where nobody misses it.
     *
     * @param warning one line: what explanations show, and that they are not for production
     */
    void onTurnedOn(String warning);

    /**
     * Takes an explanation.
     *
     * @param explanation immutable
     */
    void onRejection(Explanation explanation);

    /**
     * Gives the warning and the text of each explanation to a printer. A text has several lines, without a line feed behind the
     * last one; it is printable ASCII whatever the client sent.
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
