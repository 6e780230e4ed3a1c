/** Strict readers of wire forms, shared by the modules of Countersign and exported to nobody else. */
@NullMarked
package dev.countersign.api.internal;

import org.jspecify.annotations.NullMarked;
