package dev.countersign.nonce.redis.topology;

import dev.countersign.nonce.redis.trouble.RefusedServerException;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Where the sentinels say: one of them is asked, and the next one if it does not answer. */
public final class SentinelLocator implements PrimaryLocator {
    private final RedisClient client;
    private final RedisURI uri;
    private final String group;
    private final List<RedisURI> sentinels;

    private @Nullable StatefulRedisSentinelConnection<String, String> connection;
    private int turn;
    private boolean closed;

    /**
     * For the group that a URI names.
     *
     * @throws IllegalArgumentException if it names none
     */
    public SentinelLocator(RedisClient client, RedisURI uri) {
        this.client = client;
        this.uri = uri;
        String id = uri.getSentinelMasterId();
        if (id == null || id.isEmpty()) {
            throw new IllegalArgumentException(
                    "a Sentinel URI names the group: redis-sentinel://host:26379,host:26379/0#group");
        }
        this.group = id;
        this.sentinels = uri.getSentinels().isEmpty() ? List.of(uri) : List.copyOf(uri.getSentinels());
    }

    @Override
    public CompletionStage<RedisURI> find() {
        return connected()
                .thenCompose(sentinel -> sentinel.async().getMasterAddrByName(group))
                .thenApply(this::primaryAt)
                .whenComplete((found, failure) -> {
                    if (failure != null) {
                        noAnswer();
                    }
                });
    }

    @Override
    public boolean moves() {
        return true;
    }

    /** The next sentinel is asked then: one that is frozen keeps its connections, and answers nothing. */
    @Override
    public synchronized void noAnswer() {
        forget();
        turn++;
    }

    @Override
    public synchronized void close() {
        closed = true;
        forget();
    }

    private synchronized CompletionStage<StatefulRedisSentinelConnection<String, String>> connected() {
        StatefulRedisSentinelConnection<String, String> open = connection;
        if (open != null && open.isOpen()) {
            return CompletableFuture.completedFuture(open);
        }
        forget();
        RedisURI sentinel = sentinels.get(Math.floorMod(turn, sentinels.size()));
        return client.connectSentinelAsync(StringCodec.UTF8, sentinel).whenComplete((made, failure) -> {
            if (made != null) {
                keep(made);
            }
        });
    }

    private synchronized void keep(StatefulRedisSentinelConnection<String, String> made) {
        forget();
        connection = made;
        if (closed) {
            forget();
        }
    }

    private synchronized void forget() {
        StatefulRedisSentinelConnection<String, String> old = connection;
        connection = null;
        if (old != null) {
            CompletableFuture<Void> unused = old.closeAsync();
        }
    }

    /** As the user's URI, but for the address: the primary's own password, database and TLS. */
    private RedisURI primaryAt(@Nullable SocketAddress address) {
        if (!(address instanceof InetSocketAddress where)) {
            throw new RefusedServerException("the sentinels know no group " + group);
        }
        RedisURI primary = new RedisURI(where.getHostString(), where.getPort(), uri.getTimeout());
        primary.applySsl(uri);
        primary.applyAuthentication(uri);
        primary.setDatabase(uri.getDatabase());
        if (uri.getClientName() != null) {
            primary.setClientName(uri.getClientName());
        }
        return primary;
    }
}
