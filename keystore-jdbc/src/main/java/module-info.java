import org.jspecify.annotations.NullMarked;

/** Devices and their keys in a relational database. */
@NullMarked
module dev.countersign.keystore.jdbc {
    requires transitive dev.countersign.api;
    requires transitive java.sql;

    exports dev.countersign.keystore.jdbc;

    // Resources of a package that is not open are invisible to migration tools.
    opens dev.countersign.keystore.jdbc.migration.h2;
    opens dev.countersign.keystore.jdbc.migration.mariadb;
    opens dev.countersign.keystore.jdbc.migration.mysql;
    opens dev.countersign.keystore.jdbc.migration.postgresql;
}
