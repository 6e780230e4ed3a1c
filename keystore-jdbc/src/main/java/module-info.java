import org.jspecify.annotations.NullMarked;

/** Devices and their keys in a relational database. */
@NullMarked
module dev.countersign.keystore.jdbc {
    requires transitive dev.countersign.api;
    requires transitive java.sql;

    // Inside, and not exported: lane (which thread runs a call), table (rows, the feed, erasures), connection
    // (transactions and
    // vendors) and failure (what may be shown of one).
    exports dev.countersign.keystore.jdbc;

    // Resources of a package that is not open are invisible to migration tools.
    opens dev.countersign.keystore.jdbc.migration.h2;
    opens dev.countersign.keystore.jdbc.migration.mariadb;
    opens dev.countersign.keystore.jdbc.migration.mysql;
    opens dev.countersign.keystore.jdbc.migration.postgresql;
}
