/** Rows as records and records as rows, the change feed, erasures, and what was written read back. */
@NullMarked
package dev.countersign.keystore.jdbc.table;

import org.jspecify.annotations.NullMarked;
