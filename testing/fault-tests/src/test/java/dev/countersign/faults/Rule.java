package dev.countersign.faults;

/** What a history must not show. */
enum Rule {
    /** A request was accepted twice, and no change of primary that a store reported explains it. */
    ACCEPTED_TWICE,
    /** A request was called a replay, and nobody else had sent it and got it remembered. */
    CALLED_A_REPLAY,
    /** A device's request was refused with something else than 503, and the device had not been revoked. */
    GENUINE_REFUSED,
    /** A revoked device was accepted later than promised. */
    REVOKED_ACCEPTED,
    /** What nobody signed was accepted. */
    FORGED_ACCEPTED,
    /** A node did not accept requests again after a fault, or did not while there was no fault. */
    NOT_RECOVERED,
    /** An answer took longer than all time limits together. */
    ANSWERED_LATE,
    /** A verifier found a fault of its own. */
    INTERNAL_FAULT,
    /** Threads lived on after everything was closed. */
    THREAD_LEAKED,
    /** What the run was to show did not happen. */
    NEVER_HAPPENED
}
