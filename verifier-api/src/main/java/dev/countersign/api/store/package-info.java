/**
 * For authors of stores: where replay tokens are remembered ({@link dev.countersign.api.store.NonceStore}) and where
 * the keys of devices are found ({@link dev.countersign.api.store.PublicKeyStore}). The contracts in
 * {@code countersign-verifier-tck} test an implementation.
 */
@NullMarked
@CheckReturnValue
package dev.countersign.api.store;

import dev.countersign.api.annotation.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
