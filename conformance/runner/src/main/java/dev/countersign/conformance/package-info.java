/** The conformance suite: vectors, the runner that checks an implementation with them, and our own harness. */
@NullMarked
package dev.countersign.conformance;

import org.jspecify.annotations.NullMarked;
