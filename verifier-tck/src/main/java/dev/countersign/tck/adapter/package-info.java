/** The contract of adapters, over sockets: extend {@link dev.countersign.tck.adapter.AdapterContract}. */
@NullMarked
package dev.countersign.tck.adapter;

import org.jspecify.annotations.NullMarked;
