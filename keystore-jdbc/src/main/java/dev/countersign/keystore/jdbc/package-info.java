/**
 * Devices and their keys in a relational database: {@link dev.countersign.keystore.jdbc.JdbcKeyStore} over a
 * {@code DataSource} of yours, {@link dev.countersign.keystore.jdbc.JdbcSchema} for its tables,
 * {@link dev.countersign.keystore.jdbc.FleetImport} for a fleet that exists already. On H2, PostgreSQL and MariaDB;
 * written for MySQL 8 as well, and tested with its driver.
 */
@NullMarked
package dev.countersign.keystore.jdbc;

import org.jspecify.annotations.NullMarked;
