package dev.countersign.conformance.generator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.FixedNames;
import java.util.function.UnaryOperator;

/** Settings of a verifier, each one field of the {@code config} of a reset. */
final class Settings {
    private Settings() {}

    /** Nothing but defaults. */
    static UnaryOperator<ObjectNode> usual() {
        return config -> config;
    }

    /** Two settings at once. */
    static UnaryOperator<ObjectNode> both(UnaryOperator<ObjectNode> one, UnaryOperator<ObjectNode> other) {
        return config -> other.apply(one.apply(config));
    }

    static UnaryOperator<ObjectNode> window(int seconds) {
        return config -> config.put("freshnessSeconds", seconds);
    }

    /** The second token is off. */
    static UnaryOperator<ObjectNode> nonceOnly() {
        return config -> config.put("replay", "nonce");
    }

    /** Reads are not claimed. */
    static UnaryOperator<ObjectNode> writesOnly() {
        return config -> config.put("replayMethods", "writes");
    }

    static UnaryOperator<ObjectNode> quota(int claims) {
        return config -> config.put("quota", claims);
    }

    /** The second since which the nonce store has been watching, from the case's time. */
    static UnaryOperator<ObjectNode> watchingSince(long offset) {
        return config -> config.put("watchingSince", FixedNames.BASE_TIME + offset);
    }

    static UnaryOperator<ObjectNode> longestBody(int bytes) {
        return config -> config.put("maxBodyBytes", bytes);
    }

    static UnaryOperator<ObjectNode> opaqueIds() {
        return config -> config.put("deviceIds", "opaque");
    }

    static UnaryOperator<ObjectNode> noQueryOnWrites() {
        return config -> config.put("rejectQueryOnWrites", true);
    }
}
