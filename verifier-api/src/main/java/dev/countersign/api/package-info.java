/**
 * The border of Countersign: what an application, an adapter, a store or an enrolment service compiles against.
 *
 * <p>An application holds a {@link dev.countersign.api.RequestVerifier} and gets a
 * {@link dev.countersign.api.Verdict} for each request. A store author implements
 * {@link dev.countersign.api.store.NonceStore} or {@link dev.countersign.api.store.PublicKeyStore}; an enrolment service writes
 * through {@link dev.countersign.api.registry.DeviceRegistry}, and an administration that waits for its answers through
 * {@link dev.countersign.api.registry.BlockingDeviceRegistry}.
 *
 * <p>Every record here is immutable and checked when it is built. Nothing here prints a signature, a public key, a
 * nonce, a body or a whole device id in {@code toString()} or in an exception's message.
 */
@NullMarked
@CheckReturnValue
package dev.countersign.api;

import org.jspecify.annotations.NullMarked;
