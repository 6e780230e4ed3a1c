package dev.countersign.keystore.jdbc;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The key store's database failed, is not as it should be, or has too much to do.
 *
 * <p>Has neither the driver's message nor the driver's exception as its cause: drivers put the values of a row into
 * their messages, and these are keys and device ids. The driver's SQLState and error code are kept, and the place in the
 * code where it failed.
 */
public final class JdbcKeyStoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String sqlState;
    private final int vendorCode;

    JdbcKeyStoreException(String message) {
        super(message);
        this.sqlState = null;
        this.vendorCode = 0;
    }

    private JdbcKeyStoreException(String message, Exception original, @Nullable String sqlState, int vendorCode) {
        super(message);
        this.sqlState = sqlState;
        this.vendorCode = vendorCode;
        setStackTrace(original.getStackTrace());
    }

    /** What becomes of a failure below: its type, codes and place, and none of its text. */
    static JdbcKeyStoreException of(String what, Exception original) {
        if (original instanceof JdbcKeyStoreException ours) {
            return ours;
        }
        String type = original.getClass().getSimpleName();
        if (original instanceof SQLException failure) {
            String state = isCode(failure.getSQLState()) ? failure.getSQLState() : null;
            int code = failure.getErrorCode();
            return new JdbcKeyStoreException(
                    what + " failed in the database: " + type + ", SQLState " + state + ", error code " + code,
                    original,
                    state,
                    code);
        }
        return new JdbcKeyStoreException(what + " failed: " + type, original, null, 0);
    }

    /** The driver's SQLState, or null if it gave none. */
    public @Nullable String sqlState() {
        return sqlState;
    }

    /** The driver's own error code, or 0 if it gave none. */
    public int vendorCode() {
        return vendorCode;
    }

    /** An SQLState has five letters or digits; what has not might be anything. */
    private static boolean isCode(@Nullable String state) {
        if (state == null || state.length() != 5) {
            return false;
        }
        for (int i = 0; i < state.length(); i++) {
            char c = state.charAt(i);
            if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) {
                return false;
            }
        }
        return true;
    }
}
