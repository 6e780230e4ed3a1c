package dev.countersign.nonce.redis.connection;

import dev.countersign.api.store.ClaimResult;
import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.trouble.Trouble;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Sends claims in groups, and answers them once enough replicas have confirmed the group. Redis does nothing else on a
 * connection that waits for replicas, so what comes meanwhile gathers for the next group.
 */
final class ReplicatedClaims implements ClaimPath {
    private static final int LONGEST_GROUP = 1024;

    private final StoreContext context;
    private final CommandChannel channel;
    private final ConnectionState state;
    private final ClaimSender sender;
    private final Consumer<Trouble> close;
    private final int replicas;
    private final long replicaMillis;
    private final Queue<ClaimCall> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean groupUnderway = new AtomicBoolean();

    /** @param close ends the connection */
    ReplicatedClaims(
            StoreContext context,
            CommandChannel channel,
            ConnectionState state,
            ClaimSender sender,
            Consumer<Trouble> close) {
        this.context = context;
        this.channel = channel;
        this.state = state;
        this.sender = sender;
        this.close = close;
        this.replicas = context.settings().replicas();
        this.replicaMillis = context.settings().replicaLimit().toMillis();
    }

    @Override
    public void claim(ClaimCall call) {
        if (state.watch() == null) {
            sender.failUnsent(call);
            return;
        }
        waiting.add(call);
        sendGroup();
    }

    @Override
    public void ended() {
        for (ClaimCall call = waiting.poll(); call != null; call = waiting.poll()) {
            sender.failUnsent(call);
        }
    }

    /** Sends what has gathered, followed by one WAIT for all of it. */
    private void sendGroup() {
        Watch watch = state.watch();
        if (watch == null) {
            ended();
            return;
        }
        if (waiting.isEmpty() || !groupUnderway.compareAndSet(false, true)) {
            return;
        }
        List<ClaimCall> stored = new ArrayList<>();
        int size = 0;
        for (ClaimCall next = waiting.poll(); next != null; next = size < LONGEST_GROUP ? waiting.poll() : null) {
            ClaimCall call = next;
            size++;
            sender.send(
                    call,
                    watch,
                    result -> {
                        if (result == ClaimResult.CLAIMED) {
                            stored.add(call); // by Lettuce's thread, which answers in order: before WAIT's answer
                        } else {
                            sender.answer(call, result);
                        }
                    },
                    () -> sendAgain(call));
        }
        channel.send(redis -> redis.waitForReplication(replicas, replicaMillis)).whenComplete((confirmed, failure) -> {
            if (failure != null) {
                Trouble trouble = Trouble.of(failure);
                if (trouble.isRefusal()) {
                    close.accept(trouble);
                }
            }
            for (ClaimCall call : stored) {
                if (failure == null && confirmed >= replicas) {
                    sender.answer(call, ClaimResult.CLAIMED);
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

    /**
     * The script was missing, so the claim was not run. Its group ends without it, and the next one comes after the
     * script.
     */
    private void sendAgain(ClaimCall call) {
        sender.loadScript().whenComplete((loaded, failure) -> {
            if (failure != null || call.isLate(context.timeLimitNanos())) {
                call.fail(ClaimCall.Failure.NOT_STORED, "Redis does not take the script");
            } else {
                waiting.add(call);
            }
            sendGroup();
        });
    }
}
