package dev.countersign.core;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.core.SignedRequests.Draft;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.jspecify.annotations.Nullable;

/**
 * The protocol once more, slow and obvious: regular expressions, the whole message in one array, the JDK's provider for
 * the signature and Bouncy Castle's ASN.1 for DER. Shares nothing with the verifier but the types of its border.
 */
final class ProtocolModel {
    private static final BigInteger N =
            new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);
    private static final byte[] SPKI = HexFormat.of().parseHex("3059301306072a8648ce3d020106082a8648ce3d030107034200");
    private static final String HEX = "[0-9A-Fa-f]";
    private static final String ID = "[\\x21-\\x7E&&[^,]]{1,128}";

    boolean opaqueDeviceIds;
    boolean rejectQueryOnWrites;
    boolean writesOnly;
    boolean signatureToken = true;
    boolean ingestRule = true;
    long watchingSince = Long.MIN_VALUE;

    /** By app id, a line feed, and the canonical device id. */
    final Map<String, DeviceRecord> devices = new HashMap<>();

    private final Set<String> seen = new HashSet<>();

    static String name(String appId, String deviceId) {
        return appId + "\n" + deviceId;
    }

    /** Why the request is rejected, or null. */
    @Nullable RejectionReason judge(Draft request, long headSecond, long claimSecond) {
        // (1)
        String version = single(request, "x-synheart-sig-version");
        if (version == null) {
            return RejectionReason.MISSING_HEADER;
        }
        if (!version.matches("[1-9][0-9]{0,3}")) {
            return RejectionReason.MALFORMED_HEADER;
        }
        if (!version.equals("1")) {
            return RejectionReason.UNSUPPORTED_VERSION;
        }
        String uuid = HEX + "{8}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{12}";
        String[][] table = {
            {"x-app-id", ID},
            {"x-device-id", opaqueDeviceIds ? ID : uuid},
            {"x-synheart-signature", null},
            {"x-synheart-timestamp", "0|[1-9][0-9]{0,10}"},
            {"x-synheart-nonce", HEX + "{8}-" + HEX + "{4}-4" + HEX + "{3}-[89ABab]" + HEX + "{3}-" + HEX + "{12}"}
        };
        Map<String, String> values = new HashMap<>();
        for (String[] row : table) {
            String value = single(request, row[0]);
            if (value == null) {
                return RejectionReason.MISSING_HEADER;
            }
            boolean formed = row[1] == null ? derOf(value) != null : value.matches(row[1]);
            if (!formed) {
                return RejectionReason.MALFORMED_HEADER;
            }
            values.put(row[0], value);
        }
        byte[] der = derOf(values.getOrDefault("x-synheart-signature", ""));
        if (!request.method().matches("[A-Z][A-Z-]{0,31}")
                || !request.target().matches("(?:(?i:https?)://[^/?]+(?:[/?].*)?|/.*)")
                || !request.target().matches("[\\x21-\\x7E&&[^#\\\\]]*")
                || der == null) {
            return RejectionReason.MALFORMED_TARGET;
        }
        String originForm = request.target().startsWith("/")
                ? request.target()
                : request.target().replaceFirst("^[^:]+://[^/?]+", "");
        String path = originForm.replaceFirst("\\?.*", "");
        path = path.isEmpty() ? "/" : path;
        boolean read = List.of("GET", "HEAD", "OPTIONS", "TRACE").contains(request.method());
        if (rejectQueryOnWrites && !read && originForm.contains("?")) {
            return RejectionReason.QUERY_NOT_ALLOWED;
        }
        // (2)
        String timestampText = values.getOrDefault("x-synheart-timestamp", "");
        BigInteger timestamp = new BigInteger(timestampText);
        if (!fresh(timestamp, headSecond)) {
            return RejectionReason.CLOCK_SKEW;
        }
        // (5)
        String deviceId = values.getOrDefault("x-device-id", "");
        deviceId = deviceId.matches(uuid) ? deviceId.toLowerCase(java.util.Locale.ROOT) : deviceId;
        DeviceRecord record = devices.get(name(values.getOrDefault("x-app-id", ""), deviceId));
        if (record == null) {
            return RejectionReason.UNKNOWN_DEVICE;
        }
        // (4) and (6)
        boolean strip = ingestRule && request.method().equals("POST") && path.startsWith("/ingest/v1/");
        byte[] message = SignedRequests.message(
                request.method(), strip ? path.replaceFirst("^/ingest", "") : path, timestampText, request.body());
        DeviceKey signer = null;
        for (DeviceKey key : record.keys()) {
            boolean ends = key.state() == KeyState.PREVIOUS || key.state() == KeyState.PROVISIONAL;
            boolean over =
                    ends && key.notAfter().isPresent() && key.notAfter().get().getEpochSecond() < claimSecond;
            if (key.state() != KeyState.RETIRED && !over && verifies(key, message, der)) {
                signer = key;
            }
        }
        if (signer == null) {
            return RejectionReason.INVALID_SIGNATURE;
        }
        // (2) again
        if (!fresh(timestamp, claimSecond)) {
            return RejectionReason.CLOCK_SKEW;
        }
        if (record.status() != DeviceStatus.ACTIVE) {
            return record.status() == DeviceStatus.REVOKED
                    ? RejectionReason.DEVICE_REVOKED
                    : RejectionReason.DEVICE_PENDING;
        }
        if (signer.state() == KeyState.INVALIDATED) {
            return RejectionReason.KEY_INVALIDATED;
        }
        // (3) and (7)
        if (writesOnly && read) {
            return null;
        }
        String nonce = name(record.identity().appId(), record.identity().deviceId()) + "\n"
                + values.getOrDefault("x-synheart-nonce", "").toLowerCase(java.util.Locale.ROOT);
        String signature = HexFormat.of().formatHex(signer.publicKey().toPoint())
                + numbers(der).get(0);
        if (seen.contains(nonce)) {
            return RejectionReason.NONCE_REPLAY;
        }
        if (signatureToken && seen.contains(signature)) {
            return RejectionReason.SIGNATURE_REPLAY;
        }
        if (timestamp.longValueExact() <= watchingSince) {
            return RejectionReason.NOT_WATCHING_YET;
        }
        seen.add(nonce);
        seen.add(signature);
        return null;
    }

    private static boolean fresh(BigInteger timestamp, long now) {
        return timestamp.subtract(BigInteger.valueOf(now)).abs().compareTo(BigInteger.valueOf(300)) <= 0;
    }

    /** Null if absent, empty if repeated. Header names fold in ASCII only. */
    private static @Nullable String single(Draft request, String lowerCaseName) {
        List<String> found = new ArrayList<>();
        for (Map.Entry<String, String> line : request.headers()) {
            boolean ascii = StandardCharsets.US_ASCII.newEncoder().canEncode(line.getKey());
            if (ascii && line.getKey().toLowerCase(java.util.Locale.ROOT).equals(lowerCaseName)) {
                found.add(line.getValue());
            }
        }
        return found.isEmpty() ? null : found.size() == 1 ? found.get(0) : "";
    }

    /** The bytes of a signature in its only form, else null. */
    private static byte @Nullable [] derOf(String text) {
        if (!text.matches("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")) {
            return null;
        }
        byte[] bytes = Base64.getDecoder().decode(text);
        if (!Base64.getEncoder().encodeToString(bytes).equals(text)) {
            return null;
        }
        try {
            byte[] again = ASN1Primitive.fromByteArray(bytes).getEncoded(ASN1Encoding.DER);
            boolean inRange = numbers(bytes).size() == 2
                    && numbers(bytes).stream().allMatch(number -> number.signum() > 0 && number.compareTo(N) < 0);
            return inRange && Arrays.equals(again, bytes) ? bytes : null;
        } catch (IOException | RuntimeException notDer) {
            return null;
        }
    }

    private static List<BigInteger> numbers(byte[] der) {
        List<BigInteger> numbers = new ArrayList<>();
        ASN1Sequence.getInstance(der).forEach(element -> numbers.add(((ASN1Integer) element).getValue()));
        return numbers;
    }

    private static boolean verifies(DeviceKey key, byte[] message, byte[] der) {
        byte[] spki = Arrays.copyOf(SPKI, SPKI.length + 65);
        System.arraycopy(key.publicKey().toPoint(), 0, spki, SPKI.length, 65);
        try {
            PublicKey jdkKey = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki));
            Signature verifier = Signature.getInstance("SHA256withECDSA");
            verifier.initVerify(jdkKey);
            verifier.update(message);
            return verifier.verify(der);
        } catch (GeneralSecurityException notVerified) {
            return false;
        }
    }
}
