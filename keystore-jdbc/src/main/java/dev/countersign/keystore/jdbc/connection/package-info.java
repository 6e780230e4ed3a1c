/** Connections, transactions and what differs from vendor to vendor; knows no table but the counter's row. */
@NullMarked
package dev.countersign.keystore.jdbc.connection;

import org.jspecify.annotations.NullMarked;
