/** The nonce store of one process: {@link dev.countersign.nonce.memory.MemoryNonceStore}. */
@NullMarked
package dev.countersign.nonce.memory;

import org.jspecify.annotations.NullMarked;
