package dev.countersign.keystore.jdbc;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The key store's database failed or is not as it should be, or the store is closed.
 *
 * <p>The message says what failed, and the cause stands for the driver's exception and for what caused that: type, SQLState,
 * error code and place. Of the driver's text both have what says why a database is not reached, is not there or does not
 * permit something. They have none of a text that may be about values, for these are keys and device ids, and in no text a
 * password, user information of a URL, a run of bytes or a whole device id.
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
        super(message, RedactedCause.of(original));
        this.sqlState = sqlState;
        this.vendorCode = vendorCode;
        setStackTrace(original.getStackTrace());
    }

    /** What becomes of a failure below. */
    static JdbcKeyStoreException of(String what, Exception original) {
        if (original instanceof JdbcKeyStoreException ours) {
            return ours;
        }
        String type = original.getClass().getSimpleName();
        if (original instanceof SQLException failure) {
            String state = code(failure);
            int code = failure.getErrorCode();
            return new JdbcKeyStoreException(
                    what + " failed in the database: " + type + ", SQLState " + state + ", error code " + code
                            + reason(original) + advice(state),
                    original,
                    state,
                    code);
        }
        return new JdbcKeyStoreException(what + " failed: " + type + reason(original), original, null, 0);
    }

    /** A database that cannot be used as it is set, with what to set. */
    static JdbcKeyStoreException refused(String words, SQLException original) {
        String state = code(original);
        return new JdbcKeyStoreException(
                words + " (SQLState " + state + ", error code " + original.getErrorCode() + reason(original) + ")",
                original,
                state,
                original.getErrorCode());
    }

    /** What becomes of a commit whose answer was lost. */
    static JdbcKeyStoreException outcomeUnknown(Exception original) {
        boolean fromDatabase = original instanceof SQLException;
        SQLException failure = fromDatabase ? (SQLException) original : new SQLException();
        return new JdbcKeyStoreException(
                "the outcome of the change is unknown, for the commit was not answered: repeat it. "
                        + of("The commit", original).getMessage(),
                original,
                fromDatabase ? code(failure) : null,
                failure.getErrorCode());
    }

    /** What to do about a prepared statement that is not there, or is somebody else's. */
    private static String advice(@Nullable String state) {
        return "26000".equals(state) || "42P05".equals(state) ? "; " + FailureText.POOLER : "";
    }

    /** Whether it says that statements meet those of another client. */
    boolean isPoolers() {
        return String.valueOf(getMessage()).endsWith(FailureText.POOLER);
    }

    /** The driver's SQLState, or null if it gave none. */
    public @Nullable String sqlState() {
        return sqlState;
    }

    /** The driver's own error code, or 0 if it gave none. */
    public int vendorCode() {
        return vendorCode;
    }

    /** What the first failure says of which some text may be shown. */
    private static String reason(Throwable original) {
        Throwable failure = original;
        for (int depth = 0; failure != null && depth < RedactedCause.DEPTH; depth++) {
            String text = FailureText.of(failure);
            if (text != null) {
                return ": " + text;
            }
            failure = failure.getCause();
        }
        return "";
    }

    static @Nullable String code(SQLException failure) {
        return isCode(failure.getSQLState()) ? failure.getSQLState() : null;
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
