/** Engines that check ECDSA P-256 signatures, and the keys they have prepared for it. */
@NullMarked
@CheckReturnValue
package dev.countersign.core.engine;

import dev.countersign.api.annotation.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
