package dev.countersign.nonce.redis.script;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/**
 * The store's Lua scripts. Redis runs a script in one instant, so what a script reads cannot change before it writes.
 * Each file says what its keys and arguments are; its results are the names of {@link ScriptResult}.
 */
public enum Script {
    /** A whole claim, on a server outside a Cluster. */
    CLAIM("claim.lua"),

    /** A whole claim, on a node of a Cluster. */
    CLAIM_IN_CLUSTER("claim-in-cluster.lua"),

    /** A step on one token: hold it for a while. */
    HOLD("hold.lua"),

    /** A step on one token: store it, if it is held. */
    STORE_HELD("store-held.lua"),

    /** A step on one token: give it up, if it is held. */
    RELEASE("release.lua"),

    /** Compare and set for the watch record. Its result is a text. */
    WRITE_WATCH_RECORD("write-watch-record.lua");

    private final String text;

    Script(String file) {
        this.text = withoutComments(read(file));
    }

    /** Reads all files, if that has not been done yet: blocks for a moment. */
    public static void load() {
        // By the initialization of this class.
    }

    /** What is sent to Redis: the file without its comments. */
    public String text() {
        return text;
    }

    /** Through a class of this module: on the module path nobody else can see the file. */
    private static String read(String file) {
        try (InputStream in = Script.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("the script " + file + " is missing from this jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("the script " + file + " cannot be read", unreadable);
        }
    }

    private static String withoutComments(String lines) {
        return lines.lines().filter(line -> !line.startsWith("--")).collect(Collectors.joining("\n", "", "\n"));
    }
}
