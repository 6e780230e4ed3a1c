package dev.countersign.nonce.redis.connection;

import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.trouble.ErrorReply;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.nonce.redis.trouble.RefusedServerException;
import dev.countersign.nonce.redis.trouble.Trouble;
import dev.countersign.nonce.redis.watching.ServerClock;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a server: who it is, whether it may hold claims, what its clock says, and since when it is watched. Before
 * the first claim, and once a second from then on. Thread-safe: one look at a time.
 */
final class Inspection {
    private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final byte[] ABSENT = {};

    private final StoreContext context;
    private final Target target;
    private final CommandChannel channel;
    private final ClaimSender sender;
    private final WatchKeeper keeper;
    private final AtomicBoolean looking = new AtomicBoolean();

    private volatile @Nullable ServerInfo info;
    private volatile @Nullable Duration clockDifference;
    private volatile long lastLook = System.nanoTime();

    Inspection(StoreContext context, Target target, CommandChannel channel, ClaimSender sender, WatchKeeper keeper) {
        this.context = context;
        this.target = target;
        this.channel = channel;
        this.sender = sender;
        this.keeper = keeper;
    }

    ServerStatus status(@Nullable String outage) {
        ServerInfo known = info;
        return new ServerStatus(
                outage,
                target.address(),
                known == null ? null : known.version(),
                known == null ? null : known.evictionPolicy(),
                clockDifference);
    }

    /** Whether the last look was a second ago. */
    boolean isDue() {
        return System.nanoTime() - lastLook >= EVERY_NANOS;
    }

    /** The first look: loads the script, and tries out what this user may do. */
    CompletionStage<Void> first() {
        return look(true);
    }

    /** Another look, unless one is under way. */
    CompletionStage<Void> again() {
        return look(false);
    }

    private CompletionStage<Void> look(boolean first) {
        // An idle node, too, must know how far its clock has been. The clock is the user's and may throw.
        context.second();
        if (!looking.compareAndSet(false, true)) {
            return CompletableFuture.completedFuture(null);
        }
        lastLook = System.nanoTime();
        CompletableFuture<String> server = first ? info("server") : CompletableFuture.completedFuture("");
        CompletableFuture<String> node = first ? info("cluster") : CompletableFuture.completedFuture("");
        CompletableFuture<String> replication = info("replication");
        CompletableFuture<String> memory = info("memory");
        CompletableFuture<ServerClock.Reading> clock = readClock().toCompletableFuture();
        CompletableFuture<String> loaded =
                first ? sender.loadScript().toCompletableFuture() : CompletableFuture.completedFuture("");
        // A write that changes nothing. An isolated primary (min-replicas-to-write), a replica or a server that cannot
        // save refuses it; not every version of Redis refuses a script then.
        CompletableFuture<Boolean> writable =
                channel.send(redis -> redis.persist(target.recordKey())).toCompletableFuture();
        CompletableFuture<byte[]> found =
                channel.send(redis -> redis.get(target.recordKey())).toCompletableFuture();
        CompletionStage<Void> described = CompletableFuture.allOf(server, node, replication, memory);
        return described
                .thenCompose(all -> {
                    ServerInfo seen =
                            new ServerInfo(info, server.join(), node.join(), replication.join(), memory.join());
                    info = seen;
                    check(seen, first);
                    // Only now: an error of the others counts only where INFO does not explain it.
                    CompletionStage<Void> rest = CompletableFuture.allOf(clock, loaded, writable, found);
                    return rest.thenCompose(
                                    done -> first ? tryOut(found.join()) : CompletableFuture.completedFuture(null))
                            .thenCompose(done -> watch(seen, clock.join(), found.join()));
                })
                .whenComplete((done, failure) -> looking.set(false));
    }

    private CompletableFuture<String> info(String section) {
        return channel.send(redis -> redis.info(section)).toCompletableFuture();
    }

    private void check(ServerInfo seen, boolean first) {
        boolean allowEviction = context.settings().allowEviction();
        String refusal = first ? seen.refusal(allowEviction, target.inCluster()) : seen.evictionRefusal(allowEviction);
        if (!refusal.isEmpty()) {
            throw new RefusedServerException(refusal);
        }
        if (!seen.isPrimary()) {
            throw new RedisUnavailableException("it is no primary");
        }
    }

    /** Without effect: a user who may not make claims is refused now, and not with each of them. */
    private CompletionStage<Void> tryOut(byte @Nullable [] record) {
        CompletionStage<Void> tried = sender.tryWithoutEffect()
                .handle((code, failure) -> failure)
                .thenCompose(failure -> {
                    ErrorReply error = failure == null ? null : ErrorReply.in(failure);
                    return failure == null || (error != null && error.code() == ErrorReply.Code.NO_SCRIPT)
                            ? CompletableFuture.<Void>completedFuture(null)
                            : CompletableFuture.<Void>failedFuture(failure);
                });
        if (record != null) {
            // Only what the user may not do counts: a full server says so with each claim.
            tried = tried.thenCompose(done -> unlessRefused(keeper.tryWithoutEffect(record)));
        }
        if (context.settings().replicas() > 0) {
            tried = tried.thenCompose(done -> unlessRefused(channel.send(redis -> redis.waitForReplication(0, 1))));
        }
        return tried;
    }

    private static CompletionStage<Void> unlessRefused(CompletionStage<?> asked) {
        return asked.handle((answer, failure) -> failure)
                .thenCompose(failure -> failure == null || !Trouble.of(failure).isRefusal()
                        ? CompletableFuture.<Void>completedFuture(null)
                        : CompletableFuture.<Void>failedFuture(failure));
    }

    private CompletionStage<Void> watch(ServerInfo seen, ServerClock.Reading clock, byte @Nullable [] record) {
        String identity = ServerInfo.identity(seen.field("run_id"), seen.field("master_replid"));
        return keeper.keep(identity, record == null ? ABSENT : record, leapt(identity, clock));
    }

    private CompletionStage<ServerClock.Reading> readClock() {
        long ticks = context.settings().ticker().getAsLong();
        long asked = System.nanoTime();
        return channel.send(RedisAsyncCommands::time).thenApply(parts -> {
            long took = System.nanoTime() - asked;
            Instant server = instant(parts);
            clockDifference =
                    Duration.between(context.settings().clock().instant().minusNanos(took / 2), server);
            return new ServerClock.Reading(server.toEpochMilli(), ticks + took / 2, took);
        });
    }

    private boolean leapt(String identity, ServerClock.Reading reading) {
        long millis = target.history().clockOf(identity).leapMillis(reading);
        if (millis > 0) {
            context.events().serverClockLeapt(target.address(), Duration.ofMillis(millis));
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
}
