/**
 * The key cache: devices remembered, the reads of the key store, and the change feed that keeps what is remembered
 * true. {@link dev.countersign.core.KeyCache} is its face.
 */
@NullMarked
package dev.countersign.core.cache;

import org.jspecify.annotations.NullMarked;
