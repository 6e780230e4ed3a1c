package dev.countersign.benchmarks;

import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import dev.countersign.testkit.TestKeys;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One P-256 signature check over a digest: our engine, what it is built on, and what the JDK brings. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EngineBenchmark {
    private static final byte[] SPKI_PREFIX =
            HexFormat.of().parseHex("3059301306072a8648ce3d020106082a8648ce3d030107034200");

    private static final int NEW_KEY_USES = 100;

    private final EcdsaP256Engine engine = EcdsaP256Engine.bouncyCastle();
    private final DevicePublicKey publicKey = TestKeys.publicKey(1);
    private final PreparedKey prepared = engine.prepare(publicKey);

    private byte[] digest;
    private byte[] signature;
    private PublicKey jdkKey;
    private ECPublicKeyParameters plainKey;
    private BigInteger r;
    private BigInteger s;

    /** Signs with the JDK and checks that every contestant agrees. */
    @Setup
    public void setUp() throws GeneralSecurityException {
        byte[] message = new byte[512];
        digest = MessageDigest.getInstance("SHA-256").digest(message);
        Signature signer = Signature.getInstance("NONEwithECDSAinP1363Format");
        signer.initSign(TestKeys.privateKey(1));
        signer.update(digest);
        signature = signer.sign();
        r = new BigInteger(1, Arrays.copyOf(signature, 32));
        s = new BigInteger(1, Arrays.copyOfRange(signature, 32, 64));
        byte[] point = publicKey.toPoint();
        byte[] spki = Arrays.copyOf(SPKI_PREFIX, SPKI_PREFIX.length + point.length);
        System.arraycopy(point, 0, spki, SPKI_PREFIX.length, point.length);
        jdkKey = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki));
        X9ECParameters curve = CustomNamedCurves.getByName("secp256r1");
        plainKey = new ECPublicKeyParameters(curve.getCurve().decodePoint(point), new ECDomainParameters(curve));
        if (!prepared() || !firstUse() || !bouncyCastleSigner() || !jdk()) {
            throw new IllegalStateException("an engine rejects a valid signature: nothing to measure");
        }
    }

    /** Our engine with a key that has its table. */
    @Benchmark
    public boolean prepared() {
        return engine.verify(prepared, digest, signature);
    }

    /** Our engine with a key it meets for the first time. */
    @Benchmark
    public boolean firstUse() {
        return engine.verify(engine.prepare(publicKey), digest, signature);
    }

    /** A check with a new key, on average over its first {@value #NEW_KEY_USES}: with what building its table costs. */
    @Benchmark
    @OperationsPerInvocation(NEW_KEY_USES)
    public boolean newKeyOnAverage() {
        PreparedKey key = engine.prepare(publicKey);
        boolean valid = true;
        for (int i = 0; i < NEW_KEY_USES; i++) {
            valid = engine.verify(key, digest, signature) && valid;
        }
        return valid;
    }

    /** Bouncy Castle's signer, its key object reused. */
    @Benchmark
    public boolean bouncyCastleSigner() {
        ECDSASigner verifier = new ECDSASigner();
        verifier.init(false, plainKey);
        return verifier.verifySignature(digest, r, s);
    }

    /** The JDK's default provider, its key object reused. */
    @Benchmark
    public boolean jdk() throws GeneralSecurityException {
        Signature verifier = Signature.getInstance("NONEwithECDSAinP1363Format");
        verifier.initVerify(jdkKey);
        verifier.update(digest);
        return verifier.verify(signature);
    }
}
