/**
 * For authors of stores: {@link dev.countersign.api.store.NonceStore} remembers replay tokens, and
 * {@link dev.countersign.api.store.PublicKeyStore} finds the keys of devices. The contracts in
 * {@code countersign-verifier-tck} test an implementation.
 */
@NullMarked
@CheckReturnValue
package dev.countersign.api.store;

import dev.countersign.api.annotation.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
