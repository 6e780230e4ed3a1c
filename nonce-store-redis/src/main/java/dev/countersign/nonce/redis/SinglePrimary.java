package dev.countersign.nonce.redis;

import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.trouble.ErrorReply;
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
 * One primary for all claims: a server that stands alone, the one that sentinels name, or a node of a Cluster for the claims
 * of its slots. While there is none, claims fail at once, and it is looked for until it is found. All changes happen on the
 * store's thread.
 */
final class SinglePrimary implements Topology, Primary.Owner {
    private static final long TICK_MILLIS = 50;
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    /** One can be in vain because this process is slow: after two the place is down. */
    private static final int LOOKS_UNTIL_DOWN = 2;

    private static final long FIND_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Trouble CLOSED = Trouble.unavailable("the nonce store is closed");

    private final StoreContext context;
    private final RedisClient client;
    private final Place place;
    private final WatchHistory past;
    private final @Nullable Group group;
    private final Outage notices;
    private final CompletableFuture<Void> started = new CompletableFuture<>();

    private volatile @Nullable Primary current;
    private volatile @Nullable String outage = "not connected yet";
    private volatile @Nullable ServerStatus lastStatus;
    private volatile boolean closed;

    /** Looks in a row that found nobody at the place that claims go to: changed on the store's thread. */
    private volatile int looksInVain;

    private long pauseMillis = FIRST_PAUSE_MILLIS;
    private boolean finding;
    private long lastFound = System.nanoTime();

    /** The Cluster that a primary is a node of. */
    interface Group {
        /** Where the node's witness is: in a slot that it serves. */
        byte[] witnessKey();

        /** As {@link Primary.Owner#redirect}. */
        boolean redirect(Primary primary, ClaimCall call, ErrorReply error);

        /** As {@link Primary.Owner#claimInSteps}. */
        boolean claimInSteps(ClaimCall call);

        /** On the store's thread: it can be used now. */
        void connected(Primary primary);

        /** On the store's thread: it cannot be used. */
        void troubled(Trouble trouble);
    }

    SinglePrimary(StoreContext context, RedisClient client, Place place) {
        this(context, client, place, new WatchHistory(), null);
    }

    SinglePrimary(StoreContext context, RedisClient client, Place place, WatchHistory past, @Nullable Group group) {
        this.context = context;
        this.client = client;
        this.place = place;
        this.past = past;
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
        Primary primary = current;
        if (primary == null) {
            call.fail(ClaimCall.Failure.NOT_STORED, "Redis is unavailable: " + outage);
        } else {
            primary.claim(call);
        }
    }

    @Override
    public long watchingSince() {
        WatchRecord known = past.lastRecord();
        return known == null ? context.watchFrom() : known.since();
    }

    @Override
    public boolean isDown() {
        return !closed && current == null && looksInVain >= LOOKS_UNTIL_DOWN;
    }

    @Override
    public ServerStatus status() {
        Primary primary = current;
        if (primary != null) {
            return primary.status(primary.hasEnded() ? primary.unavailable() : null);
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
        Primary primary = current;
        current = null;
        outage = CLOSED.words();
        place.close();
        return primary == null ? CompletableFuture.completedFuture(null) : primary.close(CLOSED);
    }

    /** The verified connection, if there is one. */
    @Nullable Primary current() {
        return current;
    }

    /** Where there is one primary, there is nothing to redirect. */
    @Override
    public boolean redirect(Primary primary, ClaimCall call, ErrorReply error) {
        return group != null && group.redirect(primary, call, error);
    }

    @Override
    public boolean claimInSteps(ClaimCall call) {
        return group != null && group.claimInSteps(call);
    }

    @Override
    public void ended(Primary primary, Trouble trouble) {
        if (current != primary) {
            return; // it was never used, or another one is in its place
        }
        lastStatus = primary.status(trouble.words());
        outage = trouble.words(); // first, or the status would have neither a connection nor an outage
        current = null;
        troubled(primary.address(), trouble);
        pauseMillis = FIRST_PAUSE_MILLIS;
        connectLater();
    }

    private void connect() {
        if (closed) {
            return;
        }
        find().whenComplete((uri, failure) -> {
            if (failure != null) {
                // Where claims would go is not known, so neither is whether it is down.
                context.run(() -> {
                    looksInVain = 0;
                    failed("", Trouble.of(failure));
                });
                return;
            }
            byte[] witnessKey = group == null ? context.settings().keys().watchRecord() : group.witnessKey();
            Primary.open(context, client, uri, witnessKey, group != null, past, this)
                    .whenComplete((primary, refused) -> context.run(() -> {
                        if (refused == null) {
                            use(primary);
                        } else {
                            Trouble trouble = Trouble.of(refused);
                            looksInVain = trouble.isRefusal() ? 0 : looksInVain + 1;
                            failed(addressOf(uri), trouble);
                        }
                    }));
        });
    }

    private void use(Primary primary) {
        if (closed) {
            primary.close(CLOSED);
            return;
        }
        context.counters().connections.increment(); // before it can be seen in use
        current = primary;
        looksInVain = 0;
        if (primary.hasEnded()) {
            ended(primary, Trouble.unavailable("the connection ended"));
            return;
        }
        outage = null;
        pauseMillis = FIRST_PAUSE_MILLIS;
        notices.over(primary.address());
        started.complete(null);
        if (group != null) {
            group.connected(primary);
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
        Primary primary = current;
        if (primary != null) {
            primary.tick();
            long now = System.nanoTime();
            if (place.moves() && !finding && now - lastFound >= FIND_EVERY_NANOS) {
                lastFound = now;
                finding = true;
                find().whenComplete((uri, failure) -> context.run(() -> {
                    finding = false;
                    // Sentinels that cannot be reached change nothing.
                    if (failure == null && !addressOf(uri).equals(primary.address())) {
                        primary.close(Trouble.unavailable("the sentinels name another primary"));
                    }
                }));
            }
        }
    }

    /** In bounded time. */
    private CompletionStage<RedisURI> find() {
        CompletableFuture<RedisURI> found = new CompletableFuture<>();
        context.runIn(TimeUnit.NANOSECONDS.toMillis(context.timeLimitNanos()) + 1_000, () -> {
            if (found.completeExceptionally(new RedisUnavailableException("the sentinels do not answer"))) {
                place.noAnswer();
            }
        });
        try {
            place.find().whenComplete((uri, failure) -> {
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

    private static String addressOf(RedisURI uri) {
        return uri.getSocket() != null ? uri.getSocket() : uri.getHost() + ":" + uri.getPort();
    }
}
