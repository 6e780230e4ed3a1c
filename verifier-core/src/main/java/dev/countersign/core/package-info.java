/**
 * The verifier: {@link dev.countersign.core.CountersignVerifier} and its settings, and the
 * {@link dev.countersign.core.KeyCache} that spares it most reads of the key store.
 */
@NullMarked
package dev.countersign.core;

import org.jspecify.annotations.NullMarked;
