/**
 * Why a request was rejected, in words: for development, off unless
 * {@link dev.countersign.core.VerifierBuilder#explainRejections} is called.
 */
@NullMarked
package dev.countersign.core.explain;

import org.jspecify.annotations.NullMarked;
