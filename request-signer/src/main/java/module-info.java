import org.jspecify.annotations.NullMarked;

/** The client's side of signed requests: the six headers, and the clock offset that a server's answer corrects. */
@NullMarked
module dev.countersign.signer {
    requires dev.countersign.api;
    requires static transitive org.jspecify;

    exports dev.countersign.signer;
}
