/**
 * The driver: {@link dev.countersign.core.verification.PipelineVerification} takes one request through the steps of
 * {@link dev.countersign.core.verification.Procedure}, in that order. All I/O, all waiting and all reading of clocks is
 * here.
 */
@NullMarked
package dev.countersign.core.verification;

import org.jspecify.annotations.NullMarked;
