import org.jspecify.annotations.NullMarked;

/** Remembers replay tokens in the memory of one process. */
@NullMarked
module dev.countersign.nonce.memory {
    requires transitive dev.countersign.api;
    requires static transitive org.jspecify;

    exports dev.countersign.nonce.memory;
}
