/** Waiting for stores, with a limit. */
@NullMarked
package dev.countersign.core.wait;

import org.jspecify.annotations.NullMarked;
