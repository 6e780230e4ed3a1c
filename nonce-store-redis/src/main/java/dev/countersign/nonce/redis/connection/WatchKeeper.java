package dev.countersign.nonce.redis.connection;

import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.script.Script;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.nonce.redis.watching.WatchDecision;
import dev.countersign.nonce.redis.watching.WatchHistory;
import dev.countersign.nonce.redis.watching.WatchRecord;
import io.lettuce.core.ScriptOutputType;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Decides, after each look at a server, since when it is watched, and writes that into its watch record. Not for two
 * looks at a time.
 */
final class WatchKeeper {
    private static final int ATTEMPTS = 8;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final StoreContext context;
    private final Target target;
    private final CommandChannel channel;
    private final ConnectionState state;

    WatchKeeper(StoreContext context, Target target, CommandChannel channel, ConnectionState state) {
        this.context = context;
        this.target = target;
        this.channel = channel;
        this.state = state;
    }

    /**
     * Relies on the record that was found, or replaces it.
     *
     * @param server who the server is now
     * @param found the record as it is written in Redis; empty if there is none
     * @param leapt whether the server's clock has leapt ahead
     * @return complete once claims may be sent
     */
    CompletionStage<Void> keep(String server, byte[] found, boolean leapt) {
        return keep(server, found, leapt, ATTEMPTS);
    }

    /** Tries to write the record as it is, which changes nothing: fails if this user may not. */
    CompletionStage<?> tryWithoutEffect(byte[] found) {
        return write(found, found);
    }

    private CompletionStage<Void> keep(String server, byte[] found, boolean leapt, int attemptsLeft) {
        WatchRecord known = target.history().lastRecord();
        WatchRecord record = WatchRecord.parse(found);
        WatchDecision decision = decide(server, record, known, leapt);
        WatchDecision.Cause cause = decision.cause();
        if (cause == null) {
            rely(Objects.requireNonNull(record), found, known, "its record says so");
            return CompletableFuture.completedFuture(null);
        }
        if (attemptsLeft == 0) {
            return CompletableFuture.failedFuture(
                    new RedisUnavailableException("the nodes do not agree on its record"));
        }
        WatchRecord wanted = new WatchRecord(server, decision.since(), Long.toHexString(RANDOM.nextLong()));
        byte[] bytes = wanted.bytes();
        return write(found, bytes).thenCompose(now -> {
            if (Arrays.equals(now, bytes)) {
                rely(wanted, bytes, known, why(cause));
                return CompletableFuture.completedFuture(null);
            }
            // Another node was first. What it wrote may do.
            return keep(server, now, leapt, attemptsLeft - 1);
        });
    }

    private WatchDecision decide(
            String server, @Nullable WatchRecord record, @Nullable WatchRecord known, boolean leapt) {
        WatchHistory history = target.history();
        long now = context.watchFrom();
        WatchDecision decision = WatchDecision.decide(
                server,
                record,
                known,
                history.lastInUse(),
                now,
                context.settings().alwaysWatching());
        if (decision.cause() == null && leapt) {
            decision = new WatchDecision(Math.max(decision.since(), now), WatchDecision.Cause.CLOCK_LEAP);
        }
        if (decision.since() < history.floor()) {
            decision = new WatchDecision(
                    history.floor(), decision.cause() == null ? WatchDecision.Cause.MOVED_HERE : decision.cause());
        }
        return decision;
    }

    /** Compare and set: answers what the record says afterwards. */
    private CompletionStage<byte[]> write(byte[] found, byte[] wanted) {
        return channel.send(redis -> redis.eval(
                Script.WRITE_WATCH_RECORD.text(),
                ScriptOutputType.VALUE,
                new byte[][] {target.recordKey()},
                found,
                wanted));
    }

    private void rely(WatchRecord record, byte[] bytes, @Nullable WatchRecord before, String why) {
        if (state.hasEnded()) {
            return; // late: another connection may be in use by now
        }
        target.history().relyOn(record, context.second());
        if (!state.watchUnder(new Watch(record, bytes))) {
            return;
        }
        if (before != null && !before.server().equals(record.server())) {
            context.events().primaryChanged(target.address());
        }
        if (before == null || !before.equals(record)) {
            context.events().watchingSince(target.address(), record.since(), why);
        }
    }

    private static String why(WatchDecision.Cause cause) {
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
