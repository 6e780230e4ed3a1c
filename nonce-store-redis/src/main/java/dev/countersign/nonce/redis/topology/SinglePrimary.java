package dev.countersign.nonce.redis.topology;

import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.connection.PrimaryConnection;
import dev.countersign.nonce.redis.connection.Redirects;
import dev.countersign.nonce.redis.connection.ServerStatus;
import dev.countersign.nonce.redis.connection.Target;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.nonce.redis.trouble.RefusedServerException;
import dev.countersign.nonce.redis.trouble.Trouble;
import dev.countersign.nonce.redis.watching.WatchHistory;
import dev.countersign.nonce.redis.watching.WatchRecord;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One primary for all claims: a server that stands alone, the one that sentinels name, or a node of a Cluster for the
 * claims of its slots. While there is none, claims fail at once, and it is looked for until it is found. All changes
 * happen on the store's thread.
 */
public final class SinglePrimary implements Topology, PrimaryConnection.Owner {
    private static final long TICK_MILLIS = 50;
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;
    private static final long FIND_MARGIN_MILLIS = 1_000;

    /** One can be in vain because this process is slow: after two the place is down. */
    private static final int LOOKS_UNTIL_DOWN = 2;

    private static final long FIND_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Trouble CLOSED = Trouble.unavailable("the nonce store is closed");

    private final StoreContext context;
    private final RedisClient client;
    private final PrimaryLocator locator;
    private final WatchHistory history;
    private final @Nullable Group group;
    private final Outage notices;
    private final CompletableFuture<Void> started = new CompletableFuture<>();

    private volatile @Nullable PrimaryConnection current;
    private volatile @Nullable String outage = "not connected yet";
    private volatile @Nullable ServerStatus lastStatus;
    private volatile boolean closed;

    /** Attempts in a row that found no server for the claims: changed on the store's thread. */
    private volatile int looksInVain;

    private long pauseMillis = FIRST_PAUSE_MILLIS;
    private boolean finding;
    private long lastFound = System.nanoTime();

    /** The Cluster that a primary is a node of. */
    public interface Group {
        /** Where the node's watch record is: in a slot that it serves. */
        byte[] recordKey();

        /** What becomes of claims that the node does not run. */
        Redirects redirects();

        /** On the store's thread: it can be used now. */
        void connected();

        /** On the store's thread: it cannot be used. */
        void troubled(Trouble trouble);
    }

    /** A primary that stands alone, or that sentinels name. */
    public SinglePrimary(StoreContext context, RedisClient client, PrimaryLocator locator) {
        this(context, client, locator, new WatchHistory(), null);
    }

    /** A node of a Cluster. */
    public SinglePrimary(
            StoreContext context,
            RedisClient client,
            PrimaryLocator locator,
            WatchHistory history,
            @Nullable Group group) {
        this.context = context;
        this.client = client;
        this.locator = locator;
        this.history = history;
        this.group = group;
        this.notices = new Outage(context);
    }

    @Override
    public CompletionStage<Void> start() {
        context.run(this::connect);
        context.runIn(TICK_MILLIS, this::tick);
        return started;
    }

    @Override
    public void claim(ClaimCall call) {
        PrimaryConnection connection = current;
        if (connection == null) {
            call.fail(ClaimCall.Failure.NOT_STORED, "Redis is unavailable: " + outage);
        } else {
            connection.claim(call);
        }
    }

    @Override
    public long watchingSince() {
        WatchRecord known = history.lastRecord();
        return known == null ? context.watchFrom() : known.since();
    }

    @Override
    public boolean isDown() {
        return !closed && current == null && looksInVain >= LOOKS_UNTIL_DOWN;
    }

    @Override
    public ServerStatus status() {
        PrimaryConnection connection = current;
        if (connection != null) {
            return connection.status(connection.hasEnded() ? connection.unavailable() : null);
        }
        String reason = outage;
        ServerStatus last = lastStatus;
        return last == null
                ? new ServerStatus(reason, null, null, null, null)
                : new ServerStatus(
                        reason, last.server(), last.version(), last.evictionPolicy(), last.clockDifference());
    }

    @Override
    public CompletionStage<Void> close() {
        closed = true;
        PrimaryConnection connection = current;
        current = null;
        outage = CLOSED.words();
        locator.close();
        return connection == null ? CompletableFuture.completedFuture(null) : connection.close(CLOSED);
    }

    /** The checked connection, if there is one. */
    public @Nullable PrimaryConnection current() {
        return current;
    }

    @Override
    public void ended(PrimaryConnection connection, Trouble trouble) {
        if (current != connection) {
            return; // it was never used, or another one is in its place
        }
        lastStatus = connection.status(trouble.words());
        if (!closed) {
            outage = trouble.words(); // first, or the status would have neither a connection nor an outage
        }
        current = null;
        troubled(connection.target().address(), trouble);
        pauseMillis = FIRST_PAUSE_MILLIS;
        connectLater();
    }

    private void connect() {
        if (closed) {
            return;
        }
        find().whenComplete((uri, failure) -> {
            if (failure == null) {
                open(uri);
                return;
            }
            // Where claims would go is not known, so neither is whether it is down.
            context.run(() -> {
                looksInVain = 0;
                failed("", Trouble.of(failure));
            });
        });
    }

    private void open(RedisURI uri) {
        Target target = group == null
                ? new Target(uri, context.settings().keys().watchRecord(), false, history)
                : new Target(uri, group.recordKey(), true, history);
        Redirects redirects = group == null ? Redirects.NONE : group.redirects();
        PrimaryConnection.open(context, client, target, redirects, this)
                .whenComplete((connection, failure) -> context.run(() -> {
                    if (failure == null) {
                        use(connection);
                        return;
                    }
                    Trouble trouble = Trouble.of(failure);
                    looksInVain = trouble.isRefusal() ? 0 : looksInVain + 1;
                    failed(target.address(), trouble);
                }));
    }

    private void use(PrimaryConnection connection) {
        if (closed) {
            connection.close(CLOSED);
            return;
        }
        context.counters().connections.increment(); // before it can be seen in use
        current = connection;
        looksInVain = 0;
        if (connection.hasEnded()) {
            ended(connection, Trouble.unavailable("the connection ended"));
            return;
        }
        outage = null;
        pauseMillis = FIRST_PAUSE_MILLIS;
        notices.over(connection.target().address());
        started.complete(null);
        if (group != null) {
            group.connected();
        }
    }

    private void failed(String address, Trouble trouble) {
        if (trouble.isRefusal()) {
            started.completeExceptionally(new RefusedServerException(trouble.words()));
        }
        troubled(address, trouble);
        connectLater();
    }

    private void troubled(String address, Trouble trouble) {
        if (closed) {
            return;
        }
        outage = trouble.words();
        if (group != null) {
            group.troubled(trouble);
        }
        notices.troubled(address, trouble.words());
    }

    private void connectLater() {
        if (!closed) {
            context.runIn(pauseMillis, this::connect);
            pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, 2 * pauseMillis);
        }
    }

    private void tick() {
        if (closed) {
            return;
        }
        context.runIn(TICK_MILLIS, this::tick);
        PrimaryConnection connection = current;
        if (connection != null) {
            connection.tick();
            findAgain(connection);
        }
    }

    /** Once a second, if the primary may have moved. Sentinels that cannot be reached change nothing. */
    private void findAgain(PrimaryConnection connection) {
        long now = System.nanoTime();
        if (!locator.moves() || finding || now - lastFound < FIND_EVERY_NANOS) {
            return;
        }
        lastFound = now;
        finding = true;
        find().whenComplete((uri, failure) -> context.run(() -> {
            finding = false;
            if (failure == null
                    && !Target.addressOf(uri).equals(connection.target().address())) {
                connection.close(Trouble.unavailable("the sentinels name another primary"));
            }
        }));
    }

    /** In bounded time. */
    private CompletionStage<RedisURI> find() {
        CompletableFuture<RedisURI> found = new CompletableFuture<>();
        context.runIn(context.timeLimitMillis() + FIND_MARGIN_MILLIS, () -> {
            if (found.completeExceptionally(new RedisUnavailableException("the sentinels do not answer"))) {
                locator.noAnswer();
            }
        });
        try {
            locator.find().whenComplete((uri, failure) -> {
                if (failure == null) {
                    found.complete(uri);
                } else {
                    found.completeExceptionally(failure);
                }
            });
        } catch (Throwable failed) {
            found.completeExceptionally(failed);
        }
        return found;
    }
}
