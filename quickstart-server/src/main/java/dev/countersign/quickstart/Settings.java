package dev.countersign.quickstart;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the environment says. An empty variable counts as absent.
 *
 * @param port 0 lets the system choose
 * @param home where the state lives, if there is any
 * @param keys the key database
 * @param nonces the nonce store
 * @param opaqueDeviceIds whether device ids need not be UUIDs
 * @param signingPaths which path a signature covers
 * @param explainsRejections whether each rejection is explained on standard error
 */
record Settings(
        int port,
        Path home,
        KeyDatabase keys,
        NonceStoreSetting nonces,
        boolean opaqueDeviceIds,
        SigningPathsSetting signingPaths,
        boolean explainsRejections) {
    private static final int DEFAULT_PORT = 8080;
    private static final int MAX_PORT = 65_535;

    static Settings from(Map<String, String> environment) throws StartupException {
        return new Settings(
                port(text(environment, "PORT")),
                home(text(environment, "COUNTERSIGN_HOME")),
                KeyDatabase.of(
                        text(environment, "COUNTERSIGN_KEYS_URL"),
                        text(environment, "COUNTERSIGN_KEYS_USER"),
                        text(environment, "COUNTERSIGN_KEYS_PASSWORD")),
                NonceStoreSetting.of(text(environment, "COUNTERSIGN_NONCE_STORE")),
                flag(environment, "COUNTERSIGN_OPAQUE_IDS"),
                SigningPathsSetting.of(
                        text(environment, "COUNTERSIGN_SIGNING_PATHS"),
                        text(environment, "COUNTERSIGN_ACCEPT_UNSTRIPPED")),
                explains(text(environment, "COUNTERSIGN_EXPLAIN")));
    }

    /** Whether something is kept in {@code home}: the keys, or whether there was a nonce store in memory before. */
    boolean needsHome() {
        return keys.isEmbedded() || nonces.isMemory();
    }

    /** Shows no URL and no password. */
    @Override
    public String toString() {
        return "Settings[port=" + port + "]";
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

    private static boolean explains(@Nullable String text) throws StartupException {
        if (text != null && !text.equals("1")) {
            throw new StartupException(
                    "COUNTERSIGN_EXPLAIN must be 1, or left out: with it, standard error says why requests are rejected");
        }
        return text != null;
    }

    private static @Nullable String text(Map<String, String> environment, String name) {
        String value = environment.get(name);
        return value == null || value.isEmpty() ? null : value;
    }
}
