/**
 * For applications and adapters: a {@link dev.countersign.api.RequestVerifier} gives a
 * {@link dev.countersign.api.Verdict} for each request.
 *
 * <p>Authors of stores read {@link dev.countersign.api.store}, services that register devices read
 * {@link dev.countersign.api.registry}. Both use the values of {@link dev.countersign.api.device}.
 *
 * <p>Every value is immutable and checked when it is built. No {@code toString()} and no message of an exception shows
 * a signature, a public key, a nonce, a body or a whole device id.
 */
@NullMarked
@CheckReturnValue
package dev.countersign.api;

import dev.countersign.api.annotation.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
