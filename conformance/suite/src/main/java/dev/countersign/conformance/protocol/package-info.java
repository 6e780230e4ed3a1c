/** The harness's side of the protocol: what an implementation in Java needs to be asked. */
@NullMarked
package dev.countersign.conformance.protocol;

import org.jspecify.annotations.NullMarked;
