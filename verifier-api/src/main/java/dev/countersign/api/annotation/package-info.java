/** What the api says to static checkers. */
@NullMarked
package dev.countersign.api.annotation;

import org.jspecify.annotations.NullMarked;
