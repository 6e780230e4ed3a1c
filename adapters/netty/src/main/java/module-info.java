import org.jspecify.annotations.NullMarked;

/** Countersign for Netty: a handler that lets verified requests through and nothing else. */
@NullMarked
module dev.countersign.netty {
    requires transitive dev.countersign.api;
    requires transitive io.netty.transport;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.common;
    requires io.netty.handler;
    // For who serves HTTP/2.
    requires static io.netty.codec.http2;
    requires static transitive org.jspecify;

    exports dev.countersign.netty;
}
