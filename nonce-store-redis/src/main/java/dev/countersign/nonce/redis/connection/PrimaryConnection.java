package dev.countersign.nonce.redis.connection;

import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.script.Script;
import dev.countersign.nonce.redis.script.ScriptResult;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.nonce.redis.trouble.Trouble;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One connection to one server process, which the store checks before the first claim and once a second after that.
 *
 * <p>A TCP connection does not change its process, and Lettuce does not replace this one. When it ends, this object
 * ends, all claims in flight fail, and nothing is sent twice. So no claim reaches an unchecked server, and no claim
 * finds itself.
 *
 * <p>Thread-safe. Lettuce answers on its own threads, in the order of the commands.
 */
public final class PrimaryConnection implements RedisConnectionStateListener {
    private static final long OPENING_MARGIN_MILLIS = 1000;

    private final StoreContext context;
    private final Target target;
    private final Owner owner;
    private final CommandChannel channel;
    private final ConnectionState state = new ConnectionState();
    private final Inspection inspection;
    private final ClaimPath claims;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    /** What a connection belongs to. */
    public interface Owner {
        /** It has ended: once, on the store's thread. */
        void ended(PrimaryConnection connection, Trouble trouble);
    }

    private PrimaryConnection(
            StoreContext context,
            Target target,
            Redirects redirects,
            Owner owner,
            StatefulRedisConnection<byte[], byte[]> connection) {
        this.context = context;
        this.target = target;
        this.owner = owner;
        this.channel = new CommandChannel(connection);
        ClaimSender sender = new ClaimSender(context, target, channel, state, redirects, this::close, this::lookSoon);
        this.claims = context.settings().replicas() == 0
                ? new DirectClaims(state, sender)
                : new ReplicatedClaims(context, channel, state, sender, this::close);
        WatchKeeper keeper = new WatchKeeper(context, target, channel, state);
        this.inspection = new Inspection(context, target, channel, sender, keeper);
        connection.addListener(this);
    }

    /**
     * Connects, looks at the server, and begins to watch it.
     *
     * @return failed with a refusal ({@link Trouble#isRefusal}) if the server is not set up for claims, and with
     *     anything else if it cannot be reached or is no primary now; complete within the store's time limit and a
     *     second
     */
    public static CompletionStage<PrimaryConnection> open(
            StoreContext context, RedisClient client, Target target, Redirects redirects, Owner owner) {
        CompletableFuture<PrimaryConnection> opened = new CompletableFuture<>();
        CompletionStage<StatefulRedisConnection<byte[], byte[]>> connecting;
        try {
            connecting = client.connectAsync(ByteArrayCodec.INSTANCE, target.uri());
        } catch (Throwable failed) { // also an Error, or nobody would try again
            opened.completeExceptionally(failed);
            return opened;
        }
        context.runIn(
                context.timeLimitMillis() + OPENING_MARGIN_MILLIS,
                () -> opened.completeExceptionally(new RedisUnavailableException(noAnswer(target.uri()))));
        connecting.whenComplete((connection, failure) -> {
            if (failure != null) {
                opened.completeExceptionally(failure);
                return;
            }
            PrimaryConnection made = new PrimaryConnection(context, target, redirects, owner, connection);
            CompletionStage<PrimaryConnection> accepted = opened;
            accepted.whenComplete((done, late) -> {
                if (late != null) {
                    made.close(Trouble.unavailable("it was not accepted"));
                }
            });
            made.endUnless(made.inspection.first()).whenComplete((done, refused) -> {
                if (refused != null) {
                    opened.completeExceptionally(refused);
                } else {
                    opened.complete(made);
                }
            });
        });
        return opened;
    }

    private static String noAnswer(RedisURI uri) {
        return uri.isSsl()
                ? "no answer: Redis is slow or stands still, or speaks no TLS there (then use redis://)"
                : "no answer: Redis is slow or stands still, or something else listens there";
    }

    /** What it is connected to. */
    public Target target() {
        return target;
    }

    public boolean hasEnded() {
        return state.hasEnded();
    }

    /** Why claims fail, in words. */
    public String unavailable() {
        return state.unavailable();
    }

    /** The Unix second since which the server is watched, or null if it may take no claims now. */
    public @Nullable Long since() {
        Watch watch = state.watch();
        return watch == null ? null : watch.read().since();
    }

    public ServerStatus status(@Nullable String outage) {
        return inspection.status(outage);
    }

    /** Sends a claim, or fails it. Never blocks, never throws. */
    public void claim(ClaimCall call) {
        claims.claim(call);
    }

    /**
     * One script on one key, for a claim that is made in steps.
     *
     * @param asking whether ASK named this server
     */
    public CompletionStage<ScriptResult> step(
            boolean asking, long claimedAt, Script script, byte[] key, byte[]... arguments) {
        if (state.watch() == null) {
            return CompletableFuture.failedFuture(
                    new RedisUnavailableException("Redis is unavailable: " + unavailable()));
        }
        target.history().claiming(claimedAt);
        return channel.eval(asking, script.text(), new byte[][] {key}, arguments)
                .thenApply(ScriptResult::of);
    }

    /**
     * Sends a command, and counts it among those that must be answered in time.
     *
     * @param what starts exactly one command
     */
    public <T> CompletionStage<T> ask(Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> what) {
        return channel.send(what);
    }

    /** Looks at the time: called by the owner every few milliseconds, on the store's thread. */
    public void tick() {
        if (state.hasEnded()) {
            return;
        }
        if (channel.isOverdue(context.timeLimitNanos())) {
            close(Trouble.unavailable("no answer within the time limit"));
        } else if (inspection.isDue()) {
            lookSoon();
        }
    }

    /** Looks at the server now, unless that is under way. */
    public void lookSoon() {
        CompletionStage<Void> unused = endUnless(inspection.again());
    }

    /**
     * Ends it: the connection is closed, what is in flight fails, and the owner hears of it. Does nothing the second
     * time.
     *
     * @return complete once the connection is closed
     */
    public CompletionStage<Void> close(Trouble trouble) {
        if (!state.end(trouble)) {
            return closed;
        }
        channel.close().whenComplete((nothing, failure) -> closed.complete(null));
        claims.ended();
        context.run(() -> owner.ended(this, trouble));
        return closed;
    }

    @Override
    public void onRedisDisconnected(RedisChannelHandler<?, ?> ofThisConnection) {
        close(Trouble.unavailable("the connection ended"));
    }

    private CompletionStage<Void> endUnless(CompletionStage<Void> looked) {
        return looked.whenComplete((done, failure) -> {
            if (failure != null) {
                close(Trouble.of(failure));
            }
        });
    }
}
