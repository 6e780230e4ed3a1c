/**
 * Where devices and their keys are looked up: the key store itself. The cache in front of it is
 * {@code dev.countersign.core.cache}.
 */
@NullMarked
package dev.countersign.core.key;

import org.jspecify.annotations.NullMarked;
