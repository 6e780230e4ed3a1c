package dev.countersign.faults;

import dev.countersign.api.RejectionReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a history is made of. */
sealed interface Event {
    /** When it was over. */
    Moment end();

    /** Who sends, and what of. */
    enum Kind {
        /** A device sends a request for the first time. */
        GENUINE(true),
        /** An attacker sends a captured request again, byte for byte. */
        COPY(true),
        /** An attacker sends a captured request under another nonce, which is not signed. */
        RENONCED(true),
        /** A stranger sends the head of somebody's request with another body. */
        FORGED(false);

        private final boolean signed;

        Kind(boolean signed) {
            this.signed = signed;
        }

        /** Whether the signature is the device's. */
        boolean isSigned() {
            return signed;
        }
    }

    /**
     * A request that was sent to a node, and its verdict.
     *
     * @param request names what the device signed; copies have the name of their original
     * @param nonce the device and the nonce
     * @param signature the key and r: the same for all copies
     * @param timestamp as signed, Unix seconds
     * @param start before the node got it
     * @param end when the node had answered
     * @param reason why it was rejected, or null if it was accepted
     * @param claimed whether the nonce store was asked, so that a rejection for an unavailable store leaves it open
     *     whether the request is remembered
     */
    record Sending(
            Kind kind,
            int node,
            String request,
            String device,
            String nonce,
            String signature,
            long timestamp,
            Moment start,
            Moment end,
            @Nullable RejectionReason reason,
            boolean claimed)
            implements Event {
        boolean isAccepted() {
            return reason == null;
        }

        /** Whether nobody but the nonce store knows what became of the claim. */
        boolean isOutcomeUnknown() {
            return claimed && (reason == RejectionReason.STORE_UNAVAILABLE || reason == RejectionReason.CANCELLED);
        }

        String describe() {
            return kind + " of " + request + " at node " + node + ": " + (reason == null ? "ACCEPTED" : reason);
        }
    }

    /** A change that enrolment made. */
    enum ChangeKind {
        REGISTERED,
        ROTATED,
        REVOKED
    }

    /**
     * A device was changed.
     *
     * @param start before it was asked for the first time: no node can know it earlier
     * @param end when it was known to be committed
     */
    record Change(ChangeKind kind, String device, Moment start, Moment end) implements Event {}

    /**
     * A node's nonce store told that it found another primary, or an emptied one.
     *
     * @param since the second since which the store is watching from now on
     */
    record NewPrimary(int node, long since, Moment end) implements Event {}

    /**
     * A node's key cache has read the change feed to its end.
     *
     * @param upTo a moment before that reading began: it knows every change committed by then
     */
    record FeedRead(int node, Moment upTo, Moment end) implements Event {}

    /** What is hurt. */
    enum Target {
        NONCES,
        KEYS
    }

    /** How it is hurt. */
    enum FaultKind {
        /** The process is killed, and started again on what is left. */
        KILL,
        /** The database is killed while a change of a device is under way in it. */
        KILL_IN_TRANSACTION,
        /** The process is stopped and goes on later. */
        PAUSE,
        /** Connections are closed. */
        CUT,
        /** Connections are closed, and no new ones come about for a while. */
        CUT_OFF,
        /** Connections are closed after the server has done its part, before its answer arrives. */
        LOSE_ANSWERS,
        /** What the node sends is held back. */
        HOLD_REQUESTS,
        /** What the server answers is held back. */
        HOLD_ANSWERS,
        /** Answers take longer. */
        SLOW_DOWN,
        /** The primary is killed or stopped for good, and a replica takes over. */
        FAIL_OVER,
        /** A slot of a cluster moves to another primary. */
        MOVE_SLOTS,
        /** The server's data are deleted while it runs. */
        EMPTY
    }

    /**
     * A fault.
     *
     * @param node whose connection it hits, or {@link #ALL} if it hits the server
     * @param start before it began
     * @param end when it was ended
     * @param hits how often it bit: connections cut, answers lost, processes killed
     */
    record Fault(FaultKind kind, Target target, int node, Moment start, Moment end, int hits) implements Event {
        static final int ALL = -1;

        boolean hits(int oneNode) {
            return node == ALL || node == oneNode;
        }

        String describe() {
            return kind + " of " + target + (node == ALL ? "" : " of node " + node);
        }
    }

    /**
     * A node's nonce store is closed.
     *
     * @param unknownOutcomes claims that it sent and whose answer never came, or came late
     */
    record StoreClosed(int node, long unknownOutcomes, Moment end) implements Event {}

    /** Everything was closed. */
    record Closed(List<String> threadsLeft, Moment end) implements Event {
        public Closed {
            threadsLeft = List.copyOf(threadsLeft);
        }
    }
}
