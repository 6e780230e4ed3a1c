/** The library behind the harness protocol. */
@NullMarked
package dev.countersign.conformance.harness;

import org.jspecify.annotations.NullMarked;
