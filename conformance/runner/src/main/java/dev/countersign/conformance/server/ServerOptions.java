package dev.countersign.conformance.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * How a live server is asked.
 *
 * @param seed what all names and keys of the run are made from. The same seed gives the same ones; a server that
 *     remembers keys refuses those of an earlier run, so a run is repeated on a server with empty stores
 * @param caseLimit how long one case may take
 * @param settings what the server was started with, as {@code config} of the harness protocol has it; a setting that is
 *     not named has its default. Cases that need other settings are skipped
 * @param notes gets, in a sentence each, what the run does to the server and learns from it
 */
public record ServerOptions(String seed, Duration caseLimit, ObjectNode settings, Consumer<String> notes) {
    private static final Duration CASE_LIMIT = Duration.ofSeconds(10);
    private static final int SEED_BYTES = 16;

    /** Refuses a time limit that is none. */
    public ServerOptions {
        if (caseLimit.isZero() || caseLimit.isNegative()) {
            throw new IllegalArgumentException("the time limit of a case must be above zero");
        }
        settings = settings.deepCopy();
    }

    /** A seed nobody can foresee, 10 s for each case, a server with its default settings, and nobody to tell. */
    public static ServerOptions defaults() {
        byte[] seed = new byte[SEED_BYTES];
        new SecureRandom().nextBytes(seed);
        return new ServerOptions(Hex.of(seed), CASE_LIMIT, Json.object(), note -> {});
    }

    /** The same with another seed, any text. */
    public ServerOptions withSeed(String value) {
        return new ServerOptions(value, caseLimit, settings, notes);
    }

    /** The same with another time limit. */
    public ServerOptions withCaseLimit(Duration value) {
        return new ServerOptions(seed, value, settings, notes);
    }

    /** The same for a server with these settings. */
    public ServerOptions withSettings(ObjectNode value) {
        return new ServerOptions(seed, caseLimit, value, notes);
    }

    /** The same with somebody to tell. */
    public ServerOptions withNotes(Consumer<String> value) {
        return new ServerOptions(seed, caseLimit, settings, value);
    }
}
