package dev.countersign.core.verification;

import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.KeyState;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What one verification notes for the listener on its way. Written by one thread at a time. */
@SuppressWarnings("EnumOrdinal") // an index into an array that lives as long as the request
final class Trace {
    private static final int STAGES = VerificationEvent.Stage.values().length;
    private static final long NOT_ENTERED = -1;

    private final Clocks clocks;
    private final Redaction redaction;
    private final @Nullable Object attachment;
    private final long begun;
    private final long[] nanos = new long[STAGES];
    private long stageStarted;

    @Nullable DeviceIdentity claimed;

    @Nullable KeyState keyState;

    int signatureChecks;
    boolean replayUnchecked;

    Trace(VerificationContext context, @Nullable Object attachment) {
        this.clocks = context.clocks();
        this.redaction = context.redaction();
        this.attachment = attachment;
        this.begun = clocks.nanoTime();
        this.stageStarted = begun;
        Arrays.fill(nanos, NOT_ENTERED);
    }

    void start() {
        stageStarted = clocks.nanoTime();
    }

    /** Adds to the stage's time: a record that is read again takes a request through two stages once more. */
    void end(VerificationEvent.Stage stage) {
        int i = stage.ordinal();
        nanos[i] = Math.max(0, nanos[i]) + clocks.nanoTime() - stageStarted;
    }

    VerificationEvent event(Verdict verdict) {
        RejectionReason reason = verdict instanceof Rejected rejected ? rejected.reason() : null;
        return new Event(this, reason, clocks.nanoTime() - begun);
    }

    private static final class Event implements VerificationEvent {
        private final Redaction redaction;
        private final @Nullable RejectionReason reason;
        private final @Nullable DeviceIdentity claimed;
        private final @Nullable KeyState keyState;
        private final int signatureChecks;
        private final boolean replayUnchecked;
        private final long[] nanos;
        private final long totalNanos;
        private final @Nullable Object attachment;

        Event(Trace trace, @Nullable RejectionReason reason, long totalNanos) {
            this.redaction = trace.redaction;
            this.reason = reason;
            this.claimed = trace.claimed;
            this.keyState = trace.keyState;
            this.signatureChecks = trace.signatureChecks;
            this.replayUnchecked = reason == null && trace.replayUnchecked;
            this.nanos = trace.nanos.clone();
            this.totalNanos = totalNanos;
            this.attachment = trace.attachment;
        }

        @Override
        public @Nullable RejectionReason reason() {
            return reason;
        }

        @Override
        public @Nullable String appId() {
            return claimed == null ? null : claimed.appId();
        }

        @Override
        public @Nullable String deviceHash() {
            return claimed == null ? null : redaction.hash(claimed);
        }

        @Override
        public boolean isAuthenticated() {
            return keyState != null;
        }

        @Override
        public @Nullable KeyState keyState() {
            return keyState;
        }

        @Override
        public int signatureChecks() {
            return signatureChecks;
        }

        @Override
        public boolean isReplayUnchecked() {
            return replayUnchecked;
        }

        @Override
        public long nanos(Stage stage) {
            return nanos[stage.ordinal()];
        }

        @Override
        public long totalNanos() {
            return totalNanos;
        }

        @Override
        public @Nullable Object attachment() {
            return attachment;
        }

        @Override
        public String toString() {
            return "VerificationEvent[" + (reason == null ? "ACCEPTED" : reason) + "]";
        }
    }
}
