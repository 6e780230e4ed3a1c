package dev.countersign.quickstart;

import dev.countersign.api.store.NonceStore;
import dev.countersign.nonce.redis.RedisStoreListener;
import java.time.Duration;
import java.util.function.Consumer;

/** Tells whoever runs the server what happens to Redis, in one line each. */
final class RedisNotices implements RedisStoreListener {
    private final Consumer<String> lines;

    RedisNotices(Consumer<String> lines) {
        this.lines = lines;
    }

    @Override
    public void outageBegan(String server, String reason) {
        lines.accept("Redis " + server + ": requests are answered with 503 from now on: " + reason);
    }

    @Override
    public void outageReasonChanged(String server, String reason) {
        lines.accept("Redis " + server + ": still not in use: " + reason);
    }

    @Override
    public void outageEnded(String server, Duration lasted) {
        lines.accept("Redis " + server + ": in use again after " + lasted.toMillis() + " ms");
    }

    @Override
    public void primaryChanged(String server) {
        lines.accept("Redis " + server + ": another process than before");
    }

    @Override
    public void watchingSince(String server, long since, String why) {
        if (since == NonceStore.ALWAYS) {
            return; // nobody is refused
        }
        lines.accept(
                "Redis " + server + ": requests signed up to the Unix second " + since + " get a 503 (" + why + ")");
    }

    @Override
    public void serverClockLeapt(String server, Duration ahead) {
        lines.accept("Redis " + server + ": its clock leapt ahead by " + ahead.toMillis() + " ms");
    }
}
