package dev.countersign.core.cache;

/** Why a lookup has no answer; without a stack trace, for there may be many of them. */
final class KeyStoreUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1;

    KeyStoreUnavailable() {
        super("the key store is unavailable", null, false, false);
    }
}
