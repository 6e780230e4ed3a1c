package dev.countersign.nonce.redis.connection;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Sends commands on one connection, each at most once, and knows how long the oldest one has been without an answer.
 * Thread-safe but for {@link #isOverdue}. Lettuce answers on its own threads, in the order of the commands.
 */
final class CommandChannel {
    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final RedisAsyncCommands<byte[], byte[]> commands;

    // Redis answers in order, so counting shows how old the oldest unanswered command is: no list, no timers.
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private final Queue<long[]> sentByTime = new ArrayDeque<>();

    CommandChannel(StatefulRedisConnection<byte[], byte[]> connection) {
        this.connection = connection;
        this.commands = connection.async();
    }

    /**
     * Sends a command.
     *
     * @param what starts exactly one command
     */
    <T> CompletionStage<T> send(Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> what) {
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

    /**
     * Runs a script that is sent along.
     *
     * @param asking whether to send ASKING before it, as a node that ASK has named wants it
     */
    CompletionStage<Long> eval(boolean asking, String script, byte[][] keys, byte[]... arguments) {
        return asking
                ? behindAsking(CommandType.EVAL, script, keys, arguments)
                : send(redis -> redis.eval(script, ScriptOutputType.INTEGER, keys, arguments));
    }

    /** As {@link #eval}, for a script that the server has loaded. */
    CompletionStage<Long> evalsha(boolean asking, String digest, byte[][] keys, byte[]... arguments) {
        return asking
                ? behindAsking(CommandType.EVALSHA, digest, keys, arguments)
                : send(redis -> redis.evalsha(digest, ScriptOutputType.INTEGER, keys, arguments));
    }

    /**
     * ASKING counts for the next command on the connection, whichever that is. If another one got in between, it would
     * run on a node that is not in charge of its key, and the script would be sent on. Lettuce writes a list one by
     * one, and commands of other threads get in between. It writes at once only what comes from the connection's own
     * thread. So this waits for that thread, which is the one that answers TIME, and sends both from there.
     */
    private CompletionStage<Long> behindAsking(
            CommandType type, String scriptOrDigest, byte[][] keys, byte[][] arguments) {
        CommandArgs<byte[], byte[]> words = new CommandArgs<>(ByteArrayCodec.INSTANCE)
                .add(scriptOrDigest)
                .add(keys.length)
                .addKeys(keys);
        for (byte[] argument : arguments) {
            words.addValue(argument);
        }
        AsyncCommand<byte[], byte[], List<byte[]>> turn =
                new AsyncCommand<>(new Command<>(CommandType.TIME, new ValueListOutput<>(ByteArrayCodec.INSTANCE)));
        AsyncCommand<byte[], byte[], String> asking =
                new AsyncCommand<>(new Command<>(CommandType.ASKING, new StatusOutput<>(ByteArrayCodec.INSTANCE)));
        AsyncCommand<byte[], byte[], Long> script =
                new AsyncCommand<>(new Command<>(type, new IntegerOutput<>(ByteArrayCodec.INSTANCE), words));
        // Registered before it is sent, so that the thread that answers runs it.
        CompletionStage<List<byte[]>> ownThread = turn;
        ownThread.whenComplete((time, failure) -> {
            if (failure == null) {
                dispatch(List.of(asking, script));
            } else {
                script.completeExceptionally(failure);
            }
        });
        dispatch(List.of(turn));
        return script;
    }

    private void dispatch(List<AsyncCommand<byte[], byte[], ?>> inThisOrder) {
        sent.addAndGet(inThisOrder.size());
        for (CompletionStage<?> command : inThisOrder) {
            command.whenComplete((value, failure) -> answered.incrementAndGet());
        }
        try {
            connection.dispatch(inThisOrder);
        } catch (RuntimeException notSent) {
            inThisOrder.forEach(command -> command.completeExceptionally(notSent));
        }
    }

    /**
     * Whether a command has been without an answer for so long, to within the time between two calls. Called every few
     * milliseconds, by one thread.
     */
    boolean isOverdue(long limitNanos) {
        long now = System.nanoTime();
        long overdue = -1;
        for (long[] oldest = sentByTime.peek();
                oldest != null && now - oldest[0] >= limitNanos;
                oldest = sentByTime.peek()) {
            overdue = oldest[1];
            sentByTime.remove();
        }
        if (answered.get() < overdue) {
            return true;
        }
        sentByTime.add(new long[] {now, sent.get()});
        return false;
    }

    /** Closes the connection: what is in flight fails. Complete once it is closed. */
    CompletionStage<Void> close() {
        return connection.closeAsync();
    }
}
