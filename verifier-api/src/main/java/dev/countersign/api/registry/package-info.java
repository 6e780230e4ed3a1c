/**
 * For services that enrol and administer devices: {@link dev.countersign.api.registry.DeviceRegistry} changes them, by
 * the rules of {@link dev.countersign.api.registry.DeviceLifecycle}.
 */
@NullMarked
@CheckReturnValue
package dev.countersign.api.registry;

import dev.countersign.api.annotation.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
