/**
 * Devices and their keys in a relational database: {@link dev.countersign.keystore.jdbc.JdbcKeyStore} over a
 * {@code DataSource} of yours, {@link dev.countersign.keystore.jdbc.JdbcSchema} for its tables.
 */
@NullMarked
package dev.countersign.keystore.jdbc;

import org.jspecify.annotations.NullMarked;
