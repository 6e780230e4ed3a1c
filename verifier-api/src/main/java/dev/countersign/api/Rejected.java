package dev.countersign.api;

import dev.countersign.api.verifier.ForVerifiers;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The request must not be served: send {@link #answer} and read no more of it. Made by verifiers only. */
public final class Rejected implements Verdict {
    private final long verificationId;
    private final RejectionReason reason;
    private final String detail;
    private final @Nullable Throwable cause;
    private final long serverSecond;
    private final int retryAfterSeconds;
    private final @Nullable ErrorAnswer answer;

    private Rejected(Builder parts) {
        boolean unavailable = parts.reason.status() == 503;
        if (unavailable ? parts.retryAfterSeconds < 1 : parts.retryAfterSeconds != 0) {
            throw new IllegalArgumentException("retryAfter is at least 1 s with status 503, and left out otherwise");
        }
        this.verificationId = parts.verificationId;
        this.reason = parts.reason;
        this.detail = parts.detail;
        this.cause = parts.cause;
        this.serverSecond = parts.serverSecond;
        this.retryAfterSeconds = parts.retryAfterSeconds;
        this.answer = parts.answer;
    }

    /**
     * For verifiers and the test kit: only they can get the last argument.
     *
     * @param serverSecond the verifier's clock, in Unix seconds
     */
    @SuppressWarnings("exports")
    public static Builder builder(RejectionReason reason, long serverSecond, ForVerifiers only) {
        Objects.requireNonNull(only, "only");
        return new Builder(reason, serverSecond);
    }

    /**
     * The precise reason, for logs. The client gets the {@linkplain RejectionReason#publicCode() public code} instead.
     */
    public RejectionReason reason() {
        return reason;
    }

    /**
     * Details for the log: which header, which store, which limit. ASCII, without anything that the client sent. Empty
     * if {@link #reason} says everything. The wording may change with any release.
     */
    public String detail() {
        return detail;
    }

    /**
     * The exception of a store, or a fault of the verifier itself. Its message may contain anything: do not send it to
     * the client.
     */
    public Optional<Throwable> cause() {
        return Optional.ofNullable(cause);
    }

    /** The verifier's clock when it decided, in whole seconds. */
    public Instant serverTime() {
        return Instant.ofEpochSecond(serverSecond);
    }

    /**
     * How long the client should wait before it tries again: whole seconds, at least 1 s; empty unless the answer is
     * 503.
     */
    public Optional<Duration> retryAfter() {
        return retryAfterSeconds == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(retryAfterSeconds));
    }

    /** The HTTP answer to send. */
    public ErrorAnswer answer() {
        return answer != null ? answer : ErrorAnswer.of(reason.publicCode(), serverSecond, retryAfterSeconds);
    }

    @Override
    public <T> T fold(
            Function<? super Accepted, ? extends T> accepted, Function<? super Rejected, ? extends T> rejected) {
        return rejected.apply(this);
    }

    @Override
    public boolean isAccepted() {
        return false;
    }

    @Override
    public String verificationId() {
        return HexFormat.of().toHexDigits(verificationId);
    }

    @Override
    public String toString() {
        return "Rejected[" + reason + (detail.isEmpty() ? "" : ": " + detail) + "]";
    }

    /** The parts of a rejection. Not thread-safe. */
    public static final class Builder {
        private final RejectionReason reason;
        private final long serverSecond;
        private long verificationId;
        private String detail = "";
        private @Nullable Throwable cause;
        private int retryAfterSeconds;
        private @Nullable ErrorAnswer answer;

        private Builder(RejectionReason reason, long serverSecond) {
            this.reason = Objects.requireNonNull(reason, "reason");
            this.serverSecond = serverSecond;
        }

        /** The id of the verification; 0 unless set. */
        public Builder verificationId(long value) {
            this.verificationId = value;
            return this;
        }

        /** Details for the log; empty unless set. */
        public Builder detail(String value) {
            this.detail = Objects.requireNonNull(value, "detail");
            return this;
        }

        /** The exception behind the rejection; none unless set. */
        public Builder cause(@Nullable Throwable value) {
            this.cause = value;
            return this;
        }

        /** How many seconds the client should wait: at least 1 with status 503, else 0. It is 0 unless set. */
        public Builder retryAfterSeconds(int value) {
            this.retryAfterSeconds = value;
            return this;
        }

        /** The answer of a scheme whose clients read another one; that of the protocol's table unless set. */
        public Builder answer(ErrorAnswer value) {
            this.answer = Objects.requireNonNull(value, "answer");
            return this;
        }

        /**
         * The rejection.
         *
         * @throws IllegalArgumentException if {@link #retryAfterSeconds} does not fit the reason
         */
        public Rejected build() {
            return new Rejected(this);
        }
    }
}
