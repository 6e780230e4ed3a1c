package dev.countersign.conformance.mutants;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.mutants.ObviousCurve.Point;
import dev.countersign.conformance.suite.Json;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Signatures and public keys of protocol.md, "The headers" and "Keys". Each method is a decision that can be got wrong. */
abstract class ObviousCryptography {
    private static final Pattern BASE64 =
            Pattern.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?");
    private static final Pattern BASE64URL_32_BYTES = Pattern.compile("[A-Za-z0-9_-]{43}");
    private static final Pattern PEM =
            Pattern.compile("\\s*-----BEGIN PUBLIC KEY-----\\s([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----\\s*");

    /** SEQUENCE { SEQUENCE { ecPublicKey, prime256v1 }, BIT STRING without spare bits }, around a point of 65 bytes. */
    private static final byte[] SPKI_65 = bytes("3059301306072a8648ce3d020106082a8648ce3d030107034200");

    /** The same around a point of 33 bytes. */
    private static final byte[] SPKI_33 = bytes("3039301306072a8648ce3d020106082a8648ce3d030107032200");

    /** The two numbers of a signature. */
    record Numbers(BigInteger r, BigInteger s) {}

    // The signature's text.

    /** The numbers in the header's text, or null if it is malformed. */
    protected @Nullable Numbers numbers(String text) {
        byte[] der = base64(text);
        Numbers numbers = der == null ? null : der(der);
        return numbers != null && isInRange(numbers.r()) && isInRange(numbers.s()) && isAllowed(numbers.s())
                ? numbers
                : null;
    }

    /** Standard alphabet, padded, no spare bit set. */
    protected byte @Nullable [] base64(String text) {
        if (!BASE64.matcher(text).matches()) {
            return null;
        }
        byte[] bytes = Base64.getDecoder().decode(text);
        return Base64.getEncoder().encodeToString(bytes).equals(text) ? bytes : null;
    }

    /** A SEQUENCE of two INTEGERs and nothing else. */
    protected @Nullable Numbers der(byte[] der) {
        try {
            ByteBuffer outer = ByteBuffer.wrap(der);
            ByteBuffer sequence = derElement(0x30, outer);
            if (sequence == null || (outer.hasRemaining() && !mayFollowDer())) {
                return null;
            }
            BigInteger r = derInteger(derElement(0x02, sequence));
            BigInteger s = derInteger(derElement(0x02, sequence));
            return r == null || s == null || sequence.hasRemaining() ? null : new Numbers(r, s);
        } catch (BufferUnderflowException truncated) {
            return null;
        }
    }

    /** Whether something may stand behind the sequence. */
    protected boolean mayFollowDer() {
        return false;
    }

    private @Nullable ByteBuffer derElement(int tag, ByteBuffer in) {
        if (in.get() != tag) {
            return null;
        }
        int length = derLength(in);
        if (length < 0 || length > in.remaining()) {
            return null;
        }
        ByteBuffer content = in.slice(in.position(), length);
        in.position(in.position() + length);
        return content;
    }

    /** A length, or −1: two numbers below n need no length above 127, so one byte must do. */
    protected int derLength(ByteBuffer in) {
        return in.get();
    }

    private @Nullable BigInteger derInteger(@Nullable ByteBuffer content) {
        if (content == null || !content.hasRemaining()) {
            return null;
        }
        byte[] bytes = new byte[content.remaining()];
        content.get(bytes);
        return derInteger(bytes);
    }

    /** The number in two's complement, if it could not be written shorter. */
    protected @Nullable BigInteger derInteger(byte[] content) {
        BigInteger number = new BigInteger(content);
        return Arrays.equals(number.toByteArray(), content) ? number : null;
    }

    /** 1 to n − 1. */
    protected boolean isInRange(BigInteger number) {
        return number.signum() > 0 && number.compareTo(ObviousCurve.N) < 0;
    }

    /** A high s is as good as a low one. */
    protected boolean isAllowed(BigInteger s) {
        return true;
    }

    // The equation.

    /** SHA-256, once. */
    protected byte[] hash(byte[] message) {
        return sha256(message);
    }

    /** The equation of ECDSA. */
    protected boolean verifies(Point key, byte[] digest, Numbers signature) {
        BigInteger e = digestNumber(digest);
        if (e == null) {
            return false;
        }
        BigInteger inverse = inverse(signature.s());
        Point g = ObviousCurve.multiply(timesModN(e, inverse), ObviousCurve.G);
        Point q = ObviousCurve.multiply(timesModN(signature.r(), inverse), key);
        Point sum = lastSum(g, q);
        return sum != null && (sum.isInfinity() ? holdsAtInfinity(signature.r()) : isX(signature.r(), sum.x()));
    }

    /** The digest as a number; any is good. */
    protected @Nullable BigInteger digestNumber(byte[] digest) {
        return new BigInteger(1, digest);
    }

    /** 1/s modulo n. */
    protected BigInteger inverse(BigInteger s) {
        return s.modInverse(ObviousCurve.N);
    }

    /** The sum of the two products; null if it cannot be computed. */
    protected @Nullable Point lastSum(Point g, Point q) {
        return ObviousCurve.add(g, q);
    }

    /** Infinity has no x. */
    protected boolean holdsAtInfinity(BigInteger r) {
        return false;
    }

    /** r is x modulo n: x itself may lie above n. */
    protected boolean isX(BigInteger r, BigInteger x) {
        return x.mod(ObviousCurve.N).equals(r);
    }

    private static BigInteger timesModN(BigInteger a, BigInteger b) {
        return a.multiply(b).mod(ObviousCurve.N);
    }

    // Public keys.

    /** The point of a key in one of the five forms, or null. */
    protected @Nullable Point parseKey(String form, byte[] data) {
        Point point =
                switch (form) {
                    case "point" -> uncompressed(data);
                    case "compressed" -> compressed(data);
                    case "spki" -> spki(data);
                    case "pem" -> pem(text(data));
                    case "jwk" -> jwk(text(data));
                    default -> throw new IllegalArgumentException("no form of a key: " + form);
                };
        return point != null && isKey(point) ? point : null;
    }

    /** A point of the curve. */
    protected boolean isKey(Point point) {
        return point.isOnCurve();
    }

    /** 04, x, y. */
    protected @Nullable Point uncompressed(byte[] data) {
        return data.length == 65 && data[0] == 4
                ? new Point(unsigned(Arrays.copyOfRange(data, 1, 33)), unsigned(Arrays.copyOfRange(data, 33, 65)))
                : null;
    }

    /** 02 or 03 for an even or odd y, x. */
    protected @Nullable Point compressed(byte[] data) {
        if (data.length != 33 || (data[0] != 2 && data[0] != 3)) {
            return null;
        }
        BigInteger x = unsigned(Arrays.copyOfRange(data, 1, 33));
        return new Point(x, ObviousCurve.y(x, data[0] == 3));
    }

    /** The one way to write it in DER, around either form of the point. */
    protected @Nullable Point spki(byte[] data) {
        if (startsWith(data, SPKI_65)) {
            return uncompressed(Arrays.copyOfRange(data, SPKI_65.length, data.length));
        }
        return startsWith(data, SPKI_33) ? compressed(Arrays.copyOfRange(data, SPKI_33.length, data.length)) : null;
    }

    /** One block PUBLIC KEY. */
    protected @Nullable Point pem(String text) {
        Matcher block = PEM.matcher(text);
        byte[] der = block.matches() ? base64(block.group(1).replaceAll("\\s", "")) : null;
        return der == null ? null : spki(der);
    }

    /** An object with kty EC, crv P-256, x, y, and no private part. */
    protected @Nullable Point jwk(String text) {
        JsonNode jwk;
        try {
            jwk = Json.parse(text);
        } catch (IllegalArgumentException notJson) {
            return null;
        }
        if (!jwk.path("kty").asText().equals("EC") || !isJwkCurve(jwk.path("crv")) || jwk.has("d")) {
            return null;
        }
        BigInteger x = jwkCoordinate(jwk.path("x").asText());
        BigInteger y = jwkCoordinate(jwk.path("y").asText());
        return x == null || y == null ? null : new Point(x, y);
    }

    /** P-256. */
    protected boolean isJwkCurve(JsonNode crv) {
        return crv.asText().equals("P-256");
    }

    /** 32 bytes in Base64url without padding, no spare bit set. */
    protected @Nullable BigInteger jwkCoordinate(String text) {
        if (!BASE64URL_32_BYTES.matcher(text).matches()) {
            return null;
        }
        byte[] bytes = Base64.getUrlDecoder().decode(text);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(text) ? unsigned(bytes) : null;
    }

    // Bytes.

    static BigInteger unsigned(byte[] bytes) {
        return new BigInteger(1, bytes);
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    /** 32 bytes, big-endian. */
    static String hex(BigInteger number) {
        return String.format("%064x", number);
    }

    private static String text(byte[] data) {
        return new String(data, StandardCharsets.UTF_8);
    }

    private static boolean startsWith(byte[] data, byte[] prefix) {
        return data.length >= prefix.length && Arrays.equals(data, 0, prefix.length, prefix, 0, prefix.length);
    }
}
