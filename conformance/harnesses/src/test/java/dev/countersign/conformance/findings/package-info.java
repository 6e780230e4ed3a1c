/** The programs of {@code findings/}. */
@NullMarked
package dev.countersign.conformance.findings;

import org.jspecify.annotations.NullMarked;
