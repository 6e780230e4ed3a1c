package dev.countersign.conformance.protocol;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** One implementation behind the harness protocol (PROTOCOL.md). Asked by one thread, one request after another. */
public interface Harness {
    /** Its name. */
    String name();

    /** Its version. */
    String version();

    /** The operations it answers, without {@code hello}. */
    List<String> ops();

    /**
     * Answers a request of one of {@link #ops}, in the order of arrival.
     *
     * @return the answer without its id
     * @throws UnsupportedCaseException if this implementation cannot do what is asked
     */
    ObjectNode answer(String op, ObjectNode request);
}
