package dev.countersign.api;

/** What the verdict on a request needs of its body: what an adapter does with the body until there is one. */
public enum BodyUse {
    /**
     * The signature covers the body, and the verdict falls at its end: the adapter holds the body back from the application
     * until then.
     */
    COVERED,
    /**
     * The signature covers the head alone, and the verdict falls without the body: the adapter calls
     * {@link Verification#finish} right after {@link RequestVerifier#begin}, and reads nothing of the body.
     */
    UNTOUCHED
}
