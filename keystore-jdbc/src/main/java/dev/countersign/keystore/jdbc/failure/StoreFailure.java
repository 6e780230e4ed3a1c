package dev.countersign.keystore.jdbc.failure;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The key store's database failed or is not as it should be, or the store is closed: what becomes a
 * {@code JdbcKeyStoreException} where it leaves the library. It has the message, the redacted cause and the codes that
 * the other one shows.
 */
public final class StoreFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String sqlState;
    private final int vendorCode;
    private final boolean statementsMixed;
    private final boolean outcomeUnknown;

    public StoreFailure(String message) {
        this(message, false);
    }

    private StoreFailure(String message, boolean statementsMixed) {
        super(message);
        this.sqlState = null;
        this.vendorCode = 0;
        this.statementsMixed = statementsMixed;
        this.outcomeUnknown = false;
    }

    private StoreFailure(
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
    public static StoreFailure statementsMixed(String what, boolean postgreSql) {
        String advice = postgreSql ? FailureText.POOLER : FailureText.PROXY;
        return new StoreFailure(what + "; " + advice, true);
    }

    /**
     * What becomes of a failure below.
     *
     * @param postgreSql whether the database is known to be PostgreSQL
     */
    public static StoreFailure of(String what, Exception original, boolean postgreSql) {
        if (original instanceof StoreFailure ours) {
            return ours;
        }
        String type = original.getClass().getSimpleName();
        if (original instanceof SQLException failure) {
            String state = code(failure);
            int code = failure.getErrorCode();
            boolean mixed = isMixed(state, postgreSql);
            return new StoreFailure(
                    what + " failed in the database: " + type + ", SQLState " + state + ", error code " + code
                            + reason(original) + (mixed ? "; " + FailureText.POOLER : ""),
                    original,
                    state,
                    code,
                    mixed,
                    false);
        }
        return new StoreFailure(what + " failed: " + type + reason(original), original, null, 0, false, false);
    }

    /** A database that cannot be used as it is set, with what to set. */
    public static StoreFailure refused(String words, SQLException original) {
        String state = code(original);
        return new StoreFailure(
                words + " (SQLState " + state + ", error code " + original.getErrorCode() + reason(original) + ")",
                original,
                state,
                original.getErrorCode(),
                false,
                false);
    }

    /** What becomes of a commit whose answer was lost. */
    public static StoreFailure outcomeUnknown(Exception original, boolean postgreSql) {
        StoreFailure commit = of("The commit", original, postgreSql);
        return new StoreFailure(
                "the outcome of the change is unknown, for the commit was not answered: repeat it. "
                        + commit.getMessage(),
                original,
                commit.sqlState,
                commit.vendorCode,
                commit.statementsMixed,
                true);
    }

    /** Whether a prepared statement is not there, or is somebody else's: PostgreSQL's drivers alone give them names. */
    private static boolean isMixed(@Nullable String state, boolean postgreSql) {
        return postgreSql && ("26000".equals(state) || "42P05".equals(state));
    }

    /** Whether the failure is that statements met those of another client. */
    public boolean isStatementsMixed() {
        return statementsMixed;
    }

    /** Whether the commit of a change was not answered, so that only the database knows whether it was made. */
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

    public static @Nullable String code(SQLException failure) {
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
