/**
 * The verifier: {@link dev.countersign.core.CountersignVerifier} and its settings.
 *
 * <p>A request passes the steps of {@link dev.countersign.core.Procedure}, in that order, driven by
 * {@link dev.countersign.core.PipelineVerification}. There is nothing else to follow.
 */
@NullMarked
package dev.countersign.core;

import org.jspecify.annotations.NullMarked;
