/** A large fleet in a real database: how it gets in, how it is found, what it takes. */
@NullMarked
package dev.countersign.benchmarks.fleet;

import org.jspecify.annotations.NullMarked;
