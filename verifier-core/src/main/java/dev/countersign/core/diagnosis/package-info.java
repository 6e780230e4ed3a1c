/**
 * How rejections are explained: what is noted of a request while it is verified, which other messages its signature is
 * tried for, and the limits of it. Takes no part in a verdict. What users see of it is
 * {@code dev.countersign.core.explain}.
 */
@NullMarked
package dev.countersign.core.diagnosis;

import org.jspecify.annotations.NullMarked;
