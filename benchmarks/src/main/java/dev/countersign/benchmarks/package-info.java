/** Benchmarks: what a verification costs, and what of it is the engine. */
@NullMarked
package dev.countersign.benchmarks;

import org.jspecify.annotations.NullMarked;
