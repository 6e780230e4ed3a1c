package dev.countersign.keystore.jdbc.failure;

import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What may be shown of the text of a driver's failure. Drivers put the values of a row into their messages, and these
 * are keys and device ids, and connection URLs with their passwords. So text is taken only from failures that are not
 * about values, and of it only what looks like neither.
 */
public final class FailureText {
    private static final int MAX_LENGTH = 300;

    /** What to do about statements that meet another client's, on PostgreSQL. */
    public static final String POOLER =
            "behind PgBouncer in transaction mode, or another pooler that shares connections and does"
                    + " not know prepared statements, set prepareThreshold=0 in the URL";

    /** As {@link #POOLER}, elsewhere: no setting of a driver is known that would do. */
    public static final String PROXY =
            "let the DataSource lead to the database itself, or through a proxy or pooler that keeps"
                    + " each client's statements and transactions together";

    /**
     * The classes of SQLState that are about the way to the database, permissions, names and resources: connection,
     * driver's feature, transaction state, statement name, login, catalogue, schema, SQL, resources, limits, operators,
     * system. Not data (22), constraints (23) and races (40).
     */
    private static final Set<String> WITHOUT_VALUES =
            Set.of("08", "0A", "25", "26", "28", "3D", "3F", "42", "53", "54", "55", "57", "58", "70");

    /** H2's own codes: not found, in use, closed, of another version, not permitted, damaged. */
    private static final Set<String> OF_H2 =
            Set.of("90013", "90020", "90030", "90048", "90096", "90098", "90121", "90146");

    /** MySQL's and MariaDB's syntax error, which cites the statement with the values that the driver put into it. */
    private static final int CITES_STATEMENT = 1064;

    /** What the driver manager says last is the URL, which may have blanks in it. */
    private static final Pattern NO_DRIVER =
            Pattern.compile("(?is)(no suitable driver found for )(jdbc:[a-z0-9+]{1,32}:)?.*");

    /** Any part of it may be a password, written in a way that its driver would not read. */
    private static final Pattern JDBC_URL = Pattern.compile("(?i)(jdbc:(?:[a-z0-9+]{1,32}:)?)\\S+");

    private static final Pattern SECRET = Pattern.compile(
            "(?i)((?:password|passwd|pwd|secret|token)[a-z0-9_]*\\s*[=:]\\s*)" + "(?:'[^']*'|\"[^\"]*\")?\\S*");
    private static final Pattern USER_INFO = Pattern.compile("//\\S*@");
    private static final Pattern LONG_ID =
            Pattern.compile("\\b([0-9a-fA-F]{8})-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\\b");
    private static final Pattern BYTES = Pattern.compile("[A-Za-z0-9+/=]{40,}|(?:[\\\\]?x?[0-9a-fA-F]{32,})");
    private static final Pattern UNPRINTABLE = Pattern.compile("[^\\x20-\\x7E]+");

    private FailureText() {}

    /** The text of a failure, or null if none of it may be shown. */
    public static @Nullable String of(Throwable failure) {
        String text = failure.getMessage();
        if (text == null || text.isBlank() || !isWithoutValues(failure)) {
            return null;
        }
        // Before what is not ASCII becomes a blank, which would end a password.
        String shown = NO_DRIVER.matcher(text).replaceAll("$1$2...");
        shown = JDBC_URL.matcher(shown).replaceAll("$1...");
        shown = SECRET.matcher(shown).replaceAll("$1...");
        shown = USER_INFO.matcher(shown).replaceAll("//...@");
        shown = UNPRINTABLE.matcher(shown).replaceAll(" ");
        shown = LONG_ID.matcher(shown).replaceAll("$1...");
        shown = BYTES.matcher(shown).replaceAll("...").strip();
        return shown.length() > MAX_LENGTH ? shown.substring(0, MAX_LENGTH) + "..." : shown;
    }

    private static boolean isWithoutValues(Throwable failure) {
        if (failure instanceof RowsDiffer) {
            return true;
        }
        if (failure instanceof SQLException sql) {
            String state = sql.getSQLState();
            boolean known = state != null
                    && state.length() == 5
                    && (WITHOUT_VALUES.contains(state.substring(0, 2)) || OF_H2.contains(state));
            boolean connecting = sql instanceof SQLTransientConnectionException
                    || sql instanceof SQLNonTransientConnectionException
                    || sql instanceof SQLTimeoutException;
            return (known || connecting) && sql.getErrorCode() != CITES_STATEMENT;
        }
        return failure instanceof IOException || failure instanceof java.security.GeneralSecurityException;
    }
}
