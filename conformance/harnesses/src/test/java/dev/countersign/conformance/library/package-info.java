/** The library's own harness against the suite. */
@NullMarked
package dev.countersign.conformance.library;

import org.jspecify.annotations.NullMarked;
