/** Failures of the database, and what may be shown of them. */
@NullMarked
package dev.countersign.keystore.jdbc.failure;

import org.jspecify.annotations.NullMarked;
