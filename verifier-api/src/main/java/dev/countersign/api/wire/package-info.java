/** Strict readers and writers of wire forms, shared by the modules of Countersign and exported to nobody else. */
@NullMarked
package dev.countersign.api.wire;

import org.jspecify.annotations.NullMarked;
