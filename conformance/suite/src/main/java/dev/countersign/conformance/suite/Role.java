package dev.countersign.conformance.suite;

import java.util.List;
import java.util.Locale;

/** What part of an implementation a case looks at. */
@SuppressWarnings("ImmutableEnumChecker") // the list is unmodifiable
public enum Role {
    /** Puts the signed message together. */
    MESSAGE("message"),
    /** Reads public keys in their several forms. */
    KEYS("parseKey"),
    /** Checks signatures over given bytes. */
    SIGNATURE("verifySignature", "verifyDigest"),
    /** Judges whole requests, one after another, with stores and a clock. */
    VERIFIER("reset", "devices", "fault", "verify", "verifyAll"),
    /** The client's side: makes the six headers. */
    SIGNER("sign");

    private final List<String> ops;

    Role(String... ops) {
        this.ops = List.of(ops);
    }

    /** The operations of the harness protocol that its cases use. */
    public List<String> ops() {
        return ops;
    }

    /** The role's name in the files, lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The role of that name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Role of(String label) {
        for (Role role : values()) {
            if (role.label().equals(label)) {
                return role;
            }
        }
        throw new IllegalArgumentException("no such role: " + label);
    }
}
