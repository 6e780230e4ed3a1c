package dev.countersign.core;

import dev.countersign.api.VerificationListener;
import dev.countersign.api.device.DeviceHash;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.diagnosis.Explainer;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.explain.ExplanationListener;
import dev.countersign.core.key.DeviceLookup;
import dev.countersign.core.key.StoreLookup;
import dev.countersign.core.step.CheckFreshness;
import dev.countersign.core.step.ClaimNonce;
import dev.countersign.core.step.ExtractHeaders;
import dev.countersign.core.step.FindKey;
import dev.countersign.core.step.HeadRules;
import dev.countersign.core.step.RebuildMessage;
import dev.countersign.core.step.RequireUnseenNonce;
import dev.countersign.core.step.VerifySignature;
import dev.countersign.core.verification.Clocks;
import dev.countersign.core.verification.InternalFaults;
import dev.countersign.core.verification.Limits;
import dev.countersign.core.verification.Observation;
import dev.countersign.core.verification.OpenBodies;
import dev.countersign.core.verification.Procedure;
import dev.countersign.core.verification.Rejections;
import dev.countersign.core.verification.VerificationContext;
import dev.countersign.core.wait.Waits;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@link CountersignVerifier}; each has the protocol's default. Refuses what contradicts itself at
 * {@link #build}, with a message that says what to change. Not thread-safe; may build several verifiers.
 */
public final class VerifierBuilder {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONGEST_WINDOW = Duration.ofDays(1);
    private static final Duration LONGEST_LIMIT = Duration.ofMinutes(5);
    private static final Duration LONGEST_BODY = Duration.ofHours(1);
    private static final int PREPARED_KEYS = 10_000;

    private final @Nullable PublicKeyStore store;
    private final @Nullable KeyCache cache;
    private final NonceStore nonces;
    private Clock clock = Clock.systemUTC();
    private LongSupplier nanoTime = System::nanoTime;
    private Duration freshnessWindow = Duration.ofMinutes(5);
    private Duration lookupTimeLimit = Duration.ofSeconds(2);
    private Duration claimTimeLimit = Duration.ofSeconds(2);
    private Duration bodyTimeLimit = Duration.ofSeconds(60);
    private long maxBodyBytes = 10L << 20;
    private boolean withoutSignatureReplayProtection;
    private boolean replayProtectionOnWritesOnly;
    private boolean acceptReadsWithoutNonceStore;
    private boolean answerUnknownDevicesEarly;

    private String name = "verifier";
    private final List<VerificationListener> listeners = new ArrayList<>();
    private @Nullable ScheduledExecutorService timer;
    private @Nullable EcdsaP256Engine engine;
    private @Nullable Integer preparedKeys;
    private boolean opaqueDeviceIds;
    private boolean rejectQueryOnWrites;
    private SigningPaths signingPaths = SigningPaths.ingest();
    private Duration nodeClockDifference = Duration.ofSeconds(8);
    private @Nullable Duration maxAhead;
    private byte @Nullable [] redactionKey;
    private @Nullable ExplanationListener explanations;

    VerifierBuilder(KeySource keys, NonceStore nonces) {
        Objects.requireNonNull(keys, "keys");
        this.store = keys instanceof UncachedKeys uncached ? uncached.store() : null;
        this.cache = keys instanceof KeyCache given ? given : null;
        this.nonces = Objects.requireNonNull(nonces, "nonces");
        if (cache != null) {
            this.nanoTime = cache.settings().nanoTime(); // the age of a record is compared with that of a request
        }
    }

    /**
     * What the verifier is called in events, logs and metrics: 1 to 64 of {@code a-z A-Z 0-9 . _ -}, {@code "verifier"} unless
     * set. Give each verifier of an application its own.
     */
    public VerifierBuilder name(String value) {
        this.name = Objects.requireNonNull(value, "name");
        return this;
    }

    /** The verifier's only source of time; the system's UTC clock unless set. */
    public VerifierBuilder clock(Clock value) {
        this.clock = Objects.requireNonNull(value, "clock");
        return this;
    }

    /**
     * How far a timestamp may lie from the server's time: whole seconds, 1 s to 1 day, 300 s unless set. Requests are
     * remembered for at least 300 s also where it is less. The same for all verifiers that share a nonce store.
     */
    public VerifierBuilder freshnessWindow(Duration value) {
        this.freshnessWindow = Objects.requireNonNull(value, "freshnessWindow");
        return this;
    }

    /**
     * How far ahead of the server's time a timestamp may lie: whole seconds, 0 to the freshness window, which it is
     * unless set. A lower limit shortens what a restart of the nonce store can forget.
     */
    public VerifierBuilder maxAhead(Duration value) {
        this.maxAhead = Objects.requireNonNull(value, "maxAhead");
        return this;
    }

    /**
     * How far the clocks of two nodes that share a nonce store may lie apart: whole seconds, at least 1 s, 8 s unless
     * set. Together with the claim's time limit it is the margin by which a claim outlives its window. Counts for shared
     * stores only; in one process the margin is 1 s.
     */
    public VerifierBuilder nodeClockDifference(Duration value) {
        this.nodeClockDifference = Objects.requireNonNull(value, "nodeClockDifference");
        return this;
    }

    /** How long a key lookup may take before the key store counts as unavailable: 1 ms to 5 min, 2 s unless set. */
    public VerifierBuilder lookupTimeLimit(Duration value) {
        this.lookupTimeLimit = Objects.requireNonNull(value, "lookupTimeLimit");
        return this;
    }

    /** How long a claim may take before the nonce store counts as unavailable: 1 ms to 5 min, 2 s unless set. */
    public VerifierBuilder claimTimeLimit(Duration value) {
        this.claimTimeLimit = Objects.requireNonNull(value, "claimTimeLimit");
        return this;
    }

    /**
     * How long a body may take, from the head to its last byte: 1 s to 1 h, 60 s unless set. A verification whose body takes
     * longer ends itself with {@link dev.countersign.api.RejectionReason#CANCELLED} (503: the client may try again), within a
     * second or when bytes arrive. Set it to what {@link #maxBodyBytes} takes over the slowest connection you serve; it is no
     * minimum rate, which is the HTTP server's business.
     */
    public VerifierBuilder bodyTimeLimit(Duration value) {
        this.bodyTimeLimit = Objects.requireNonNull(value, "bodyTimeLimit");
        return this;
    }

    /** The longest body, in bytes on the wire: 0 or more, 10 MiB unless set. */
    public VerifierBuilder maxBodyBytes(long value) {
        this.maxBodyBytes = value;
        return this;
    }

    /**
     * For how many keys the engine's preparation is kept, about 24 KB each for those used often: at least 1, 10 000 unless
     * set. Not with a key cache, which keeps it with the device and has a bound of its own.
     */
    public VerifierBuilder preparedKeys(int value) {
        this.preparedKeys = value;
        return this;
    }

    /**
     * Remembers a request by its nonce alone, and no longer by its signature as well. The nonce is not signed: a captured request can
     * then be re-sent under another nonce for as long as it is fresh. For signers only that are deterministic (RFC 6979) and
     * repeat the same bytes within a second.
     */
    public VerifierBuilder withoutSignatureReplayProtection() {
        this.withoutSignatureReplayProtection = true;
        return this;
    }

    /** Leaves GET, HEAD, OPTIONS and TRACE without replay protection. */
    public VerifierBuilder replayProtectionOnWritesOnly() {
        this.replayProtectionOnWritesOnly = true;
        return this;
    }

    /**
     * Accepts GET, HEAD, OPTIONS and TRACE, once their signature verified, where the claim fails and the nonce
     * store {@linkplain NonceStore#isDown is known to be down} then. A claim that the store refused for
     * overload, that came late, or that nobody waited for is no outage: 503. So it does nothing over a store that never says
     * that it is down. A captured read can then be replayed for as long as it is fresh while the store is down; other methods
     * are never accepted without it, nor is a read that the store has no room for, or
     * that was signed before the store was watching. A request that passed so is marked:
     * {@link dev.countersign.api.VerificationEvent#isReplayUnchecked}.
     */
    public VerifierBuilder acceptReadsWithoutNonceStore() {
        this.acceptReadsWithoutNonceStore = true;
        return this;
    }

    /** Admits device ids other than UUIDs, as old deployments have them. */
    public VerifierBuilder opaqueDeviceIds() {
        this.opaqueDeviceIds = true;
        return this;
    }

    /** Refuses a write with a query, the query not being signed. */
    public VerifierBuilder rejectQueryOnWrites() {
        this.rejectQueryOnWrites = true;
        return this;
    }

    /** Which path a signature covers; {@link SigningPaths#ingest} unless set. */
    public VerifierBuilder signingPaths(SigningPaths value) {
        this.signingPaths = Objects.requireNonNull(value, "signingPaths");
        return this;
    }

    /**
     * Answers an unknown device as soon as that is known, before the body. It saves
     * bandwidth and lets a stranger find out by the moment of the answer which devices exist.
     */
    public VerifierBuilder answerUnknownDevicesEarly() {
        this.answerUnknownDevicesEarly = true;
        return this;
    }

    /** What checks signatures; {@link EcdsaP256Engine#bouncyCastle} unless set. Not with a key cache, which has its own. */
    public VerifierBuilder engine(EcdsaP256Engine value) {
        this.engine = Objects.requireNonNull(value, "engine");
        return this;
    }

    /** Adds a listener, which is called after those that were added before; none unless added. */
    public VerifierBuilder addListener(VerificationListener value) {
        listeners.add(Objects.requireNonNull(value, "listener"));
        return this;
    }

    /**
     * The key under which device ids are hashed for listeners: at least 16 bytes, copied, the same on all nodes whose
     * logs belong together. Random for each verifier unless set.
     */
    public VerifierBuilder redactionKey(byte[] value) {
        this.redactionKey = value.clone();
        return this;
    }

    /**
     * Has rejections explained in words, with the likeliest causes tried out; off unless called, and <b>for development
     * only</b>: explanations show paths, ids, nonces and hashes. {@link #build} tells the listener so. The verdict is out before its
     * explanation is made, on the same thread: at most 5 a second, each with at most 32 signature checks. While it is on, at most 16
     * requests at a time and 100 a second are noted, with one more hash of each body, and up to eight more of bodies up to 1 MiB,
     * 8 MiB of bodies a second. What is beyond that is counted and not explained.
     *
     * @param value {@link ExplanationListener#printing}, or one of your own; the last one counts
     */
    public VerifierBuilder explainRejections(ExplanationListener value) {
        this.explanations = Objects.requireNonNull(value, "listener");
        return this;
    }

    /** What arms time limits; a daemon thread of the verifier's own unless set. Not closed with the verifier. */
    public VerifierBuilder timer(ScheduledExecutorService value) {
        this.timer = Objects.requireNonNull(value, "timer");
        return this;
    }

    /** For tests: the monotonic clock of time limits and latencies. */
    VerifierBuilder nanoTime(LongSupplier value) {
        this.nanoTime = value;
        return this;
    }

    /**
     * The verifier.
     *
     * @throws IllegalArgumentException if a setting is out of its range or contradicts another
     * @throws IllegalStateException if the Bouncy Castle that the JVM loaded is none that the engine can use; the message
     *     names the jar
     */
    public CountersignVerifier build() {
        requireSeconds("freshnessWindow", freshnessWindow, SECOND, LONGEST_WINDOW);
        requireSeconds("maxAhead", maxAheadOrWindow(), Duration.ZERO, freshnessWindow);
        requireSeconds("nodeClockDifference", nodeClockDifference, SECOND, LONGEST_WINDOW);
        requireLimit("lookupTimeLimit", lookupTimeLimit);
        requireLimit("claimTimeLimit", claimTimeLimit);
        if (bodyTimeLimit.compareTo(SECOND) < 0 || bodyTimeLimit.compareTo(LONGEST_BODY) > 0) {
            throw new IllegalArgumentException("bodyTimeLimit must be from 1 s to 1 h, and is " + bodyTimeLimit);
        }
        if (!name.matches("[a-zA-Z0-9._-]{1,64}")) {
            throw new IllegalArgumentException("name must have 1 to 64 of the characters a-z A-Z 0-9 . _ -");
        }
        if (maxBodyBytes < 0) {
            throw new IllegalArgumentException("maxBodyBytes must be 0 or more");
        }
        if (acceptReadsWithoutNonceStore && replayProtectionOnWritesOnly) {
            throw new IllegalArgumentException("acceptReadsWithoutNonceStore must be off with"
                    + " replayProtectionOnWritesOnly, which never asks the nonce store about reads");
        }
        if (preparedKeys != null && preparedKeys < 1) {
            throw new IllegalArgumentException("preparedKeys must be at least 1");
        }
        if (redactionKey != null && redactionKey.length < DeviceHash.MIN_KEY_BYTES) {
            throw new IllegalArgumentException("redactionKey must have at least " + DeviceHash.MIN_KEY_BYTES
                    + " bytes: a short one can be guessed");
        }
        if (cache != null) {
            requireFits(cache);
        }
        ScheduledExecutorService ownTimer = timer == null ? Timers.newTimer("countersign-time-limits") : null;
        return new CountersignVerifier(context(timer == null ? Objects.requireNonNull(ownTimer) : timer), ownTimer);
    }

    private void requireFits(KeyCache given) {
        if (engine != null) {
            throw new IllegalArgumentException("engine must be set on the key cache, which prepares the keys");
        }
        if (preparedKeys != null) {
            throw new IllegalArgumentException("preparedKeys must be left out with a key cache: it has maximumBytes");
        }
        if (lookupTimeLimit.compareTo(given.settings().loadTimeLimit()) <= 0) {
            throw new IllegalArgumentException("lookupTimeLimit must be longer than the key cache's loadTimeLimit of "
                    + given.settings().loadTimeLimit() + ", and is " + lookupTimeLimit);
        }
    }

    private VerificationContext context(ScheduledExecutorService limits) {
        Clocks clocks = new Clocks(clock, nanoTime);
        InternalFaults faults = new InternalFaults();
        EcdsaP256Engine used = engineInUse();
        return new VerificationContext(
                procedure(used),
                devices(used),
                nonces,
                clocks,
                new Limits(maxBodyBytes, bodyTimeLimit.toNanos(), lookupTimeLimit.toNanos(), claimTimeLimit.toNanos()),
                new Rejections(clocks, nonces, faults),
                new Observation(name, listeners, faults, nanoTime),
                redactionKey == null ? DeviceHash.withRandomKey() : DeviceHash.withKey(redactionKey),
                faults,
                new Waits(limits),
                new OpenBodies(limits),
                answerUnknownDevicesEarly,
                explainer(used));
    }

    private @Nullable Explainer explainer(EcdsaP256Engine used) {
        if (explanations == null) {
            return null;
        }
        Explainer explainer = new Explainer(
                new Explainer.Settings(
                        name,
                        used,
                        headRules(),
                        freshnessWindow.toSeconds(),
                        maxAheadOrWindow().toSeconds(),
                        maxBodyBytes),
                explanations,
                nanoTime);
        explainer.turnedOn();
        return explainer;
    }

    private HeadRules headRules() {
        return new HeadRules(opaqueDeviceIds, signingPaths.rules(), rejectQueryOnWrites);
    }

    private Procedure procedure(EcdsaP256Engine used) {
        long window = freshnessWindow.toSeconds();
        return new Procedure(
                new ExtractHeaders(headRules()),
                new CheckFreshness(window, maxAheadOrWindow().toSeconds()),
                new RequireUnseenNonce(replayProtectionOnWritesOnly, acceptReadsWithoutNonceStore),
                new RebuildMessage(),
                new FindKey(),
                new VerifySignature(used),
                new ClaimNonce(window, margin().toSeconds(), !withoutSignatureReplayProtection));
    }

    private EcdsaP256Engine engineInUse() {
        if (cache != null) {
            return cache.settings().engine();
        }
        return engine == null ? EcdsaP256Engine.bouncyCastle() : engine;
    }

    private DeviceLookup<?> devices(EcdsaP256Engine used) {
        return cache != null
                ? cache.keys()
                : new StoreLookup(
                        Objects.requireNonNull(store), used, preparedKeys == null ? PREPARED_KEYS : preparedKeys);
    }

    private Duration maxAheadOrWindow() {
        return maxAhead == null ? freshnessWindow : maxAhead;
    }

    /** By how much a claim outlives the window, in whole seconds. */
    Duration margin() {
        if (!nonces.isShared()) {
            return SECOND;
        }
        Duration margin = nodeClockDifference.plus(claimTimeLimit);
        Duration whole = Duration.ofSeconds(margin.toSeconds());
        return whole.equals(margin) ? whole : whole.plus(SECOND);
    }

    private static void requireSeconds(String name, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0
                || value.compareTo(most) > 0
                || !value.equals(Duration.ofSeconds(value.toSeconds()))) {
            throw new IllegalArgumentException(name + " must be whole seconds from " + least.toSeconds() + " to "
                    + most.toSeconds() + ", and is " + value);
        }
    }

    private static void requireLimit(String name, Duration value) {
        if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(LONGEST_LIMIT) > 0) {
            throw new IllegalArgumentException(name + " must be from 1 ms to 5 min, and is " + value);
        }
    }
}
