/** Which thread runs a call, and how many wait for one. */
@NullMarked
package dev.countersign.keystore.jdbc.lane;

import org.jspecify.annotations.NullMarked;
