/**
 * Asks a live server over HTTP/1.1, byte for byte: the verifier's cases, made anew for the server's clock and for
 * devices that are registered for one case each.
 */
@NullMarked
package dev.countersign.conformance.server;

import org.jspecify.annotations.NullMarked;
