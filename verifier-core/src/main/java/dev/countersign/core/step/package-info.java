/**
 * The steps of a verification, named after the protocol's §8.4, and the values that pass between them.
 *
 * <p>A step is a pure function: the same input gives the same result. No step reads a clock, waits, does I/O or logs;
 * the driver in {@code dev.countersign.core.verification} does that between them. The order stands in
 * {@code dev.countersign.core.verification.Procedure}.
 */
@NullMarked
@CheckReturnValue
package dev.countersign.core.step;

import dev.countersign.api.annotation.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
