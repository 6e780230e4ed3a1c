/** Asks an implementation every case, through a pipe or over HTTP, and judges the answers. */
@NullMarked
package dev.countersign.conformance.runner;

import org.jspecify.annotations.NullMarked;
