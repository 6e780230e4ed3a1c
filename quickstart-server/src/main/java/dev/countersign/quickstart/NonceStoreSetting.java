package dev.countersign.quickstart;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which nonce store is wanted.
 *
 * @param uri of Redis, or null for the store in memory
 */
record NonceStoreSetting(@Nullable String uri) {
    private static final Map<String, String> SCHEMES = Map.of(
            "redis", "redis",
            "rediss", "redis over TLS",
            "redis-sentinel", "redis with sentinels",
            "rediss-sentinel", "redis with sentinels, over TLS",
            "redis-cluster", "redis cluster",
            "rediss-cluster", "redis cluster over TLS");

    static final NonceStoreSetting MEMORY = new NonceStoreSetting(null);

    static NonceStoreSetting of(@Nullable String text) throws StartupException {
        if (text == null || text.equals("memory")) {
            return MEMORY;
        }
        // The URI is not repeated in any message: it may hold a password.
        String scheme = scheme(text);
        if (!SCHEMES.containsKey(scheme)) {
            throw new StartupException("COUNTERSIGN_NONCE_STORE must be absent, 'memory', or a URI that starts with"
                    + " redis://, rediss://, redis-sentinel://, rediss-sentinel://, redis-cluster:// or"
                    + " rediss-cluster:// - redis://localhost:6379, for instance");
        }
        String rest = text.substring(scheme.length() + "://".length());
        if (rest.isEmpty() || rest.startsWith("/")) {
            throw new StartupException(
                    "COUNTERSIGN_NONCE_STORE must name a host: " + scheme + "://host:port, for instance");
        }
        if (rest.indexOf('@') != rest.lastIndexOf('@') || rest.matches("[^@]*[/?#].*@.*")) {
            throw new StartupException(
                    "COUNTERSIGN_NONCE_STORE must have one '@', before the host: write %40 for an '@'"
                            + " in the password, %2F for a '/', %3F for a '?' and %23 for a '#'");
        }
        if (scheme.endsWith("-sentinel") && !rest.matches(".*#.+")) {
            throw new StartupException("COUNTERSIGN_NONCE_STORE must end with '#' and the name that the sentinels have"
                    + " for the group: " + scheme + "://host:26379,host:26379/0#mymaster, for instance");
        }
        return new NonceStoreSetting(text);
    }

    boolean isMemory() {
        return uri == null;
    }

    /** For people: what kind of store. */
    String describe() {
        return uri == null ? "memory" : SCHEMES.getOrDefault(scheme(uri), "redis");
    }

    private static String scheme(String uri) {
        int end = uri.indexOf("://");
        return end < 0 ? "" : uri.substring(0, end);
    }

    /** Shows no URI. */
    @Override
    public String toString() {
        return describe();
    }
}
