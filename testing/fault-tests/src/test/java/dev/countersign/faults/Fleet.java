package dev.countersign.faults;

import dev.countersign.api.Caller;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.VerificationEvent;
import dev.countersign.faults.Event.FeedRead;
import dev.countersign.faults.Event.Sending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Verifying nodes, and a note in the history for each request that they get. Thread-safe. */
final class Fleet implements AutoCloseable {
    private final History history;
    private final Duration patience;
    private final List<Node> nodes = new ArrayList<>();

    /**
     * A node.
     *
     * @param feedLag how long ago the last reading of the change feed began that reached its end; null if not known
     * @param parts what is to be closed with it, after it, in this order
     */
    record Node(RequestVerifier verifier, Supplier<@Nullable Duration> feedLag, List<AutoCloseable> parts) {}

    /** Makes nodes. */
    interface Nodes {
        Node open(int number);
    }

    /**
     * Opens them.
     *
     * @param patience how long an answer is waited for, longer than the terms allow
     */
    Fleet(int size, History history, Duration patience, Nodes opener) {
        this.history = history;
        this.patience = patience;
        try {
            for (int number = 0; number < size; number++) {
                nodes.add(opener.open(number));
            }
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    int size() {
        return nodes.size();
    }

    /** Notes whether the nonce store was asked; every verifier of a fleet has it as its listener. */
    static void listen(VerificationEvent event) {
        if (event.attachment().orElse(null) instanceof AtomicBoolean claimed
                && event.nanos(VerificationEvent.Stage.CLAIM) >= 0) {
            claimed.set(true);
        }
    }

    /** Notes how far each node has read the change feed. */
    void noteFeeds() {
        for (int node = 0; node < nodes.size(); node++) {
            Moment before = Moment.now();
            Duration lag = nodes.get(node).feedLag().get();
            if (lag != null) {
                history.note(new FeedRead(node, before.plus(lag.negated()), Moment.now()));
            }
        }
    }

    /** Sends a request to a node and waits for the verdict. */
    Sending send(int node, Request request) {
        AtomicBoolean claimed = new AtomicBoolean();
        Caller caller = Caller.on(Runnable::run).withAttachment(claimed);
        Moment start = Moment.now();
        RejectionReason reason = reason(nodes.get(node).verifier(), request, caller);
        Sending sending = new Sending(
                request.kind(),
                node,
                request.name(),
                request.device().deviceId(),
                request.nonceToken(),
                request.signatureToken(),
                request.timestamp(),
                start,
                Moment.now(),
                reason,
                claimed.get());
        history.note(sending);
        return sending;
    }

    private @Nullable RejectionReason reason(RequestVerifier verifier, Request request, Caller caller) {
        try {
            Verdict verdict = verifier.verifyAsync(request.head(), request.body(), caller)
                    .toCompletableFuture()
                    .get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return verdict.<@Nullable RejectionReason>fold(accepted -> null, rejected -> rejected.reason());
        } catch (TimeoutException hangs) {
            return RejectionReason.CANCELLED;
        } catch (ExecutionException escaped) {
            return RejectionReason.INTERNAL;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return RejectionReason.CANCELLED;
        }
    }

    /** Closes the verifiers first, and then what they used. */
    @Override
    public void close() {
        for (Node node : nodes) {
            node.verifier().close();
            for (AutoCloseable part : node.parts()) {
                try {
                    part.close();
                } catch (Exception failure) {
                    throw new AssertionError("a part of a node does not close", failure);
                }
            }
        }
    }
}
