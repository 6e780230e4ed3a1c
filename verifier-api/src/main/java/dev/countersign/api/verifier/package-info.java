/** For those who make verdicts: the verifier, and the test kit. Exported to nobody else. */
@NullMarked
package dev.countersign.api.verifier;

import org.jspecify.annotations.NullMarked;
