import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * A bare harness: a provider of the Java Cryptography Architecture with nothing in front of it. It hands over the bytes as
 * they came, to show what the provider makes of them. It is a measuring device and no example: harnesses has those.
 *
 * <pre>java -cp countersign-conformance.jar BareJca.java SunEC|BC [basic|mime|bc]</pre>
 *
 * <p>The class path is for JSON and Bouncy Castle. The last word says how Base64 is read. Besides the operations of
 * PROTOCOL.md: verifyUnderKey, which reads a key in any form and verifies under it, and the form "coordinates", x and y of
 * 32 bytes each. The architecture has no reader of bare points: they are wrapped into a SubjectPublicKeyInfo.
 */
final class BareJca {
    private static final byte[] ALGORITHM = HexFormat.of().parseHex("301306072a8648ce3d020106082a8648ce3d030107");

    private final Provider provider;
    private final String base64;

    private BareJca(String provider, String base64) {
        this.provider = provider.equals("BC") ? new BouncyCastleProvider() : Security.getProvider(provider);
        this.base64 = base64;
    }

    public static void main(String[] words) throws Exception {
        BareJca harness = new BareJca(words[0], words.length > 1 ? words[1] : "basic");
        ObjectMapper json = new ObjectMapper();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode request = json.readTree(line);
            ObjectNode answer = json.createObjectNode().put("id", request.path("id").asLong());
            harness.answer(request, answer);
            System.out.println(json.writeValueAsString(answer));
        }
    }

    private void answer(JsonNode request, ObjectNode answer) {
        String op = request.path("op").asText();
        try {
            switch (op) {
                case "hello" -> hello(answer);
                case "parseKey" -> answer.put("pointHex", HexFormat.of().formatHex(point(key(request))));
                case "verifySignature", "verifyDigest", "verifyUnderKey" -> answer.put("valid", verify(request));
                default -> answer.put("skipped", "not offered");
            }
        } catch (UnsupportedOperationException notOffered) {
            answer.put("skipped", notOffered.getMessage());
        } catch (Exception refused) {
            if (op.equals("parseKey")) {
                answer.put("invalid", true);
            } else {
                answer.put("valid", false);
            }
        }
    }

    private void hello(ObjectNode answer) {
        String jdk = "JDK " + System.getProperty("java.version");
        boolean isJdks = provider.getName().equals("SunEC");
        answer.put("protocol", 1).put("name", isJdks ? "SunEC" : "Bouncy Castle provider");
        answer.put("version", isJdks ? "of " + jdk : provider.getVersionStr() + " on " + jdk).put("language", "Java");
        answer.putArray("ops").add("parseKey").add("verifySignature").add("verifyDigest");
    }

    private PublicKey key(JsonNode request) throws Exception {
        byte[] data = bytes(request, request.has("publicKeyHex") ? "publicKeyHex" : "dataHex");
        KeyFactory factory = KeyFactory.getInstance("EC", provider);
        return switch (request.path("form").asText("point")) {
            case "point", "compressed" -> factory.generatePublic(new X509EncodedKeySpec(spki(data)));
            case "spki" -> factory.generatePublic(new X509EncodedKeySpec(data));
            case "coordinates" -> factory.generatePublic(new ECPublicKeySpec(
                    new ECPoint(
                            new BigInteger(1, Arrays.copyOfRange(data, 0, 32)),
                            new BigInteger(1, Arrays.copyOfRange(data, 32, 64))),
                    p256()));
            default -> throw new UnsupportedOperationException("a KeyFactory reads X.509 only");
        };
    }

    private boolean verify(JsonNode request) throws Exception {
        PublicKey key = key(request);
        boolean hashed = request.has("digestHex");
        Signature verifier = Signature.getInstance(hashed ? "NONEwithECDSA" : "SHA256withECDSA", provider);
        verifier.initVerify(key);
        verifier.update(bytes(request, hashed ? "digestHex" : "messageHex"));
        return verifier.verify(decode(request.path("signature").asText()));
    }

    private byte[] decode(String text) {
        return switch (base64) {
            case "basic" -> Base64.getDecoder().decode(text);
            case "mime" -> Base64.getMimeDecoder().decode(text);
            case "bc" -> org.bouncycastle.util.encoders.Base64.decode(text);
            default -> throw new IllegalStateException(base64);
        };
    }

    private static byte[] spki(byte[] point) {
        byte[] spki = new byte[2 + ALGORITHM.length + 3 + point.length];
        spki[0] = 0x30;
        spki[1] = (byte) (spki.length - 2);
        System.arraycopy(ALGORITHM, 0, spki, 2, ALGORITHM.length);
        spki[2 + ALGORITHM.length] = 0x03;
        spki[3 + ALGORITHM.length] = (byte) (point.length + 1);
        System.arraycopy(point, 0, spki, spki.length - point.length, point.length);
        return spki;
    }

    private static byte[] point(PublicKey key) {
        ECPublicKey ec = (ECPublicKey) key;
        int size = (ec.getParams().getCurve().getField().getFieldSize() + 7) / 8;
        String digits = "%0" + 2 * size + "x";
        return HexFormat.of()
                .parseHex("04" + digits.formatted(ec.getW().getAffineX()) + digits.formatted(ec.getW().getAffineY()));
    }

    private ECParameterSpec p256() throws Exception {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC", provider);
        parameters.init(new ECGenParameterSpec("secp256r1"));
        return parameters.getParameterSpec(ECParameterSpec.class);
    }

    private static byte[] bytes(JsonNode request, String field) {
        return HexFormat.of().parseHex(request.path(field).asText());
    }
}
