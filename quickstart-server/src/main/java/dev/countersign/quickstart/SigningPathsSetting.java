package dev.countersign.quickstart;

import dev.countersign.core.SigningPaths;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which path a signature covers.
 *
 * @param stripped the prefixes that are stripped for every method, none for the other rules
 */
record SigningPathsSetting(SigningPaths paths, List<String> stripped) {
    private static final String RULES = "COUNTERSIGN_SIGNING_PATHS";
    private static final String UNSTRIPPED = "COUNTERSIGN_ACCEPT_UNSTRIPPED";
    private static final String STRIP = "strip:";

    /**
     * @param rules {@code ingest} (as null means), {@code none}, or {@code strip:/auth} once or several times
     * @param unstripped prefixes below which a signature for the path as it came is accepted as well
     */
    static SigningPathsSetting of(@Nullable String rules, @Nullable String unstripped) throws StartupException {
        List<String> stripped = new ArrayList<>();
        SigningPaths.Builder paths = SigningPaths.builder();
        if (rules == null || rules.equals("ingest")) {
            paths.rule(Set.of("POST"), "/ingest/v1/", "/v1/");
        } else if (!rules.equals("none")) {
            for (String rule : rules.split(",", -1)) {
                if (!rule.startsWith(STRIP)) {
                    throw new StartupException(
                            RULES + " must be ingest, none, or strip: with a prefix, several of them"
                                    + " joined with commas - strip:/auth or strip:/auth,strip:/consent, for instance; no spaces");
                }
                stripped.add(rule.substring(STRIP.length()));
            }
        }
        try {
            stripped.forEach(paths::strip);
            // Writing several prefixes down is asking for them; notice() says what that means.
            paths.allowOneSignatureForSeveralServices().build();
        } catch (IllegalArgumentException refused) {
            throw new StartupException(RULES + ": " + refused.getMessage(), refused);
        }
        if (unstripped != null) {
            if (rules != null && rules.equals("none")) {
                throw new StartupException(
                        UNSTRIPPED + " must be left out with " + RULES + "=none: nothing is stripped there");
            }
            for (String prefix : unstripped.split(",", -1)) {
                acceptUnstripped(paths, prefix);
            }
        }
        return new SigningPathsSetting(paths.build(), List.copyOf(stripped));
    }

    private static void acceptUnstripped(SigningPaths.Builder paths, String prefix) throws StartupException {
        try {
            paths.acceptUnstripped(prefix).build();
        } catch (IllegalArgumentException refused) {
            throw new StartupException(
                    UNSTRIPPED + " must be paths that " + RULES + " strips, joined with commas - /ingest/v1/hsi,"
                            + " for instance; no spaces (" + refused.getMessage() + ")",
                    refused);
        }
    }

    /** What whoever starts the server has to know of it, or null. */
    @Nullable String notice() {
        if (stripped.size() < 2) {
            return null;
        }
        return RULES + " strips several prefixes: a signature for " + stripped.get(0) + "/x is also one for "
                + stripped.get(1) + "/x, so whoever can hold a request back chooses which service gets it";
    }
}
