package dev.countersign.core.engine;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.jspecify.annotations.Nullable;

/**
 * Hard cases in any number, through the engine with tables and without, Bouncy Castle's signer and the JDK's provider.
 * CONTRIBUTING has the command. Arguments: number of cases, seed, most minutes, file for the report. Ends with status 1
 * if two of the four ever disagreed.
 */
final class EngineComparison {
    private static final EcdsaP256Engine PLAIN = new BouncyCastleEngine(Integer.MAX_VALUE);
    private static final X9ECParameters CURVE = CustomNamedCurves.getByName("secp256r1");
    private static final ECDomainParameters DOMAIN = new ECDomainParameters(CURVE);

    private final KeyFactory factory;
    private final ECParameterSpec spec;
    private final Map<String, int[]> byKey = new TreeMap<>();
    private final Map<String, int[]> byMaking = new TreeMap<>();
    private final List<String> disagreements = new ArrayList<>();
    private int wrappedAndRefusedByTheJdk;
    private HardCases.@Nullable Case last;
    private @Nullable PreparedKey withTable;
    private @Nullable PreparedKey without;

    private EngineComparison() throws GeneralSecurityException {
        this.factory = KeyFactory.getInstance("EC");
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        this.spec = parameters.getParameterSpec(ECParameterSpec.class);
    }

    public static void main(String[] arguments) throws GeneralSecurityException, IOException {
        int wanted = Integer.parseInt(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        long end = System.nanoTime() + Long.parseLong(arguments[2]) * 60_000_000_000L;
        Path report = Path.of(arguments[3]);
        EngineComparison comparison = new EngineComparison();
        HardCases cases = new HardCases(seed);
        int done = 0;
        while (done < wanted && System.nanoTime() < end) {
            comparison.compare(done++, cases.next());
            if (done % 5_000 == 0) {
                comparison.write(report, seed, wanted, done);
            }
        }
        comparison.write(report, seed, wanted, done);
        System.exit(comparison.disagreements.isEmpty() ? 0 : 1);
    }

    private void compare(int number, HardCases.Case each) throws GeneralSecurityException {
        byte[] digest = each.digestBytes();
        byte[] signature = each.signature();
        prepare(each);
        boolean tables = EngineReferenceTest.TABLES.verify(Objects.requireNonNull(withTable), digest, signature);
        boolean plain = PLAIN.verify(Objects.requireNonNull(without), digest, signature);
        boolean signer = byBouncyCastle(each, digest);
        boolean jdk = byTheJdk(each, digest, signature);
        boolean made = each.mustBe() == null ? signer : each.mustBe();
        if (!jdk && signer && xIsTheOrderOrMore(each)) {
            // The JDK compares r with x itself, not with x modulo n. The definition decides.
            wrappedAndRefusedByTheJdk++;
            jdk = TextbookP256.isValid(each.textbookKey(), each.digest(), each.r(), each.s());
        }
        if (tables != signer || plain != signer || jdk != signer || made != signer) {
            disagreements.add("case " + number + " (" + each.about() + "): with table " + tables + ", without " + plain
                    + ", Bouncy Castle " + signer + ", JDK " + jdk + ", as made " + each.mustBe());
        }
        int comma = each.about().indexOf(", ");
        count(byKey, comma < 0 ? each.about() : each.about().substring(0, comma), signer);
        count(byMaking, comma < 0 ? "as made" : each.about().substring(comma + 2), signer);
    }

    /** Several cases in a row have one key. */
    private void prepare(HardCases.Case each) {
        if (last == null || !last.key().equals(each.key())) {
            withTable = EngineReferenceTest.withTable(each);
            without = PLAIN.prepare(each.publicKey());
            last = each;
        }
    }

    private static boolean xIsTheOrderOrMore(HardCases.Case each) {
        BigInteger n = CURVE.getN();
        BigInteger w = each.s().modInverse(n);
        return CURVE.getG()
                        .multiply(each.digest().multiply(w).mod(n))
                        .add(each.key().multiply(each.r().multiply(w).mod(n)))
                        .normalize()
                        .getAffineXCoord()
                        .toBigInteger()
                        .compareTo(n)
                >= 0;
    }

    private static boolean byBouncyCastle(HardCases.Case each, byte[] digest) {
        ECDSASigner signer = new ECDSASigner();
        signer.init(false, new ECPublicKeyParameters(each.key(), DOMAIN));
        return signer.verifySignature(digest, each.r(), each.s());
    }

    private boolean byTheJdk(HardCases.Case each, byte[] digest, byte[] signature) throws GeneralSecurityException {
        ECPoint point = new ECPoint(each.textbookKey().x(), each.textbookKey().y());
        PublicKey key = factory.generatePublic(new ECPublicKeySpec(point, spec));
        Signature verifier = Signature.getInstance("NONEwithECDSAinP1363Format");
        verifier.initVerify(key);
        verifier.update(digest);
        try {
            return verifier.verify(signature);
        } catch (SignatureException refused) {
            return false;
        }
    }

    private static void count(Map<String, int[]> counts, String name, boolean valid) {
        int[] both = counts.computeIfAbsent(name, any -> new int[2]);
        both[valid ? 0 : 1]++;
    }

    private void write(Path report, long seed, int wanted, int done) throws IOException {
        StringBuilder text = new StringBuilder(4096);
        text.append("# The engine beside Bouncy Castle's signer and the JDK's provider\n\n")
                .append(
                        "Made by `EngineComparison`; CONTRIBUTING has the command. Each case went through the engine with the")
                .append(
                        "\nkey's table, the engine without, Bouncy Castle's `ECDSASigner`, the JDK's default provider, and was")
                .append("\ncompared with what its making says about it where that is known.\n\n")
                .append("* seed ")
                .append(seed)
                .append('\n')
                .append("* cases ")
                .append(done)
                .append(" of ")
                .append(wanted)
                .append(" asked for\n")
                .append("* disagreements ")
                .append(disagreements.size())
                .append('\n')
                .append(
                        "* signatures with n <= x < p, which the JDK refuses against the definition, and the others accept with it: ")
                .append(wrappedAndRefusedByTheJdk)
                .append('\n')
                .append("* JDK ")
                .append(System.getProperty("java.version"))
                .append(", ")
                .append(version())
                .append('\n');
        disagreements.stream()
                .limit(100)
                .forEach(line -> text.append("  * ").append(line).append('\n'));
        table(text, "key", byKey);
        table(text, "signature", byMaking);
        Files.writeString(report, text);
    }

    private static String version() {
        String location = String.valueOf(
                ECDSASigner.class.getProtectionDomain().getCodeSource().getLocation());
        return location.substring(location.lastIndexOf('/') + 1);
    }

    private static void table(StringBuilder text, String title, Map<String, int[]> counts) {
        text.append("\n| ").append(title).append(" | valid | invalid |\n|---|---:|---:|\n");
        counts.forEach((name, both) -> text.append("| ")
                .append(name)
                .append(" | ")
                .append(both[0])
                .append(" | ")
                .append(both[1])
                .append(" |\n"));
    }
}
