/** A runnable server: the library as a user would embed it. */
@NullMarked
package dev.countersign.quickstart;

import org.jspecify.annotations.NullMarked;
