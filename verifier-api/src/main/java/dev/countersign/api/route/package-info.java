/**
 * For adapters, and for the applications that set them up: {@link dev.countersign.api.route.Routes} says which requests are
 * verified, by what, and which are open.
 */
@NullMarked
@CheckReturnValue
package dev.countersign.api.route;

import dev.countersign.api.annotation.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
