/** Makes every file of vectors/ from seeds; the build proves that the committed files are its output. */
@NullMarked
package dev.countersign.conformance.generator;

import org.jspecify.annotations.NullMarked;
