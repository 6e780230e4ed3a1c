/** A flood of made-up devices over a slow key store. */
@NullMarked
package dev.countersign.benchmarks.flood;

import org.jspecify.annotations.NullMarked;
