package dev.countersign.keystore.jdbc;

import dev.countersign.api.ChangeFailure;
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
public final class JdbcKeyStoreException extends RuntimeException implements ChangeFailure {
    private static final long serialVersionUID = 1L;

    private final @Nullable String sqlState;
    private final int vendorCode;
    private final boolean statementsMixed;
    private final boolean outcomeUnknown;

    JdbcKeyStoreException(String message) {
        this(message, false);
    }

    private JdbcKeyStoreException(String message, boolean statementsMixed) {
        super(message);
        this.sqlState = null;
        this.vendorCode = 0;
        this.statementsMixed = statementsMixed;
        this.outcomeUnknown = false;
    }

    private JdbcKeyStoreException(
            String message,
            Exception original,
            @Nullable String sqlState,
            int vendorCode,
            boolean statementsMixed,
            boolean outcomeUnknown) {
        super(message, RedactedCause.of(original));
        this.sqlState = sqlState;
        this.vendorCode = vendorCode;
        this.statementsMixed = statementsMixed;
        this.outcomeUnknown = outcomeUnknown;
        setStackTrace(original.getStackTrace());
    }

    /** Statements that were run on another connection, or as another client's; with what to look at. */
    static JdbcKeyStoreException statementsMixed(String what, Dialect dialect) {
        String advice = dialect == Dialect.POSTGRESQL ? FailureText.POOLER : FailureText.PROXY;
        return new JdbcKeyStoreException(what + "; " + advice, true);
    }

    /**
     * What becomes of a failure below.
     *
     * @param dialect the database's, or null if it was not known yet
     */
    static JdbcKeyStoreException of(String what, Exception original, @Nullable Dialect dialect) {
        if (original instanceof JdbcKeyStoreException ours) {
            return ours;
        }
        String type = original.getClass().getSimpleName();
        if (original instanceof SQLException failure) {
            String state = code(failure);
            int code = failure.getErrorCode();
            boolean mixed = isMixed(state, dialect);
            return new JdbcKeyStoreException(
                    what + " failed in the database: " + type + ", SQLState " + state + ", error code " + code
                            + reason(original) + (mixed ? "; " + FailureText.POOLER : ""),
                    original,
                    state,
                    code,
                    mixed,
                    false);
        }
        return new JdbcKeyStoreException(what + " failed: " + type + reason(original), original, null, 0, false, false);
    }

    /** A database that cannot be used as it is set, with what to set. */
    static JdbcKeyStoreException refused(String words, SQLException original) {
        String state = code(original);
        return new JdbcKeyStoreException(
                words + " (SQLState " + state + ", error code " + original.getErrorCode() + reason(original) + ")",
                original,
                state,
                original.getErrorCode(),
                false,
                false);
    }

    /** What becomes of a commit whose answer was lost. */
    static JdbcKeyStoreException outcomeUnknown(Exception original, Dialect dialect) {
        JdbcKeyStoreException commit = of("The commit", original, dialect);
        return new JdbcKeyStoreException(
                "the outcome of the change is unknown, for the commit was not answered: repeat it. "
                        + commit.getMessage(),
                original,
                commit.sqlState,
                commit.vendorCode,
                commit.statementsMixed,
                true);
    }

    /** Whether a prepared statement is not there, or is somebody else's: PostgreSQL's drivers alone give them names. */
    private static boolean isMixed(@Nullable String state, @Nullable Dialect dialect) {
        return dialect == Dialect.POSTGRESQL && ("26000".equals(state) || "42P05".equals(state));
    }

    /** Whether the failure is that statements met those of another client. */
    boolean isStatementsMixed() {
        return statementsMixed;
    }

    /**
     * {@inheritDoc}
     *
     * <p>True where the commit of a change was not answered: the change was made whole or not at all, and only the database knows
     * which. Otherwise what failed was not made.
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
