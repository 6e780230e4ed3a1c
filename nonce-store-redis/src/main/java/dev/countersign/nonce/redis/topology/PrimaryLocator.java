package dev.countersign.nonce.redis.topology;

import io.lettuce.core.RedisURI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Where the primary is now. Asked on the store's thread, by one at a time. */
public interface PrimaryLocator {
    /** Its address now, with user, password, database and TLS. */
    CompletionStage<RedisURI> find();

    /** Whether the answer may change while the primary lives. */
    boolean moves();

    /** What was asked last is not waited for any longer: it may never answer. */
    void noAnswer();

    /** Ends what connections it has. */
    void close();

    /** A primary that is always at the same address. */
    static PrimaryLocator fixed(RedisURI uri) {
        return new PrimaryLocator() {
            @Override
            public CompletionStage<RedisURI> find() {
                return CompletableFuture.completedFuture(uri);
            }

            @Override
            public boolean moves() {
                return false;
            }

            @Override
            public void noAnswer() {}

            @Override
            public void close() {}
        };
    }
}
