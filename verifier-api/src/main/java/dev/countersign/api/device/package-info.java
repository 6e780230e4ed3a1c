/** Devices and their keys: the values that verdicts, stores and registries share. Immutable and checked when built. */
@NullMarked
@CheckReturnValue
package dev.countersign.api.device;

import dev.countersign.api.annotation.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
