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
 * Builds a {@link CountersignVerifier}. Each setting has the protocol's default. {@link #build} refuses settings that
 * contradict each other; its message says what to change. Not thread-safe; may build several verifiers.
 *
 * <pre>{@code
 * CountersignVerifier verifier = CountersignVerifier.builder(KeyCache.builder(keyStore).build(), nonceStore)
 *         .name("api")
 *         .maxBodyBytes(1 << 20)
 *         .redactionKey(redactionKey)
 *         .addListener(listener)
 *         .build();
 * }</pre>
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
     * The verifier's name in events, logs and metrics: 1 to 64 of {@code a-z A-Z 0-9 . _ -}, {@code "verifier"} unless
     * set. Give each verifier of an application its own name.
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
     * How far a timestamp may be from the server's time: whole seconds, 1 s to 1 day, 300 s unless set. Requests are
     * remembered for at least 300 s, also with a smaller window. Set the same for all verifiers that share a nonce
     * store.
     */
    public VerifierBuilder freshnessWindow(Duration value) {
        this.freshnessWindow = Objects.requireNonNull(value, "freshnessWindow");
        return this;
    }

    /**
     * How far a timestamp may be ahead of the server's time: whole seconds, 0 to the freshness window, which is the
     * default. With a lower limit, fewer requests can be replayed after a restart of the nonce store.
     */
    public VerifierBuilder maxAhead(Duration value) {
        this.maxAhead = Objects.requireNonNull(value, "maxAhead");
        return this;
    }

    /**
     * How far apart the clocks of two nodes that share a nonce store may be: whole seconds, at least 1 s, 8 s unless
     * set. This difference and the time limit for claims are the margin by which a claim outlives its window. It counts
     * only for shared stores; in one process the margin is 1 s.
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
     * How long a body may take, from the head to its last byte: 1 s to 1 h, 60 s unless set. If a body takes longer,
     * the request is rejected with {@link dev.countersign.api.RejectionReason#CANCELLED} (503: the client may try
     * again), within a second or when bytes arrive. Set it to the time that {@link #maxBodyBytes} take over your
     * slowest connection. It is no minimum rate; set that in the HTTP server.
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
     * For how many keys the verifier keeps prepared forms, about 24 KB each for keys in frequent use: at least 1, 10
     * 000 unless set. Do not set it with a key cache, which keeps the prepared keys and has its own limit.
     */
    public VerifierBuilder preparedKeys(int value) {
        this.preparedKeys = value;
        return this;
    }

    /**
     * Remembers a request by its nonce only, and not by its signature. The nonce is not signed, so a captured request
     * can then be sent again with another nonce while it is fresh. Use it only for deterministic signers (RFC 6979)
     * that sign the same bytes twice within a second.
     */
    public VerifierBuilder withoutSignatureReplayProtection() {
        this.withoutSignatureReplayProtection = true;
        return this;
    }

    /** Switches replay protection off for GET, HEAD, OPTIONS and TRACE. */
    public VerifierBuilder replayProtectionOnWritesOnly() {
        this.replayProtectionOnWritesOnly = true;
        return this;
    }

    /**
     * Accepts GET, HEAD, OPTIONS and TRACE with a valid signature while the nonce store {@linkplain NonceStore#isDown
     * is known to be down}. A captured read can then be replayed while it is fresh and the store is down.
     * {@link dev.countersign.api.VerificationEvent#isReplayUnchecked} marks these requests.
     *
     * <p>Other methods are never accepted without a claim. A claim that the store refuses for overload, answers late,
     * or refuses because it is full or was not watching yet, is no outage: the answer stays 503. The setting has no
     * effect with a store that never reports that it is down.
     */
    public VerifierBuilder acceptReadsWithoutNonceStore() {
        this.acceptReadsWithoutNonceStore = true;
        return this;
    }

    /** Accepts device ids that are no UUIDs, which old deployments have. */
    public VerifierBuilder opaqueDeviceIds() {
        this.opaqueDeviceIds = true;
        return this;
    }

    /** Refuses a write with a query, because the query is not signed. */
    public VerifierBuilder rejectQueryOnWrites() {
        this.rejectQueryOnWrites = true;
        return this;
    }

    /** The rules for which path a signature covers; {@link SigningPaths#ingest} unless set. */
    public VerifierBuilder signingPaths(SigningPaths value) {
        this.signingPaths = Objects.requireNonNull(value, "signingPaths");
        return this;
    }

    /**
     * Rejects an unknown device as soon as the lookup has ended, before the body is complete. This saves bandwidth. It
     * also lets a stranger find out, from the time of the answer, which devices exist.
     */
    public VerifierBuilder answerUnknownDevicesEarly() {
        this.answerUnknownDevicesEarly = true;
        return this;
    }

    /** The engine that checks signatures; {@link EcdsaP256Engine#bouncyCastle} unless set. A key cache has its own. */
    public VerifierBuilder engine(EcdsaP256Engine value) {
        this.engine = Objects.requireNonNull(value, "engine");
        return this;
    }

    /** Adds a listener. Listeners are called in the order in which they were added. */
    public VerifierBuilder addListener(VerificationListener value) {
        listeners.add(Objects.requireNonNull(value, "listener"));
        return this;
    }

    /**
     * The key under which device ids are hashed for listeners: at least 16 bytes, copied. Set the same on all nodes
     * whose logs are read together. A random key for each verifier unless set.
     */
    public VerifierBuilder redactionKey(byte[] value) {
        this.redactionKey = value.clone();
        return this;
    }

    /**
     * Explains rejections in words, and tests the likeliest causes. Off unless called. <b>For development only</b>:
     * explanations show paths, ids, nonces and hashes. {@link #build} warns the listener of that.
     *
     * <p>The verifier makes an explanation after it has published the verdict, on the same thread: at most 5 a second,
     * with at most 32 signature checks each. It records at most 16 requests at a time and 100 a second for this. It
     * computes one more hash of each recorded body, and up to eight more of bodies up to 1 MiB, for at most 8 MiB of
     * bodies a second. It counts what is beyond these limits and does not explain it.
     *
     * @param value {@link ExplanationListener#printing}, or your own; the last one set counts
     */
    public VerifierBuilder explainRejections(ExplanationListener value) {
        this.explanations = Objects.requireNonNull(value, "listener");
        return this;
    }

    /** The timer for time limits; a daemon thread of the verifier unless set. The verifier does not close it. */
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
     * Builds the verifier.
     *
     * @throws IllegalArgumentException if a setting is out of its range or contradicts another
     * @throws IllegalStateException if the engine cannot use the Bouncy Castle that the JVM loaded; the message names
     *     the jar
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
