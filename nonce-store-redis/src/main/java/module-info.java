import org.jspecify.annotations.NullMarked;

/** Replay claims that many processes share, in Redis. */
@NullMarked
module dev.countersign.nonce.redis {
    requires transitive dev.countersign.api;
    requires transitive lettuce.core;
    // Lettuce is an automatic module, which names nothing that it needs: without these, Netty's modules are not in the
    // graph.
    requires io.netty.handler;
    requires io.netty.resolver.dns;
    requires static transitive org.jspecify;

    exports dev.countersign.nonce.redis;
}
