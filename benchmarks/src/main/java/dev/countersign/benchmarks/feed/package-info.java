/** Whether the change feed tells every change, over very many of them. */
@NullMarked
package dev.countersign.benchmarks.feed;

import org.jspecify.annotations.NullMarked;
