package dev.countersign.api.store;

/** A {@link NonceStore} whose calls block; see {@link NonceStore#fromBlocking}. Any exception means "unavailable". */
public interface BlockingNonceStore extends AutoCloseable {
    /** As {@link NonceStore#claim}. */
    ClaimResult claim(Claim claim) throws Exception;

    /** As {@link NonceStore#watchingSince}; must not block. */
    long watchingSince();

    /** As {@link NonceStore#isShared}. */
    boolean isShared();

    /** As {@link NonceStore#isDown}; must not block. */
    default boolean isDown() {
        return false;
    }

    /** As {@link NonceStore#status}; must not block. */
    default StoreStatus status() {
        return StoreStatus.unknown();
    }

    @Override
    void close();
}
