package dev.countersign.quickstart;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the environment says. An empty variable counts as absent.
 *
 * @param port 0 lets the system choose
 * @param home where the state lives
 * @param keysUrl the JDBC URL of another key database, or null for the one in {@code home}
 * @param keysUser for {@code keysUrl}
 * @param keysPassword for {@code keysUrl}
 * @param opaqueDeviceIds whether device ids need not be UUIDs
 */
record Settings(
        int port,
        Path home,
        @Nullable String keysUrl,
        @Nullable String keysUser,
        @Nullable String keysPassword,
        boolean opaqueDeviceIds) {
    private static final int DEFAULT_PORT = 8080;
    private static final int MAX_PORT = 65_535;

    static Settings from(Map<String, String> environment) throws StartupException {
        requireMemoryNonceStore(text(environment, "COUNTERSIGN_NONCE_STORE"));
        String keysUrl = text(environment, "COUNTERSIGN_KEYS_URL");
        String user = text(environment, "COUNTERSIGN_KEYS_USER");
        String password = text(environment, "COUNTERSIGN_KEYS_PASSWORD");
        if (keysUrl == null && (user != null || password != null)) {
            throw new StartupException(
                    "COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD need COUNTERSIGN_KEYS_URL beside them");
        }
        if (keysUrl != null && !keysUrl.startsWith("jdbc:h2:")) {
            // The URL is not repeated: it may hold a password.
            throw new StartupException(
                    "COUNTERSIGN_KEYS_URL must start with jdbc:h2: - this build has the H2 driver only");
        }
        return new Settings(
                port(text(environment, "PORT")),
                home(text(environment, "COUNTERSIGN_HOME")),
                keysUrl,
                user,
                password,
                flag(environment, "COUNTERSIGN_OPAQUE_IDS"));
    }

    /** Shows no URL and no password. */
    @Override
    public String toString() {
        return "Settings[port=" + port + "]";
    }

    private static void requireMemoryNonceStore(@Nullable String url) throws StartupException {
        if (url == null || url.equals("memory")) {
            return;
        }
        throw new StartupException(
                url.startsWith("redis://") || url.startsWith("rediss://")
                        ? "COUNTERSIGN_NONCE_STORE: this build has no Redis nonce store yet;"
                                + " leave the variable out to use the one in memory"
                        : "COUNTERSIGN_NONCE_STORE must be absent or 'memory' in this build");
    }

    private static int port(@Nullable String text) throws StartupException {
        if (text == null) {
            return DEFAULT_PORT;
        }
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > MAX_PORT) {
            throw new StartupException("PORT must be a number from 0 to 65535; 0 lets the system choose");
        }
        return Integer.parseInt(text);
    }

    private static Path home(@Nullable String text) throws StartupException {
        try {
            return Path.of(text == null ? ".countersign" : text)
                    .toAbsolutePath()
                    .normalize();
        } catch (InvalidPathException bad) {
            throw new StartupException("COUNTERSIGN_HOME is not a path: " + bad.getReason(), bad);
        }
    }

    private static boolean flag(Map<String, String> environment, String name) throws StartupException {
        String text = text(environment, name);
        if (text == null || text.equals("false")) {
            return false;
        }
        if (text.equals("true")) {
            return true;
        }
        throw new StartupException(name + " must be true or false");
    }

    private static @Nullable String text(Map<String, String> environment, String name) {
        String value = environment.get(name);
        return value == null || value.isEmpty() ? null : value;
    }
}
