package dev.countersign.api.store;

/** The result of a {@link Claim}. Only {@link #CLAIMED} stores anything. */
public enum ClaimResult {
    /** No token was known; all of them are now. */
    CLAIMED,
    /** The nonce's token was known. */
    NONCE_REPLAYED,
    /** The nonce's token was new and the signature's token was known. */
    SIGNATURE_REPLAYED,
    /** No token was known, and the device's quota or the store's capacity is used up. */
    FULL,
    /** The store was not watching yet when the request was signed, so an earlier claim of it may be lost. */
    NOT_WATCHING_YET
}
