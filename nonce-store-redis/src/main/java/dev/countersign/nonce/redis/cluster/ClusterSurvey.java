package dev.countersign.nonce.redis.cluster;

import dev.countersign.nonce.redis.connection.PrimaryConnection;
import dev.countersign.nonce.redis.connection.Target;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.trouble.ErrorReply;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.nonce.redis.trouble.Trouble;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks several nodes who serves what: at the start, every other second, after MOVED, and when a node is lost. Nodes
 * that are connected are asked in turn; while there is none, the seeds and the nodes that were known. Works on the
 * store's thread.
 */
final class ClusterSurvey {
    private static final long EVERY_MILLIS = 2_000;
    private static final long SOON_MILLIS = 50;
    private static final long AFTER_FAILURE_MILLIS = 200;
    private static final long ANSWER_MILLIS = 2_000;
    private static final int ASKED_AT_A_TIME = 3;
    private static final int STRANGERS_AT_A_TIME = 16;

    /** Gets the answers. */
    interface Receiver {
        /**
         * The nodes have answered, or have not in time: on the store's thread.
         *
         * @param view empty if none of them has said anything
         * @param trouble why one of them has not, a refusal first; null if all have
         */
        void seen(ClusterView view, @Nullable Trouble trouble);
    }

    private final StoreContext context;
    private final RedisClient client;
    private final List<RedisURI> seeds;
    private final Supplier<SlotMap> map;
    private final Receiver receiver;
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile boolean closed;

    private boolean underWay;
    private boolean again;
    private int turn;

    /** What one survey has found out. */
    private static final class Answers {
        final ClusterView view = new ClusterView();

        @Nullable Trouble trouble;

        void failed(Trouble reason) {
            if (trouble == null || reason.isRefusal()) {
                trouble = reason;
            }
        }
    }

    ClusterSurvey(
            StoreContext context, RedisClient client, List<RedisURI> seeds, Supplier<SlotMap> map, Receiver receiver) {
        this.context = context;
        this.client = client;
        this.seeds = seeds;
        this.map = map;
        this.receiver = receiver;
    }

    void start() {
        context.run(this::ask);
        context.runIn(EVERY_MILLIS, this::askRegularly);
    }

    void close() {
        closed = true;
    }

    /** From any thread: asks, unless that is about to happen. */
    void askSoon() {
        askIn(SOON_MILLIS);
    }

    /** As {@link #askSoon}, a little later. */
    void askAfterFailure() {
        askIn(AFTER_FAILURE_MILLIS);
    }

    /** Unless one is waiting already: however many ask, and however long no view comes, one waits. */
    private void askIn(long millis) {
        if (!closed && asked.compareAndSet(false, true)) {
            context.runIn(millis, () -> {
                asked.set(false);
                ask();
            });
        }
    }

    private void askRegularly() {
        if (!closed) {
            context.runIn(EVERY_MILLIS, this::askRegularly);
            ask();
        }
    }

    private void ask() {
        if (closed) {
            return;
        }
        if (underWay) {
            again = true;
            return;
        }
        underWay = true;
        Answers answers = new Answers();
        List<CompletableFuture<Void>> taken = askConnected(answers);
        if (taken.isEmpty()) {
            taken = askStrangers(answers);
        }
        CompletionStage<Void> all = CompletableFuture.allOf(taken.toArray(CompletableFuture[]::new));
        all.whenComplete((nothing, none) -> context.run(() -> {
            underWay = false;
            if (!closed) {
                receiver.seen(answers.view, answers.trouble);
                if (again) {
                    again = false;
                    askSoon();
                }
            }
        }));
    }

    private List<CompletableFuture<Void>> askConnected(Answers answers) {
        List<PrimaryConnection> connected = new ArrayList<>();
        for (ClusterNode node : map.get().nodes()) {
            PrimaryConnection connection = node.connection();
            if (connection != null) {
                connected.add(connection);
            }
        }
        turn++;
        List<CompletableFuture<Void>> taken = new ArrayList<>();
        for (int i = 0; i < Math.min(ASKED_AT_A_TIME, connected.size()); i++) {
            PrimaryConnection connection = connected.get((turn + i) % connected.size());
            CompletionStage<String> answer = connection.ask(RedisAsyncCommands::clusterNodes);
            taken.add(take(answers, connection.target().uri(), answer));
        }
        return taken;
    }

    private List<CompletableFuture<Void>> askStrangers(Answers answers) {
        Map<String, RedisURI> strangers = new LinkedHashMap<>();
        map.get().nodes().forEach(node -> strangers.put(node.address(), node.uri()));
        seeds.forEach(seed -> strangers.put(Target.addressOf(seed), seed));
        List<CompletableFuture<Void>> taken = new ArrayList<>();
        strangers.values().stream()
                .limit(STRANGERS_AT_A_TIME)
                .forEach(uri -> taken.add(take(answers, uri, askStranger(uri))));
        return taken;
    }

    /** Never fails, ends in bounded time, and changes the answers on the store's thread alone. */
    private CompletableFuture<Void> take(Answers answers, RedisURI from, CompletionStage<String> answer) {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        context.runIn(ANSWER_MILLIS, () -> taken.complete(null));
        answer.whenComplete((text, failed) -> context.run(() -> {
            if (!taken.isDone()) {
                if (failed == null) {
                    answers.view.add(from.getHost(), from.isSsl(), text);
                } else {
                    answers.failed(troubleOf(failed));
                }
                taken.complete(null);
            }
        }));
        return taken;
    }

    /**
     * CLUSTER NODES has one error of its own, and that has no code of its own: the server is outside of any Cluster.
     */
    private static Trouble troubleOf(Throwable failure) {
        ErrorReply error = ErrorReply.in(failure);
        return error != null && error.code() == ErrorReply.Code.UNSPECIFIC
                ? Trouble.refused("the server is not a node of a Cluster: use a redis:// or redis-sentinel:// URI")
                : Trouble.of(failure);
    }

    /** Asks a node that is not connected, on a connection that is closed again. */
    private CompletionStage<String> askStranger(RedisURI uri) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        context.runIn(
                ANSWER_MILLIS, () -> answer.completeExceptionally(new RedisUnavailableException("no connection")));
        CompletionStage<StatefulRedisConnection<byte[], byte[]>> connecting;
        try {
            connecting = client.connectAsync(ByteArrayCodec.INSTANCE, uri);
        } catch (Throwable failed) {
            return CompletableFuture.failedFuture(failed);
        }
        connecting.whenComplete((connection, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(failure);
                return;
            }
            CompletionStage<String> closing = answer;
            closing.whenComplete((text, failed) -> {
                CompletableFuture<Void> unused = connection.closeAsync();
            });
            CompletionStage<String> asking = connection.async().clusterNodes();
            asking.whenComplete((text, failed) -> {
                if (failed == null) {
                    answer.complete(text);
                } else {
                    answer.completeExceptionally(failed);
                }
            });
        });
        return answer;
    }
}
