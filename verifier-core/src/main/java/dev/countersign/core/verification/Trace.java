package dev.countersign.core.verification;

import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DeviceHash;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.KeyState;
import dev.countersign.core.diagnosis.Inquiry;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What one verification notes for the listener on its way. Written by one thread at a time. */
@SuppressWarnings("EnumOrdinal") // an index into an array that lives as long as the request
final class Trace {
    private static final int STAGES = VerificationEvent.Stage.values().length;
    private static final long NOT_ENTERED = -1;

    private final long id = ThreadLocalRandom.current().nextLong();
    private final Clocks clocks;
    private final DeviceHash deviceHash;
    private final @Nullable Object attachment;
    private final long begun;
    private final long[] nanos = new long[STAGES];
    private long stageStarted;

    @Nullable DeviceIdentity claimed;

    @Nullable KeyState keyState;

    /** What is noted for an explanation, or null: explaining is off, or too much is noted already. */
    @Nullable Inquiry inquiry;

    int signatureChecks;
    boolean replayUnchecked;

    Trace(VerificationContext context, @Nullable Object attachment) {
        this.clocks = context.clocks();
        this.deviceHash = context.deviceHash();
        this.attachment = attachment;
        this.begun = clocks.nanoTime();
        this.stageStarted = begun;
        Arrays.fill(nanos, NOT_ENTERED);
    }

    /** Names the verification. */
    long id() {
        return id;
    }

    void start() {
        stageStarted = clocks.nanoTime();
    }

    /** Adds to the stage's time: a record that is read again takes a request through two stages once more. */
    void end(VerificationEvent.Stage stage) {
        int i = stage.ordinal();
        nanos[i] = Math.max(0, nanos[i]) + clocks.nanoTime() - stageStarted;
    }

    VerificationEvent event(String verifierName, Verdict verdict) {
        return new Event(this, verifierName, verdict, clocks.nanoTime() - begun);
    }

    private static final class Event implements VerificationEvent {
        private final DeviceHash deviceHash;
        private final String verifierName;
        private final String verificationId;
        private final @Nullable Rejected rejected;
        private final @Nullable DeviceIdentity claimed;
        private final @Nullable KeyState keyState;
        private final int signatureChecks;
        private final boolean replayUnchecked;
        private final long[] nanos;
        private final long totalNanos;
        private final @Nullable Object attachment;

        Event(Trace trace, String verifierName, Verdict verdict, long totalNanos) {
            this.deviceHash = trace.deviceHash;
            this.verifierName = verifierName;
            this.verificationId = verdict.verificationId();
            this.rejected = verdict instanceof Rejected negative ? negative : null; // nothing of an accepted request
            this.claimed = trace.claimed;
            this.keyState = trace.keyState;
            this.signatureChecks = trace.signatureChecks;
            this.replayUnchecked = verdict.isAccepted() && trace.replayUnchecked;
            this.nanos = trace.nanos.clone();
            this.totalNanos = totalNanos;
            this.attachment = trace.attachment;
        }

        @Override
        public String verificationId() {
            return verificationId;
        }

        @Override
        public String verifierName() {
            return verifierName;
        }

        @Override
        public Optional<RejectionReason> reason() {
            return rejected().map(Rejected::reason);
        }

        @Override
        public String detail() {
            return rejected().map(Rejected::detail).orElse("");
        }

        @Override
        public Optional<Throwable> cause() {
            return rejected().flatMap(Rejected::cause);
        }

        private Optional<Rejected> rejected() {
            return Optional.ofNullable(rejected);
        }

        @Override
        public Optional<String> appId() {
            return Optional.ofNullable(claimed).map(DeviceIdentity::appId);
        }

        @Override
        public Optional<String> deviceHash() {
            return Optional.ofNullable(claimed).map(deviceHash::of);
        }

        @Override
        public boolean isAuthenticated() {
            return keyState != null;
        }

        @Override
        public Optional<KeyState> keyState() {
            return Optional.ofNullable(keyState);
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
        public Optional<Object> attachment() {
            return Optional.ofNullable(attachment);
        }

        @Override
        public String toString() {
            return "VerificationEvent[" + reason().map(RejectionReason::name).orElse("ACCEPTED") + "]";
        }
    }
}
