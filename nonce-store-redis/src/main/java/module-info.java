import org.jspecify.annotations.NullMarked;

/** Replay claims that many processes share, in Redis. */
@NullMarked
module dev.countersign.nonce.redis {
    requires transitive dev.countersign.api;
    requires transitive lettuce.core;
    requires static transitive org.jspecify;

    exports dev.countersign.nonce.redis;
}
