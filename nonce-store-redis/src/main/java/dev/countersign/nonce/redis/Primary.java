package dev.countersign.nonce.redis;

import dev.countersign.api.store.ClaimResult;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One connection to one server process that was looked at before the first claim, and is looked at once a second.
 *
 * <p>A TCP connection does not change its process, and this one is never replaced behind our back: when it ends, so does this
 * object, all that is in flight fails, and nothing is ever sent twice. So no claim reaches a server that nobody looked at, and
 * no claim finds itself.
 *
 * <p>Thread-safe. Lettuce answers on its own threads, in the order of the commands.
 */
final class Primary implements RedisConnectionStateListener {
    private static final long LOOK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int WITNESS_ATTEMPTS = 8;
    private static final int LONGEST_GROUP = 1024;
    private static final byte[] STORE_NOTHING = {'0'};
    private static final byte[] ABSENT = {};

    /** What Redis answers where the keys of a script lie on two nodes, and what we make of a token that is held. */
    static final String TRY_AGAIN = "TRYAGAIN";

    private static final SecureRandom RANDOM = new SecureRandom();

    /** What a primary asks of those that it belongs to. */
    interface Owner {
        /** It has ended: once, on the store's thread. */
        void ended(Primary primary, String reason);

        /** Redis refused a claim with an error that another node may answer: whether the owner has taken it over. */
        boolean redirect(Primary primary, ClaimCall call, String error);
    }

    private final StoreContext context;
    private final Owner owner;
    private final RedisURI uri;
    private final byte[] witnessKey;
    private final boolean cluster;
    private final Past past;
    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final RedisAsyncCommands<byte[], byte[]> commands;
    private final String script;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final AtomicBoolean looking = new AtomicBoolean();

    /** On whose word claims are sent; null until the server was looked at, and after the end. */
    private volatile @Nullable Trust trust;

    private volatile String endReason = "";
    private volatile @Nullable ServerInfo info;
    private volatile @Nullable Duration clockDifference;
    private volatile String digest = "";
    private volatile long lastLook = System.nanoTime();

    // Redis answers in order, so counting tells how old the oldest unanswered command is: no list, no timers.
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private final Queue<long[]> sentByTime = new ArrayDeque<>();

    private final Queue<ClaimCall> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean groupUnderway = new AtomicBoolean();

    /** The witness, and how it is written in Redis. */
    private static final class Trust {
        private final Witness witness;
        private final byte[] bytes;

        Trust(Witness witness, byte[] bytes) {
            this.witness = witness;
            this.bytes = bytes;
        }
    }

    private Primary(
            StoreContext context,
            Owner owner,
            RedisURI uri,
            byte[] witnessKey,
            boolean cluster,
            Past past,
            StatefulRedisConnection<byte[], byte[]> connection) {
        this.context = context;
        this.owner = owner;
        this.uri = uri;
        this.witnessKey = witnessKey;
        this.cluster = cluster;
        this.past = past;
        this.connection = connection;
        this.commands = connection.async();
        this.script = cluster ? ClaimScript.TOKENS_ONLY : ClaimScript.WITH_WITNESS;
        connection.addListener(this);
    }

    /**
     * Connects, looks at the server, and begins to vouch for it.
     *
     * @param witnessKey where its witness is
     * @param cluster whether it must be a node of a Cluster, or must not be one
     * @param past what is known of this place
     * @return failed with a {@link RefusedServerException} if it is not set up for claims, with anything else if it cannot be
     *     reached or is no primary now; complete within the store's time limit and a second
     */
    static CompletionStage<Primary> open(
            StoreContext context,
            RedisClient client,
            RedisURI uri,
            byte[] witnessKey,
            boolean cluster,
            Past past,
            Owner owner) {
        CompletableFuture<Primary> opened = new CompletableFuture<>();
        CompletionStage<StatefulRedisConnection<byte[], byte[]>> connecting;
        try {
            connecting = client.connectAsync(ByteArrayCodec.INSTANCE, uri);
        } catch (Throwable failed) { // also an Error, or nobody would try again
            opened.completeExceptionally(failed);
            return opened;
        }
        context.runIn(
                TimeUnit.NANOSECONDS.toMillis(context.timeLimitNanos) + 1000,
                () -> opened.completeExceptionally(new RedisUnavailableException(noAnswer(uri))));
        connecting.whenComplete((connection, failure) -> {
            if (failure != null) {
                opened.completeExceptionally(failure);
                return;
            }
            Primary primary = new Primary(context, owner, uri, witnessKey, cluster, past, connection);
            CompletionStage<Primary> accepted = opened;
            accepted.whenComplete((done, late) -> {
                if (late != null) {
                    primary.close("it was not accepted");
                }
            });
            primary.look(true).whenComplete((done, refused) -> {
                if (refused != null) {
                    opened.completeExceptionally(refused);
                } else {
                    opened.complete(primary);
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

    Past past() {
        return past;
    }

    RedisURI uri() {
        return uri;
    }

    /** {@code host:port}, or the path of a socket. */
    String address() {
        return uri.getSocket() != null ? uri.getSocket() : uri.getHost() + ":" + uri.getPort();
    }

    boolean hasEnded() {
        return ended.get();
    }

    /** Since when the server is vouched for, or null if it is not trusted now. */
    @Nullable Long since() {
        Trust now = trust;
        return now == null ? null : now.witness.since();
    }

    ServerStatus status(@Nullable String outage) {
        ServerInfo known = info;
        return new ServerStatus(
                outage,
                address(),
                known == null ? null : known.version(),
                known == null ? null : known.evictionPolicy(),
                clockDifference);
    }

    /** Sends a claim, or fails it. Never blocks, never throws. */
    void claim(ClaimCall call) {
        Trust now = trust;
        if (now == null) {
            call.fail(ClaimCall.Failure.NOT_STORED, "Redis is unavailable: " + unavailable());
            return;
        }
        if (context.replicas == 0) {
            send(call, now, false, result -> succeed(call, result));
            return;
        }
        waiting.add(call);
        sendGroup();
    }

    /**
     * Sends a command, and counts it among those that must be answered in time.
     *
     * @param what starts exactly one command
     */
    <T> CompletionStage<T> ask(Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> what) {
        sent.incrementAndGet();
        CompletionStage<T> answer;
        try {
            answer = what.apply(commands);
        } catch (RuntimeException notSent) {
            answer = CompletableFuture.failedFuture(notSent);
        }
        answer.whenComplete((value, failure) -> answered.incrementAndGet());
        return answer; // not what depends on it: that would wrap Redis's errors
    }

    /** Looks at the time: called by the owner every few milliseconds, on the store's thread. */
    void tick() {
        if (ended.get()) {
            return;
        }
        long now = System.nanoTime();
        long overdue = -1;
        for (long[] oldest = sentByTime.peek();
                oldest != null && now - oldest[0] >= context.timeLimitNanos;
                oldest = sentByTime.peek()) {
            overdue = oldest[1];
            sentByTime.remove();
        }
        if (answered.get() < overdue) {
            close("no answer within the time limit");
            return;
        }
        sentByTime.add(new long[] {now, sent.get()});
        if (now - lastLook >= LOOK_EVERY_NANOS) {
            lookSoon();
        }
    }

    /**
     * Ends it: the connection is closed, what is in flight fails, and the owner is told. Does nothing the second time.
     *
     * @return complete once the connection is closed
     */
    CompletionStage<Void> close(String reason) {
        if (!ended.compareAndSet(false, true)) {
            return closed;
        }
        endReason = reason;
        trust = null;
        CompletionStage<Void> closing = connection.closeAsync();
        closing.whenComplete((nothing, failure) -> closed.complete(null));
        failWaiting();
        context.run(() -> owner.ended(this, reason));
        return closed;
    }

    @Override
    public void onRedisDisconnected(RedisChannelHandler<?, ?> ofThisConnection) {
        close("the connection ended");
    }

    // Claims.

    private void send(ClaimCall call, Trust under, boolean wholeScript, Consumer<ClaimResult> answered) {
        ClaimResult refusal = call.refusalSince(Math.max(under.witness.since(), past.floor()));
        past.claiming(call.claim.claimedAt());
        byte[][] keys = keys(call);
        byte[] keep = refusal == null ? call.keepMillis : STORE_NOTHING;
        byte[][] arguments = cluster ? new byte[][] {keep} : new byte[][] {keep, under.bytes};
        CompletionStage<Long> asked;
        if (call.asking) {
            asked = askingEval(
                    wholeScript ? CommandType.EVAL : CommandType.EVALSHA,
                    wholeScript ? script : digest,
                    keys,
                    arguments);
        } else {
            asked = ask(redis -> wholeScript
                    ? redis.eval(script, ScriptOutputType.INTEGER, keys, arguments)
                    : redis.evalsha(digest, ScriptOutputType.INTEGER, keys, arguments));
        }
        asked.whenComplete((code, failure) -> {
            if (failure == null && code.intValue() == ClaimScript.PENDING) {
                if (!owner.redirect(this, call, TRY_AGAIN)) {
                    call.fail(ClaimCall.Failure.NOT_STORED, "another claim of the same tokens is under way");
                }
            } else if (failure == null) {
                answered.accept(resultOf(code.intValue(), refusal));
            } else if (failure instanceof RedisNoScriptException && !wholeScript) {
                reload(call, under);
            } else {
                failed(call, refusal, failure, answered);
            }
        });
    }

    /** It was not run, and the same connection leads to the same process: this is no second delivery. */
    private void reload(ClaimCall call, Trust under) {
        context.scriptsReloaded.increment();
        if (context.replicas == 0) {
            send(call, under, true, result -> succeed(call, result));
        } else {
            // Its group ends without it. The next one comes after the script.
            ask(redis -> redis.scriptLoad(script)).whenComplete((loaded, failure) -> {
                if (failure != null || call.isLate(context.timeLimitNanos)) {
                    call.fail(ClaimCall.Failure.NOT_STORED, "Redis does not take the script");
                } else {
                    waiting.add(call);
                }
                sendGroup();
            });
        }
    }

    /**
     * One script on one key, for a claim that is made in steps.
     *
     * @param asking whether ASK named this server
     */
    CompletionStage<Long> step(boolean asking, long claimedAt, String stepScript, byte[] key, byte[]... arguments) {
        if (trust == null) {
            return CompletableFuture.failedFuture(
                    new RedisUnavailableException("Redis is unavailable: " + unavailable()));
        }
        past.claiming(claimedAt);
        byte[][] keys = {key};
        return asking
                ? askingEval(CommandType.EVAL, stepScript, keys, arguments)
                : ask(redis -> redis.eval(stepScript, ScriptOutputType.INTEGER, keys, arguments));
    }

    /** A script right behind ASKING: nothing gets in between what is dispatched at once. */
    private CompletionStage<Long> askingEval(
            CommandType type, String scriptOrDigest, byte[][] keys, byte[][] arguments) {
        CommandArgs<byte[], byte[]> words = new CommandArgs<>(ByteArrayCodec.INSTANCE)
                .add(scriptOrDigest)
                .add(keys.length)
                .addKeys(keys);
        for (byte[] argument : arguments) {
            words.addValue(argument);
        }
        AsyncCommand<byte[], byte[], String> first =
                new AsyncCommand<>(new Command<>(CommandType.ASKING, new StatusOutput<>(ByteArrayCodec.INSTANCE)));
        AsyncCommand<byte[], byte[], Long> second =
                new AsyncCommand<>(new Command<>(type, new IntegerOutput<>(ByteArrayCodec.INSTANCE), words));
        sent.addAndGet(2);
        try {
            connection.dispatch(List.of(first, second));
        } catch (RuntimeException notSent) {
            first.completeExceptionally(notSent);
            second.completeExceptionally(notSent);
        }
        CompletionStage<String> told = first;
        told.whenComplete((ok, failure) -> answered.incrementAndGet());
        CompletionStage<Long> answer = second;
        answer.whenComplete((code, failure) -> answered.incrementAndGet());
        return answer;
    }

    private void succeed(ClaimCall call, ClaimResult result) {
        if (call.isLate(context.timeLimitNanos)) {
            call.fail(ClaimCall.Failure.MAYBE_STORED, "the answer came too late");
        } else {
            call.succeed(result);
        }
    }

    private byte[][] keys(ClaimCall call) {
        byte[] signature = call.signatureKey;
        if (cluster) {
            return signature == null ? new byte[][] {call.nonceKey} : new byte[][] {call.nonceKey, signature};
        }
        return signature == null
                ? new byte[][] {witnessKey, call.nonceKey}
                : new byte[][] {witnessKey, call.nonceKey, signature};
    }

    private ClaimResult resultOf(int code, @Nullable ClaimResult refusal) {
        switch (code) {
            case ClaimScript.FIRST_KNOWN -> {
                return ClaimResult.NONCE_REPLAYED;
            }
            case ClaimScript.SECOND_KNOWN -> {
                return ClaimResult.SIGNATURE_REPLAYED;
            }
            case ClaimScript.STORED -> {
                return ClaimResult.CLAIMED;
            }
            case ClaimScript.UNKNOWN -> {
                return Objects.requireNonNull(refusal);
            }
            default -> {
                lookSoon();
                return ClaimResult.NOT_WATCHING_YET;
            }
        }
    }

    /** A claim without an answer, or with an error for one. */
    private void failed(
            ClaimCall call, @Nullable ClaimResult refusal, Throwable failure, Consumer<ClaimResult> answered) {
        if (!(failure instanceof RedisCommandExecutionException)) {
            close("the connection ended");
            call.fail(ClaimCall.Failure.MAYBE_STORED, "the connection ended before the answer came");
            return;
        }
        String error = String.valueOf(failure.getMessage());
        if (error.contains("OOM command not allowed")) {
            answered.accept(refusal == null ? ClaimResult.FULL : refusal);
            return;
        }
        if (owner.redirect(this, call, error)) {
            return;
        }
        // The script looks before it writes, and Redis refuses a write before the first of them: nothing was stored.
        String why = FailureCause.words(failure);
        call.fail(ClaimCall.Failure.NOT_STORED, "Redis refused the claim: " + why);
        if (FailureCause.isRefusal(failure)) {
            close(why); // so it will each claim, until somebody has changed something
        } else if (error.contains("READONLY") || error.startsWith("LOADING") || error.startsWith("MASTERDOWN")) {
            close("it is no primary any more");
        }
    }

    /**
     * Sends what has gathered, followed by one WAIT for all of it. Redis does nothing else on a connection that waits, so what
     * comes meanwhile gathers for the next group.
     */
    private void sendGroup() {
        Trust now = trust;
        if (waiting.isEmpty() || now == null || !groupUnderway.compareAndSet(false, true)) {
            if (now == null) {
                failWaiting();
            }
            return;
        }
        List<ClaimCall> stored = new ArrayList<>();
        int size = 0;
        for (ClaimCall next = waiting.poll(); next != null; next = size < LONGEST_GROUP ? waiting.poll() : null) {
            ClaimCall call = next;
            size++;
            send(call, now, false, result -> {
                if (result == ClaimResult.CLAIMED) {
                    stored.add(call); // by Lettuce's thread, which answers in order: before WAIT's answer
                } else {
                    succeed(call, result);
                }
            });
        }
        ask(redis -> redis.waitForReplication(context.replicas, context.replicaMillis))
                .whenComplete((replicas, failure) -> {
                    boolean enough = failure == null && replicas >= context.replicas;
                    if (failure != null && FailureCause.isRefusal(failure)) {
                        close(FailureCause.words(failure));
                    }
                    for (ClaimCall call : stored) {
                        if (enough) {
                            succeed(call, ClaimResult.CLAIMED);
                        } else {
                            call.fail(
                                    ClaimCall.Failure.MAYBE_STORED,
                                    "too few replicas have confirmed the claim within the time limit");
                        }
                    }
                    groupUnderway.set(false);
                    sendGroup();
                });
    }

    private void failWaiting() {
        for (ClaimCall call = waiting.poll(); call != null; call = waiting.poll()) {
            call.fail(ClaimCall.Failure.NOT_STORED, "Redis is unavailable: " + unavailable());
        }
    }

    /** Why claims fail. */
    String unavailable() {
        return endReason.isEmpty() ? "not connected" : endReason;
    }

    // Looking at the server.

    /** Looks at the server now, unless that is under way. */
    void lookSoon() {
        look(false);
    }

    private CompletionStage<Void> look(boolean opening) {
        context.second(); // an idle node, too, must know how far its clock has been; the clock is the user's and may
        // throw
        if (!looking.compareAndSet(false, true)) {
            return CompletableFuture.completedFuture(null);
        }
        lastLook = System.nanoTime();
        CompletableFuture<String> server = opening
                ? ask(redis -> redis.info("server")).toCompletableFuture()
                : CompletableFuture.completedFuture("");
        CompletableFuture<String> node = opening
                ? ask(redis -> redis.info("cluster")).toCompletableFuture()
                : CompletableFuture.completedFuture("");
        CompletableFuture<String> replication =
                ask(redis -> redis.info("replication")).toCompletableFuture();
        CompletableFuture<String> memory = ask(redis -> redis.info("memory")).toCompletableFuture();
        CompletableFuture<ServerClock.Reading> clock = readClock().toCompletableFuture();
        CompletableFuture<String> loaded = opening
                ? ask(redis -> redis.scriptLoad(script)).toCompletableFuture()
                : CompletableFuture.completedFuture(digest);
        // A write that changes nothing. An isolated primary (min-replicas-to-write), a replica or a server that cannot
        // save refuses it; not every version of Redis refuses a script then.
        CompletableFuture<Boolean> writable =
                ask(redis -> redis.persist(witnessKey)).toCompletableFuture();
        CompletableFuture<byte[]> found = ask(redis -> redis.get(witnessKey)).toCompletableFuture();
        CompletableFuture<Void> told = CompletableFuture.allOf(server, node, replication, memory);
        CompletionStage<Void> done = told.handle((all, failure) -> failure).thenCompose(failure -> {
            if (failure != null) {
                return CompletableFuture.<Void>failedFuture(failure);
            }
            ServerInfo seen = new ServerInfo(info, server.join(), node.join(), replication.join(), memory.join());
            info = seen;
            check(seen, opening);
            // Only now: an error of the others is told only where INFO does not explain it.
            CompletionStage<Void> rest = CompletableFuture.allOf(clock, loaded, writable, found);
            return rest.thenCompose(all -> {
                        digest = loaded.join();
                        return opening ? tryWhatClaimsNeed(found.join()) : CompletableFuture.completedFuture(null);
                    })
                    .thenCompose(all -> {
                        byte[] record = found.join();
                        String identity = ServerInfo.identity(seen.field("run_id"), seen.field("master_replid"));
                        return vouch(
                                identity,
                                record == null ? ABSENT : record,
                                leapt(identity, clock.join()),
                                WITNESS_ATTEMPTS);
                    });
        });
        return done.whenComplete((nothing, failure) -> {
            looking.set(false);
            if (failure != null) {
                close(FailureCause.words(failure));
            }
        });
    }

    /** Without effect: whoever may not make claims is told now, and not with each of them. */
    private CompletionStage<Void> tryWhatClaimsNeed(byte @Nullable [] record) {
        CompletionStage<Void> tried = tryScript();
        if (record != null) {
            // The record as it is. Only what the user may not do counts: a full server says so with each claim.
            tried = tried.thenCompose(nothing -> unlessRefused(ask(redis -> redis.eval(
                    ClaimScript.WRITE_WITNESS, ScriptOutputType.VALUE, new byte[][] {witnessKey}, record, record))));
        }
        if (context.replicas > 0) {
            tried = tried.thenCompose(nothing -> unlessRefused(ask(redis -> redis.waitForReplication(0, 1))));
        }
        return tried;
    }

    private static CompletionStage<Void> unlessRefused(CompletionStage<?> asked) {
        return asked.handle((answer, failure) -> failure)
                .thenCompose(failure -> failure == null || !FailureCause.isRefusal(failure)
                        ? CompletableFuture.<Void>completedFuture(null)
                        : CompletableFuture.<Void>failedFuture(failure));
    }

    /** A claim of nothing, which looks only. */
    private CompletionStage<Void> tryScript() {
        byte[][] keys = cluster ? new byte[][] {witnessKey} : new byte[][] {witnessKey, witnessKey};
        byte[][] arguments = cluster ? new byte[][] {STORE_NOTHING} : new byte[][] {STORE_NOTHING, ABSENT};
        CompletionStage<Long> asked = ask(redis -> redis.evalsha(digest, ScriptOutputType.INTEGER, keys, arguments));
        return asked.handle((code, failure) -> failure)
                .thenCompose(failure -> failure == null || failure instanceof RedisNoScriptException
                        ? CompletableFuture.<Void>completedFuture(null)
                        : CompletableFuture.<Void>failedFuture(failure));
    }

    private void check(ServerInfo seen, boolean opening) {
        String refusal =
                opening ? seen.refusal(context.allowEviction, cluster) : seen.evictionRefusal(context.allowEviction);
        if (!refusal.isEmpty()) {
            throw new RefusedServerException(refusal);
        }
        if (!seen.isPrimary()) {
            throw new RedisUnavailableException("it is no primary");
        }
    }

    private CompletionStage<Void> vouch(String server, byte[] found, boolean leapt, int attemptsLeft) {
        Witness known = past.witness();
        Witness record = Witness.parse(found);
        Vouching.Decision decision =
                Vouching.decide(server, record, known, past.lastInUse(), context.vouchFrom(), context.noPredecessor);
        if (decision.cause() == null && leapt) {
            decision =
                    new Vouching.Decision(Math.max(decision.since(), context.vouchFrom()), Vouching.Cause.CLOCK_LEAP);
        }
        if (decision.since() < past.floor()) {
            decision = new Vouching.Decision(
                    past.floor(), decision.cause() == null ? Vouching.Cause.MOVED_HERE : decision.cause());
        }
        Vouching.Cause cause = decision.cause();
        if (cause == null) {
            rely(Objects.requireNonNull(record), found, known, null);
            return CompletableFuture.completedFuture(null);
        }
        if (attemptsLeft == 0) {
            return CompletableFuture.failedFuture(
                    new RedisUnavailableException("the nodes do not agree on its record"));
        }
        Witness written = new Witness(server, decision.since(), Long.toHexString(RANDOM.nextLong()));
        byte[] bytes = written.bytes();
        CompletionStage<byte[]> writing = ask(redis ->
                redis.eval(ClaimScript.WRITE_WITNESS, ScriptOutputType.VALUE, new byte[][] {witnessKey}, found, bytes));
        return writing.thenCompose(now -> {
            if (Arrays.equals(now, bytes)) {
                rely(written, bytes, known, cause);
                return CompletableFuture.completedFuture(null);
            }
            // Another node was first. What it wrote may do.
            return vouch(server, now, leapt, attemptsLeft - 1);
        });
    }

    private void rely(Witness witness, byte[] bytes, @Nullable Witness before, Vouching.@Nullable Cause cause) {
        if (ended.get()) {
            return; // late: another one may be relied on by now
        }
        past.relyOn(witness, context.second());
        trust = new Trust(witness, bytes);
        if (ended.get()) {
            trust = null;
            return;
        }
        if (before != null && !before.server().equals(witness.server())) {
            context.tell(listener -> listener.primaryChanged(address()));
        }
        if (before == null || !before.equals(witness)) {
            String why = cause == null ? "its record says so" : why(cause);
            context.tell(listener -> listener.vouchingSince(address(), witness.since(), why));
        }
    }

    private CompletionStage<ServerClock.Reading> readClock() {
        long ticks = context.ticker.getAsLong();
        long asked = System.nanoTime();
        return ask(RedisAsyncCommands::time).thenApply(parts -> {
            long took = System.nanoTime() - asked;
            Instant server = instant(parts);
            clockDifference = Duration.between(context.clock.instant().minusNanos(took / 2), server);
            return new ServerClock.Reading(server.toEpochMilli(), ticks + took / 2, took);
        });
    }

    private boolean leapt(String identity, ServerClock.Reading reading) {
        long millis = past.clockOf(identity).leapMillis(reading);
        if (millis > 0) {
            context.tell(listener -> listener.serverClockLeapt(address(), Duration.ofMillis(millis)));
        }
        return millis > 0;
    }

    private static Instant instant(List<byte[]> parts) {
        return Instant.ofEpochSecond(digits(parts.get(0)), 1000 * digits(parts.get(1)));
    }

    private static long digits(byte[] ascii) {
        long value = 0;
        for (byte digit : ascii) {
            value = value * 10 + (digit - '0');
        }
        return value;
    }

    private static String why(Vouching.Cause cause) {
        return switch (cause) {
            case EMPTY -> "the server has no record of claims: it is new, or it was emptied";
            case OTHER_SERVER -> "the server has restarted or has become the primary";
            case BEGUN_AGAIN -> "the server was emptied, and its record begun again";
            case CLAIMED_ELSEWHERE -> "claims were made on another server meanwhile";
            case MOVED_HERE -> "slots came from a server that had lost claims";
            case CLOCK_LEAP -> "the server's clock leapt ahead";
        };
    }
}
