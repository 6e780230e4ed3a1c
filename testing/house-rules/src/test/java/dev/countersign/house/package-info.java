/** The rules of the house, checked over every published module. */
@NullMarked
package dev.countersign.house;

import org.jspecify.annotations.NullMarked;
