package dev.countersign.api.verifier;

/**
 * What the factories of verdicts ask for: they are for the verifier and the test kit, and change as those need it. On the
 * module path nobody else can name this type; on the class path nothing keeps others from it but this sentence.
 */
public enum ForVerifiers {
    /** The only one. */
    ONLY
}
