package dev.countersign.api.device;

/** What a key of a device may sign (protocol, Keys). */
public enum KeyState {
    /** The device's key. It may sign requests and rotations. */
    CURRENT,
    /**
     * A rotation named the key, and no request with it was accepted yet. It may sign requests until its end (at most 24
     * h). The first accepted request makes it current.
     */
    PROVISIONAL,
    /**
     * The key was current until a rotation was confirmed. It may sign requests until its end (300 s), and no rotations.
     */
    PREVIOUS,
    /** The key must be replaced. It may sign rotations until its end (24 h), and no requests. */
    INVALIDATED,
    /** The key was replaced, abandoned or has expired. It may sign nothing, ever. */
    RETIRED
}
