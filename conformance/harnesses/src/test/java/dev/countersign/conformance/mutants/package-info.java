/** The scheme once more, slow and obvious, and many ways to get it wrong: proof that the runner catches what it should. */
@NullMarked
package dev.countersign.conformance.mutants;

import org.jspecify.annotations.NullMarked;
