/**
 * The client's side (protocol, The signer's side): a {@link dev.countersign.signer.RequestSigner} makes the six headers
 * of a signed request, a {@link dev.countersign.signer.SigningCallback} holds the private key, and a
 * {@link dev.countersign.signer.ClockOffset} follows the server's clock.
 *
 * <p>Nothing here prints a signature, a nonce, a body, a whole device id or a clock offset in {@code toString()} or in
 * an exception's message.
 */
@NullMarked
package dev.countersign.signer;

import org.jspecify.annotations.NullMarked;
