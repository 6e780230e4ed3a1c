import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.encoders.Base64;
import org.bouncycastle.util.io.pem.PemReader;

/**
 * A bare harness: Bouncy Castle's lightweight API with nothing in front of it. It hands over the bytes as they came, to
 * show what the library makes of them. It is a measuring device and no example: harnesses has those.
 *
 * <pre>java -cp countersign-conformance.jar BareBouncyCastle.java [asn1|standard]</pre>
 *
 * <p>The last word says what reads the signature's DER: {@code ASN1Sequence}, or {@code StandardDSAEncoding}. Besides the
 * operations of PROTOCOL.md: verifyUnderKey, which reads a key in any form and verifies under it, and the form
 * "coordinates", x and y of 32 bytes each.
 */
final class BareBouncyCastle {
    private static final ECDomainParameters P256 = new ECDomainParameters(CustomNamedCurves.getByName("secp256r1"));

    private final boolean standard;

    private BareBouncyCastle(boolean standard) {
        this.standard = standard;
    }

    public static void main(String[] words) throws Exception {
        BareBouncyCastle harness = new BareBouncyCastle(words.length > 0 && words[0].equals("standard"));
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
                case "hello" -> {
                    answer.put("protocol", 1).put("name", "Bouncy Castle lightweight").put("language", "Java");
                    answer.put("version", new BouncyCastleProvider().getVersionStr());
                    answer.putArray("ops").add("parseKey").add("verifySignature").add("verifyDigest");
                }
                case "parseKey" -> answer.put(
                        "pointHex", HexFormat.of().formatHex(key(request).getQ().getEncoded(false)));
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

    private ECPublicKeyParameters key(JsonNode request) throws Exception {
        byte[] data = bytes(request, request.has("publicKeyHex") ? "publicKeyHex" : "dataHex");
        return switch (request.path("form").asText("point")) {
            case "point", "compressed" -> new ECPublicKeyParameters(P256.getCurve().decodePoint(data), P256);
            case "spki" -> (ECPublicKeyParameters) PublicKeyFactory.createKey(data);
            case "pem" -> {
                String text = new String(data, StandardCharsets.UTF_8);
                byte[] content = new PemReader(new StringReader(text)).readPemObject().getContent();
                yield (ECPublicKeyParameters) PublicKeyFactory.createKey(content);
            }
            case "coordinates" -> {
                BigInteger x = new BigInteger(1, Arrays.copyOfRange(data, 0, 32));
                BigInteger y = new BigInteger(1, Arrays.copyOfRange(data, 32, 64));
                ECPoint point = P256.getCurve().createPoint(x, y);
                yield new ECPublicKeyParameters(point, P256);
            }
            default -> throw new UnsupportedOperationException("Bouncy Castle reads no JWK");
        };
    }

    private boolean verify(JsonNode request) throws Exception {
        ECDSASigner verifier = new ECDSASigner();
        verifier.init(false, key(request));
        byte[] digest = request.has("digestHex")
                ? bytes(request, "digestHex")
                : MessageDigest.getInstance("SHA-256").digest(bytes(request, "messageHex"));
        BigInteger[] numbers = numbers(Base64.decode(request.path("signature").asText()));
        return verifier.verifySignature(digest, numbers[0], numbers[1]);
    }

    private BigInteger[] numbers(byte[] der) throws Exception {
        if (standard) {
            return StandardDSAEncoding.INSTANCE.decode(P256.getN(), der);
        }
        ASN1Sequence sequence = ASN1Sequence.getInstance(der);
        return new BigInteger[] {
            ASN1Integer.getInstance(sequence.getObjectAt(0)).getValue(),
            ASN1Integer.getInstance(sequence.getObjectAt(1)).getValue()
        };
    }

    private static byte[] bytes(JsonNode request, String field) {
        return HexFormat.of().parseHex(request.path(field).asText());
    }
}
