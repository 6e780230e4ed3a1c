package dev.countersign.keystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/** What differs from vendor to vendor; everything else in this package is the same SQL for all. */
enum Dialect {
    H2("H2", "migration/h2/");

    private final String product;
    private final String migrations;

    Dialect(String product, String migrations) {
        this.product = product;
        this.migrations = migrations;
    }

    static Dialect of(Connection connection) throws SQLException {
        String product = connection.getMetaData().getDatabaseProductName();
        for (Dialect dialect : values()) {
            if (dialect.product.equals(product)) {
                return dialect;
            }
        }
        throw new JdbcKeyStoreException("the key store does not know the database product '" + product
                + "': use a DataSource of H2, or a key store of your own");
    }

    /** Where the SQL files are, relative to this package. */
    String migrations() {
        return migrations;
    }

    boolean isTableMissing(SQLException failure) {
        return switch (state(failure)) {
            case "42S02", "42S03", "42S04" -> true; // with other candidates, in an empty database
            default -> false;
        };
    }

    /** Whether another transaction was in the way, and the same transaction may succeed when it is begun again. */
    boolean isRaceLost(SQLException failure) {
        return switch (state(failure)) {
            case "23505", "40001", "HYT00", "90131" -> true; // unique key, deadlock, lock timeout, concurrent update
            default -> false;
        };
    }

    /** Whether another creator of the tables was faster or is in the way. */
    boolean isCreationRaceLost(SQLException failure) {
        return switch (state(failure)) {
            case "42S01", "90045" -> true; // table exists, constraint exists
            default -> isRaceLost(failure);
        };
    }

    private static String state(SQLException failure) {
        String state = failure.getSQLState();
        return state == null ? "" : state;
    }
}
