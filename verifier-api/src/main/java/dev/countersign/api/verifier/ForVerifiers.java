package dev.countersign.api.verifier;

/**
 * What the factories of verdicts ask for. Who cannot name this type, which is everybody but the verifier and the test kit,
 * cannot make a verdict; so verdicts can gain parts without breaking anybody.
 */
public enum ForVerifiers {
    /** The only one. */
    ONLY
}
