/** The vectors as data: rules, flags, cases and their steps, read from the files that the generator made. */
@NullMarked
package dev.countersign.conformance.suite;

import org.jspecify.annotations.NullMarked;
