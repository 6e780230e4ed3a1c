/** The harnesses in other languages: each against the suite, and all against each other. */
@NullMarked
package dev.countersign.conformance.foreign;

import org.jspecify.annotations.NullMarked;
