package dev.countersign.keystore.jdbc.connection;

import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** What differs from vendor to vendor; everything else in this package is the same SQL for all. */
public enum Dialect {
    H2("H2", "migration/h2/"),
    POSTGRESQL("PostgreSQL", "migration/postgresql/"),
    MARIADB("MariaDB", "migration/mariadb/"),
    /** MySQL, and MariaDB behind MySQL's driver, which calls both so. */
    MYSQL("MySQL", "migration/mysql/");

    private static final int H2_GENERAL_ERROR = 50_000;
    private static final int DUPLICATE_INDEX = 1061;
    private static final int DUPLICATE_KEY = 1062;
    private static final int LOCK_TIMEOUT = 1205;
    private static final int CHANGED_SINCE_READ = 1020;

    private final String product;
    private final String migrations;

    Dialect(String product, String migrations) {
        this.product = product;
        this.migrations = migrations;
    }

    public static Dialect of(Connection connection) throws SQLException {
        String product = connection.getMetaData().getDatabaseProductName();
        for (Dialect dialect : values()) {
            if (dialect.product.equals(product)) {
                return dialect;
            }
        }
        throw new StoreFailure("the key store does not know the database product '" + product
                + "': use a DataSource of H2, PostgreSQL, MariaDB or MySQL, or a key store of your own");
    }

    /** Where the SQL files are, relative to this package. */
    public String migrations() {
        return migrations;
    }

    /**
     * A statement that makes other creators of the tables wait until the transaction ends, or null where creating
     * tables is no part of a transaction and each statement of the file stands for itself.
     */
    public @Nullable String creationLock() {
        return switch (this) {
            // "csignkey" in ASCII: any number that nobody else takes.
            case POSTGRESQL -> "SELECT pg_advisory_xact_lock(7166187325031671161)";
            case H2, MARIADB, MYSQL -> null;
        };
    }

    /**
     * The query for the last version that keeps its row locked until the transaction ends.
     *
     * @param idleMillis a node that stops between two statements of a change, and holds all writers up, loses its
     *     transaction after so long where the database has such a limit for one transaction
     */
    public String lock(long idleMillis) {
        String limit = this == POSTGRESQL
                ? ", set_config('idle_in_transaction_session_timeout', '" + idleMillis + "', true)"
                : "";
        return "SELECT version" + limit + " FROM countersign_counter WHERE id = 1 FOR UPDATE";
    }

    /**
     * A statement at the beginning of a batch of an import, for its transaction only, or null. PostgreSQL keeps the
     * plan of a prepared statement: one that was made while the tables were small reads them nearly whole, and would go
     * on to when they are large, until statistics are gathered again.
     */
    public @Nullable String bulk() {
        return this == POSTGRESQL ? "SET LOCAL plan_cache_mode = force_custom_plan" : null;
    }

    /** Whether a query takes locks, and waits for those of writers, in a transaction that is serializable. */
    public boolean isSerializableReadLocking() {
        return isMySqlLike();
    }

    /**
     * Whether a statement that sees what a transaction has committed also sees what was committed before that
     * transaction got the counter's lock. MariaDB collects the transactions that run one by one: it can find the
     * earlier holder of the lock running, and the later one ended.
     */
    public boolean showsCommitsInTheirOrder() {
        return !isMySqlLike();
    }

    public boolean isTableMissing(SQLException failure) {
        return switch (state(failure)) {
            case "42S02" -> this != POSTGRESQL;
            case "42S03", "42S04" -> this == H2; // with other candidates, in an empty database
            case "42P01" -> this == POSTGRESQL;
            default -> false;
        };
    }

    /** Whether another transaction was in the way, and the same transaction may succeed when it is begun again. */
    public boolean isRaceLost(SQLException failure) {
        return switch (state(failure)) {
            case "23505", "40001" -> true; // unique key, deadlock or serialization failure
            case "HYT00", "90131" -> this == H2; // lock timeout, concurrent update
            case "40P01", "55P03" -> this == POSTGRESQL; // deadlock, lock timeout
            default -> isMySqlLike() && isRaceLost(failure.getErrorCode());
        };
    }

    private static boolean isRaceLost(int code) {
        return code == DUPLICATE_KEY || code == LOCK_TIMEOUT || code == CHANGED_SINCE_READ;
    }

    /** Whether another creator of the tables was faster or is in the way. */
    public boolean isCreationRaceLost(SQLException failure) {
        return switch (state(failure)) {
            case "42S01" -> this != POSTGRESQL; // table exists
            case "90045", "42S11" -> this == H2; // constraint exists, index exists
            // What H2 calls an internal error when two make one index IF NOT EXISTS at once.
            case "HY000" -> this == H2 && failure.getErrorCode() == H2_GENERAL_ERROR;
            case "42P07", "42710" -> this == POSTGRESQL; // table exists, its type exists
            case "42000" -> isMySqlLike() && failure.getErrorCode() == DUPLICATE_INDEX;
            default -> isRaceLost(failure);
        };
    }

    private boolean isMySqlLike() {
        return this == MARIADB || this == MYSQL;
    }

    /** Bytes as a literal, for a statement that must not be a prepared one. */
    public String literal(byte[] bytes) {
        String hex = HexFormat.of().formatHex(bytes);
        return this == POSTGRESQL ? "decode('" + hex + "', 'hex')" : "X'" + hex + "'";
    }

    /** An expression of 1 if the transaction that asks is one that has written; always 1 where that cannot be asked. */
    public String isWriting() {
        return this == POSTGRESQL ? "CASE WHEN txid_current_if_assigned() IS NULL THEN 0 ELSE 1 END" : "1";
    }

    private static String state(SQLException failure) {
        String state = failure.getSQLState();
        return state == null ? "" : state;
    }
}
