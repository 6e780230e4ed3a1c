package dev.countersign.api.device;

/** What a key of a device may still do (protocol, Keys). */
public enum KeyState {
    /** The device's key: signs requests and rotations. */
    CURRENT,
    /**
     * Named by a rotation and not yet seen to sign a request. It may sign requests until its end (at most 24 h); the
     * first one that is accepted makes it current.
     */
    PROVISIONAL,
    /** Was current until a rotation was confirmed: signs requests until its end (300 s by default), no rotations. */
    PREVIOUS,
    /** Asked to be replaced: signs rotations until its end (24 h), and no request. */
    INVALIDATED,
    /** Replaced, abandoned or expired: counts for nothing and never returns. */
    RETIRED
}
