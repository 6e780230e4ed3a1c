package dev.countersign.api;

import dev.countersign.api.verifier.ForVerifiers;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A store gave a verifier no usable answer. Immutable and thread-safe. */
public final class StoreFailure {
    /** Which store. */
    public enum Store {
        /** Where devices and their keys are looked up. */
        KEYS,
        /** Where accepted requests are remembered. */
        NONCES
    }

    private final String verifierName;
    private final Store store;
    private final String detail;
    private final @Nullable Throwable cause;
    private final long leftOut;

    private StoreFailure(String verifierName, Store store, String detail, @Nullable Throwable cause, long leftOut) {
        this.verifierName = Objects.requireNonNull(verifierName, "verifierName");
        this.store = Objects.requireNonNull(store, "store");
        this.detail = Objects.requireNonNull(detail, "detail");
        this.cause = cause;
        this.leftOut = leftOut;
    }

    /** For verifiers and the test kit: only they can get the last argument. */
    @SuppressWarnings("exports")
    public static StoreFailure of(
            String verifierName,
            Store store,
            String detail,
            @Nullable Throwable cause,
            long leftOut,
            ForVerifiers only) {
        Objects.requireNonNull(only, "only");
        return new StoreFailure(verifierName, store, detail, cause, leftOut);
    }

    /** The verifier's name, as set with its builder. */
    public String verifierName() {
        return verifierName;
    }

    /** Which store. */
    public Store store() {
        return store;
    }

    /**
     * What happened, in words: no answer in time, refused for overload, failed. ASCII, and nothing that a client sent.
     */
    public String detail() {
        return detail;
    }

    /** The store's exception. Its message may contain anything. */
    public Optional<Throwable> cause() {
        return Optional.ofNullable(cause);
    }

    /** How many failures of this store were not reported since the last report. */
    public long leftOut() {
        return leftOut;
    }

    @Override
    public String toString() {
        return "StoreFailure[" + store + ": " + detail + "]";
    }
}
