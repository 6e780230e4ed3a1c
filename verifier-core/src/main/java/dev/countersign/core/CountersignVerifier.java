package dev.countersign.core;

import dev.countersign.api.Caller;
import dev.countersign.api.CheckReturnValue;
import dev.countersign.api.NonceStore;
import dev.countersign.api.PublicKeyStore;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.VerificationListener;
import dev.countersign.core.step.CheckFreshness;
import dev.countersign.core.step.ClaimNonce;
import dev.countersign.core.step.ExtractHeaders;
import dev.countersign.core.step.FindKey;
import dev.countersign.core.step.RebuildMessage;
import dev.countersign.core.step.RequireUnseenNonce;
import dev.countersign.core.step.VerifySignature;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Verifies device-signed requests: the implementation of {@link RequestVerifier}. Build one for an application with
 * {@link #builder}; thread-safe.
 *
 * <p>It holds no lock while it computes, registers nothing with the JVM, and starts one daemon thread at the first
 * request that has to wait for a store or for its body.
 */
@CheckReturnValue
public final class CountersignVerifier implements RequestVerifier {
    private static final int SECOND_IN_MILLIS = 1000;
    static final int RETRY_AFTER_SECONDS = 2;
    private static final int RETRY_FULL_AFTER_SECONDS = 10;
    private static final int RETRY_PENDING_AFTER_SECONDS = 60;
    private static final int MAX_RETRY_AFTER_SECONDS = 3600;

    final Procedure procedure;
    final KeySource keys;
    final NonceStore nonces;
    final Waits waits;
    final OpenBodies openBodies;
    final Redaction redaction;
    final long maxBodyBytes;
    final long lookupLimitNanos;
    final long claimLimitNanos;
    final long bodyLimitNanos;
    final boolean answerUnknownDevicesEarly;

    private final Clock clock;
    private final LongSupplier nanoTime;
    private final @Nullable VerificationListener listener;
    private final @Nullable ScheduledExecutorService ownTimer;
    private final LongAdder listenerFailures = new LongAdder();
    private final LongAdder internalFaults = new LongAdder();
    private volatile @Nullable Throwable lastInternalFault;
    private volatile boolean closed;

    CountersignVerifier(VerifierBuilder settings) {
        this.keys = settings.keySource();
        this.nonces = settings.nonces;
        this.clock = settings.clock;
        this.nanoTime = settings.nanoTime;
        this.listener = settings.listener;
        this.redaction = settings.redaction();
        this.maxBodyBytes = settings.maxBodyBytes;
        this.lookupLimitNanos = settings.lookupTimeLimit.toNanos();
        this.claimLimitNanos = settings.claimTimeLimit.toNanos();
        this.bodyLimitNanos = settings.bodyTimeLimit.toNanos();
        this.answerUnknownDevicesEarly = settings.answerUnknownDevicesEarly;
        this.ownTimer = settings.timer == null ? newTimer("countersign-time-limits") : null;
        ScheduledExecutorService timer = settings.timer == null ? Objects.requireNonNull(ownTimer) : settings.timer;
        this.waits = new Waits(timer);
        this.openBodies = new OpenBodies(timer, PipelineVerification::endIfOverdue, PipelineVerification::endIfOpen);
        this.procedure = procedure(settings);
    }

    /**
     * Starts the settings of a verifier. The stores stay the caller's: {@link #close} does not close them.
     *
     * @param keys where devices and their keys are looked up
     * @param nonces where accepted requests are remembered
     */
    public static VerifierBuilder builder(PublicKeyStore keys, NonceStore nonces) {
        return new VerifierBuilder(keys, nonces);
    }

    /**
     * Starts the settings of a verifier that takes devices from a cache. Cache and nonce store stay the caller's:
     * {@link #close} does not close them.
     *
     * @param keys which devices and keys there are
     * @param nonces where accepted requests are remembered
     */
    public static VerifierBuilder builder(KeyCache keys, NonceStore nonces) {
        return new VerifierBuilder(keys, nonces);
    }

    @Override
    public Verification begin(RequestHead head, Caller caller) {
        return begin(head, caller, false);
    }

    private Verification begin(RequestHead head, Caller caller, boolean isBodyAtHand) {
        Objects.requireNonNull(head, "head");
        PipelineVerification verification = new PipelineVerification(this, Objects.requireNonNull(caller, "caller"));
        verification.begin(head, isBodyAtHand);
        return verification;
    }

    @Override
    public Verdict verify(RequestHead head, byte[] body) {
        Verification verification = begin(head, Caller.inline(), true);
        verification.update(ByteBuffer.wrap(body));
        CompletableFuture<Verdict> verdict = verification.finish().toCompletableFuture();
        try {
            return verdict.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            verification.cancel();
            return rejected(RejectionReason.CANCELLED);
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("a verdict never completes exceptionally", impossible);
        }
    }

    @Override
    public CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller) {
        Verification verification = begin(head, caller, true);
        verification.update(body);
        return verification.finish();
    }

    @Override
    public void close() {
        closed = true;
        openBodies.close();
        waits.close();
        if (ownTimer != null) {
            ownTimer.shutdown(); // what executors owe is still looked after, for a second
        }
    }

    /** How often the listener threw: counted and otherwise ignored. */
    public long listenerFailures() {
        return listenerFailures.sum();
    }

    /** How many requests were rejected with {@link RejectionReason#INTERNAL}. Anything but 0 is a bug: please report it. */
    public long internalFaults() {
        return internalFaults.sum();
    }

    /**
     * The last fault behind {@link RejectionReason#INTERNAL}, for a bug report; null if there was none. Its message may
     * come from a store or an adapter and hold anything: do not log it unseen.
     */
    public @Nullable Throwable lastInternalFault() {
        return lastInternalFault;
    }

    boolean isClosed() {
        return closed;
    }

    /** The server's time in whole seconds, rounded down. */
    long serverSecond() {
        return Math.floorDiv(clock.millis(), (long) SECOND_IN_MILLIS);
    }

    long nanoTime() {
        return nanoTime.getAsLong();
    }

    /** The rejection, dated; {@link RejectionReason#INTERNAL} and undated if it is the clock that fails. */
    Rejected rejected(RejectionReason reason) {
        long now;
        try {
            now = serverSecond();
        } catch (Throwable clockFailed) {
            noteFault(clockFailed);
            return new Rejected(RejectionReason.INTERNAL, 0, RETRY_AFTER_SECONDS);
        }
        return new Rejected(reason, now, retryAfterSeconds(reason));
    }

    /** Tells the listener. No fault of it, nor of ours in making the event, changes the verdict. */
    void tell(Trace trace, Verdict reached) {
        if (listener == null) {
            return;
        }
        VerificationEvent event;
        try {
            event = trace.event(reached);
        } catch (Throwable fault) {
            noteFault(fault);
            return;
        }
        try {
            listener.onVerdict(event);
        } catch (Throwable failure) {
            listenerFailures.increment();
        }
    }

    /** By its own word; a store that cannot say is not known to be down. */
    boolean isNonceStoreDown() {
        try {
            return nonces.isDown();
        } catch (Throwable unknown) {
            return false;
        }
    }

    void noteFault(Throwable fault) {
        internalFaults.increment();
        lastInternalFault = fault;
    }

    /** The rejection of a request that was signed too early for the nonce store: it tells when to sign the next one. */
    Rejected notWatchingYet(long timestamp) {
        return new Rejected(RejectionReason.NOT_WATCHING_YET, serverSecond(), secondsUntilWatching(timestamp));
    }

    private static int retryAfterSeconds(RejectionReason reason) {
        if (reason.status() != 503) {
            return 0;
        }
        return switch (reason) {
            case STORE_FULL -> RETRY_FULL_AFTER_SECONDS;
            case DEVICE_PENDING -> RETRY_PENDING_AFTER_SECONDS;
            default -> RETRY_AFTER_SECONDS;
        };
    }

    /** By the client's own clock: the store vouches for what is signed later than the second it names. */
    private int secondsUntilWatching(long timestamp) {
        long since;
        try {
            since = nonces.watchingSince();
        } catch (Throwable unavailable) {
            return RETRY_AFTER_SECONDS;
        }
        if (since < timestamp) {
            return RETRY_AFTER_SECONDS; // refused for a claim that was dropped too early
        }
        long wait = Math.min(MAX_RETRY_AFTER_SECONDS, since - timestamp) + 1;
        return (int) Math.min(MAX_RETRY_AFTER_SECONDS, wait);
    }

    private static Procedure procedure(VerifierBuilder settings) {
        long window = settings.freshnessWindow.toSeconds();
        return new Procedure(
                new ExtractHeaders(settings.headRules()),
                new CheckFreshness(window, settings.maxAheadOrWindow().toSeconds()),
                new RequireUnseenNonce(settings.replayProtectionOnWritesOnly, settings.acceptReadsWithoutNonceStore),
                new RebuildMessage(),
                new FindKey(),
                new VerifySignature(settings.engineInUse()),
                new ClaimNonce(window, settings.margin().toSeconds(), settings.signatureReplayProtection));
    }

    /** One daemon thread for time limits and the like. */
    static ScheduledThreadPoolExecutor newTimer(String threadName) {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    @Override
    public String toString() {
        return "CountersignVerifier[" + (closed ? "closed" : "open") + "]";
    }
}
