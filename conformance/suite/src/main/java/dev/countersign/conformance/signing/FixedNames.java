package dev.countersign.conformance.signing;

import dev.countersign.conformance.suite.Hex;
import java.nio.charset.StandardCharsets;

/** The names of the committed files, made from hashes; the time is 2026-01-01T00:00:00Z. */
public final class FixedNames implements Names {
    /** What offset 0 is in the committed files. */
    public static final long BASE_TIME = 1_767_225_600L;

    @Override
    public String app(String name) {
        return "com.example." + name;
    }

    @Override
    public String device(String name) {
        return uuid("device\n" + name);
    }

    @Override
    public String nonce(String name) {
        return uuid("nonce\n" + name);
    }

    @Override
    public P256Key key(String name) {
        return P256Key.named(name);
    }

    @Override
    public long time(long offset) {
        return BASE_TIME + offset;
    }

    private static String uuid(String label) {
        return Names.uuidOfHash(Hex.sha256(("countersign conformance " + label).getBytes(StandardCharsets.UTF_8)));
    }
}
