package dev.countersign.core.engine;

import dev.countersign.api.device.DevicePublicKey;
import java.net.URI;
import java.security.CodeSource;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether the Bouncy Castle that the JVM loaded can do what the engine asks of it: a valid and an invalid signature,
 * with a key's table and without. Jars of other lines (bcprov-jdk15on, bc-fips) have classes of the same names, and
 * whichever stands first on the class path wins. Everything would start, and then fail each request.
 */
final class KnownAnswers {
    /** What the engine uses; a class path with several Bouncy Castles may load them from different jars. */
    private static final List<String> USED = List.of(
            "org.bouncycastle.crypto.ec.CustomNamedCurves",
            "org.bouncycastle.asn1.x9.X9ECParameters",
            "org.bouncycastle.math.ec.ECAlgorithms",
            "org.bouncycastle.math.ec.ECLookupTable",
            "org.bouncycastle.math.ec.ECPoint",
            "org.bouncycastle.util.BigIntegers");

    // A.2.5 of RFC 6979: P-256 with SHA-256, message "sample".
    private static final String KEY = "04"
            + "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
            + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
    private static final String DIGEST = "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf";
    private static final String SIGNATURE = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
            + "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

    private KnownAnswers() {}

    private static volatile boolean right;

    interface Making {
        EcdsaP256Engine make();
    }

    /** Checks until the answers were right once. */
    static void require() {
        if (right) {
            return;
        }
        Throwable fault = check(() -> new BouncyCastleEngine(1));
        if (fault != null) {
            throw new IllegalStateException(message(), fault);
        }
        right = true;
    }

    /** What is wrong, or null. The engine must use a key's table after its second valid signature at the latest. */
    static @Nullable Throwable check(Making making) {
        HexFormat hex = HexFormat.of();
        byte[] digest = hex.parseHex(DIGEST);
        byte[] signature = hex.parseHex(SIGNATURE);
        byte[] wrong = signature.clone();
        wrong[wrong.length - 1] ^= 1;
        try {
            EcdsaP256Engine engine = making.make();
            PreparedKey key = engine.prepare(DevicePublicKey.ofPoint(hex.parseHex(KEY)));
            int bytesWithoutTable = key.approximateBytes();
            for (int round = 0; round < 3; round++) {
                if (engine.verify(key, digest, wrong) || !engine.verify(key, digest, signature)) {
                    return new ArithmeticException("a wrong answer about a known signature");
                }
            }
            return key.approximateBytes() > bytesWithoutTable
                    ? null
                    : new ArithmeticException("the table of a key could not be built");
        } catch (VirtualMachineError e) {
            throw e;
        } catch (RuntimeException | Error e) {
            return e; // a missing class or method, jars whose signers differ, a FIPS module that is not ready
        }
    }

    private static String message() {
        Set<String> jars = new LinkedHashSet<>();
        for (String name : USED) {
            jars.add(jarOf(name));
        }
        return "the Bouncy Castle on the class path cannot verify P-256 signatures as Countersign does. Its classes come"
                + " from " + String.join(" and ", jars) + ". Countersign needs org.bouncycastle:bcprov-jdk18on, the"
                + " version in its BOM or newer, and no other jar with the same classes (bcprov-jdk15on, bcprov-jdk15to18,"
                + " bcprov-ext, bc-fips) before it: exclude that jar from the dependency that brings it ('mvn"
                + " dependency:tree' shows which), or put bcprov-jdk18on first";
    }

    /** The name of the jar alone: a path says more about the machine than a log should. */
    private static String jarOf(String className) {
        try {
            Class<?> type = Class.forName(className, false, KnownAnswers.class.getClassLoader());
            CodeSource source = type.getProtectionDomain().getCodeSource();
            if (source == null || source.getLocation() == null) {
                return "an unnamed place";
            }
            String path = URI.create(source.getLocation().toString()).getSchemeSpecificPart();
            String trimmed = path.endsWith("!/") ? path.substring(0, path.length() - 2) : path;
            return trimmed.substring(trimmed.lastIndexOf('/', trimmed.length() - 2) + 1);
        } catch (ClassNotFoundException | LinkageError | RuntimeException e) {
            return "no jar (" + className + " is missing)";
        }
    }
}
