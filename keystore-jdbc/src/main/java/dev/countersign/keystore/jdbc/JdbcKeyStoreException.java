package dev.countersign.keystore.jdbc;

import dev.countersign.api.store.ChangeFailure;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import org.jspecify.annotations.Nullable;

/**
 * The key store's database failed or is not fit for the store, or the store is closed.
 *
 * <p>The message says what failed. The cause stands for the driver's exception and its causes: type, SQLState, error
 * code and stack trace. Message and cause have the driver's text if it says why a database cannot be reached, does not
 * exist or denies something. They leave it out if it may contain values, because these are keys and device ids. They
 * never have a password, user information of a URL, a run of bytes or a whole device id.
 */
public final class JdbcKeyStoreException extends RuntimeException implements ChangeFailure {
    private static final long serialVersionUID = 1L;

    private final @Nullable String sqlState;
    private final int vendorCode;
    private final boolean outcomeUnknown;

    JdbcKeyStoreException(String message) {
        this(new StoreFailure(message));
    }

    private JdbcKeyStoreException(StoreFailure failure) {
        super(failure.getMessage(), failure.getCause());
        this.sqlState = failure.sqlState();
        this.vendorCode = failure.vendorCode();
        this.outcomeUnknown = failure.isOutcomeUnknown();
        setStackTrace(failure.getStackTrace());
    }

    /** What a failure inside is to a user of the library; any other one stays what it is. */
    static RuntimeException shown(RuntimeException failure) {
        return failure instanceof StoreFailure inside ? new JdbcKeyStoreException(inside) : failure;
    }

    /**
     * {@inheritDoc}
     *
     * <p>True if the commit of a change was not answered: the change was made completely or not at all, and only the
     * database knows which. False if the change was not made.
     */
    @Override
    public boolean isOutcomeUnknown() {
        return outcomeUnknown;
    }

    /** The driver's SQLState, or null if it gave none. */
    public @Nullable String sqlState() {
        return sqlState;
    }

    /** The driver's own error code, or 0 if it gave none. */
    public int vendorCode() {
        return vendorCode;
    }
}
