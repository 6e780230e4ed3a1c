package dev.countersign.nonce.redis.connection;

import dev.countersign.nonce.redis.trouble.Trouble;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Whether a connection may carry claims: from the first look at its server on, until it ends. Thread-safe. */
final class ConnectionState {
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile @Nullable Watch watch;
    private volatile String endReason = "";

    /** The record under which claims may be sent; null before the first look, and after the end. */
    @Nullable Watch watch() {
        return watch;
    }

    /** Claims may be sent under this record: false if the connection has ended meanwhile. */
    boolean watchUnder(Watch now) {
        watch = now;
        if (ended.get()) {
            watch = null;
            return false;
        }
        return true;
    }

    /** Ends it: true the first time. */
    boolean end(Trouble trouble) {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        endReason = trouble.words();
        watch = null;
        return true;
    }

    boolean hasEnded() {
        return ended.get();
    }

    /** Why claims fail, in words. */
    String unavailable() {
        return endReason.isEmpty() ? "not connected" : endReason;
    }
}
