package dev.countersign.benchmarks;

import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verdict;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeySource;
import dev.countersign.core.VerifierBuilder;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.TestKeys;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A whole verification in one process, with and without its two costly parts, so that the rest can be read off: {@link
 * #everythingElse} is the pipeline with an engine that says yes, {@link #digestOnly} is what of it is hashing the
 * message, and {@link #accepted} is the pipeline as it is, but for claims of the nonce alone: for two tokens every
 * request would need a signature of its own.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 10, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PipelineBenchmark {
    private static final long NOW = 1_800_000_000L;
    private static final int SIGNATURES = 1 << 10;
    private static final DeviceIdentity DEVICE =
            new DeviceIdentity("com.acme.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");

    /** Bytes of body. */
    @Param("512")
    private int bodyBytes;

    private final Clock clock = Clock.fixed(Instant.ofEpochSecond(NOW), ZoneOffset.UTC);
    private byte[] body;
    private byte[] message;
    private String[] signatures;
    private MemoryNonceStore nonces;
    private CountersignVerifier verifier;
    private CountersignVerifier nodding;
    private RequestHead replayed;
    private RequestHead faulty;
    private int next;

    /** Signs with the JDK; claims are made of the nonce alone, or so many different signatures would be needed. */
    @Setup
    public void setUp() throws GeneralSecurityException {
        body = new byte[bodyBytes];
        ByteArrayOutputStream signed = new ByteArrayOutputStream();
        signed.writeBytes(("POST\n/v1/events\n" + NOW + "\n").getBytes(StandardCharsets.US_ASCII));
        signed.writeBytes(body);
        message = signed.toByteArray();
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(TestKeys.privateKey(1));
        signatures = new String[SIGNATURES];
        for (int i = 0; i < SIGNATURES; i++) {
            signer.update(message);
            signatures[i] = Base64.getEncoder().encodeToString(signer.sign());
        }
        faulty = head(0, "not a nonce");
        replayed = head(0, nonce(0));
        requireSound();
    }

    /** An empty nonce store for each iteration. */
    @Setup(Level.Iteration)
    public void openStore() {
        nonces = MemoryNonceStore.builder()
                .clock(clock)
                .alwaysWatching()
                .noBackgroundPurge()
                .quotaPerDevice(Integer.MAX_VALUE)
                .capacity(1L << 26)
                .build();
        verifier = settings().withoutSignatureReplayProtection().build();
        nodding = settings().engine(new NoddingEngine()).build();
    }

    /** Gives the store's memory back. */
    @TearDown(Level.Iteration)
    public void closeStore() {
        verifier.close();
        nodding.close();
        nonces.close();
    }

    private VerifierBuilder settings() {
        InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        DevicePublicKey key = TestKeys.publicKey(1);
        registry.put(DeviceRecord.active(DEVICE, key, 1));
        return CountersignVerifier.builder(KeySource.uncached(registry), nonces).clock(clock);
    }

    private void requireSound() {
        openStore();
        boolean sound = accepted().isAccepted()
                && everythingElse().isAccepted()
                && !verifier.verify(head(1, nonce(0)), new byte[1]).isAccepted()
                && !faultyHead().isAccepted();
        if (!sound) {
            throw new IllegalStateException("a verdict is wrong: nothing to measure");
        }
        closeStore();
    }

    /** A new request of a known device: all seven steps, claim included. */
    @Benchmark
    public Verdict accepted() {
        next++;
        return verifier.verify(head(next, nonce(next)), body);
    }

    /** The same with an engine that says yes: everything besides the engine, the claim of both tokens included. */
    @Benchmark
    public Verdict everythingElse() {
        next++;
        return nodding.verify(head(unusedSignature(next), nonce(next)), body);
    }

    /** What of {@link #everythingElse} is the hash of the message. */
    @Benchmark
    public byte[] digestOnly() throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(message);
    }

    /** What of {@link #everythingElse} is the benchmark's own making of the request. */
    @Benchmark
    public RequestHead makingTheRequest() {
        next++;
        return head(unusedSignature(next), nonce(next));
    }

    /** A replay. */
    @Benchmark
    public Verdict replay() {
        return verifier.verify(replayed, body);
    }

    /** A request whose last header is malformed: what garbage costs. */
    @Benchmark
    public Verdict faultyHead() {
        return verifier.verify(faulty, body);
    }

    private RequestHead head(int signature, String nonce) {
        return head(signatures[signature & (SIGNATURES - 1)], nonce);
    }

    private static RequestHead head(String signature, String nonce) {
        return RequestHead.of(
                "POST",
                "/v1/events",
                List.of(
                        Map.entry(SignedHeaders.APP_ID, DEVICE.appId()),
                        Map.entry(SignedHeaders.DEVICE_ID, DEVICE.deviceId()),
                        Map.entry(SignedHeaders.SIGNATURE, signature),
                        Map.entry(SignedHeaders.TIMESTAMP, "1800000000"),
                        Map.entry(SignedHeaders.NONCE, nonce),
                        Map.entry(SignedHeaders.SIG_VERSION, "1")));
    }

    /** Well-formed, with an r of its own, and valid for nothing. */
    private static String unusedSignature(int i) {
        byte[] der = new byte[70];
        Arrays.fill(der, (byte) 1);
        ByteBuffer.wrap(der)
                .put(new byte[] {0x30, 68, 2, 32})
                .put(4, (byte) 1)
                .putInt(8, i)
                .put(36, (byte) 2)
                .put(37, (byte) 32);
        return Base64.getEncoder().encodeToString(der);
    }

    private static String nonce(int i) {
        String hex = Integer.toHexString(i);
        return "00000000-0000-4000-8000-0000" + "00000000".substring(hex.length()) + hex;
    }

    /** Says yes to every signature. */
    private static final class NoddingEngine implements EcdsaP256Engine {
        @Override
        public PreparedKey prepare(DevicePublicKey key) {
            return () -> key;
        }

        @Override
        public boolean verify(PreparedKey key, byte[] digest, byte[] signature) {
            return true;
        }

        @Override
        public String name() {
            return "nodding";
        }
    }
}
