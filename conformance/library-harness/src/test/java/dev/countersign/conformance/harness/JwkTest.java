package dev.countersign.conformance.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.InvalidPublicKeyException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class JwkTest {
    /** The generator of P-256. */
    private static final byte[] POINT = HexFormat.of()
            .parseHex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                    + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");

    private static final DevicePublicKey KEY = DevicePublicKey.ofPoint(POINT);
    private static final String X = base64Url(1);
    private static final String Y = base64Url(33);

    @Test
    void aJwkMayHaveOtherMembers() {
        for (String jwk : List.of(
                "{\"y\":\"" + Y + "\",\"x\":\"" + X + "\",\"crv\":\"P-256\",\"kty\":\"EC\"}",
                jwkWith("\"key_ops\":[\"verify\"],\"ext\":true"),
                jwkWith("\"kid\":\"\u00FC\\u0000\",\"x5c\":[\"MII=\",[{}]],\"n\":null,\"iat\":-1.5e3"),
                jwkWith("\"D\":\"x\",\"extra\":{\"d\":\"not this key's\"}"),
                "{\"\\u006bty\":\"\\u0045C\",\"crv\":\"P\\u002d256\",\"x\":\"" + X + "\",\"y\":\"" + Y + "\"}")) {
            assertEquals(KEY, Jwk.read(jwk));
        }
    }

    @Test
    void whatIsNoPublicP256JwkIsRefused() {
        for (String bad : List.of(
                "{}",
                "[]",
                "null",
                jwk(X, Y).replace("\"EC\"", "\"OKP\""),
                jwk(X, Y).replace("\"EC\"", "\"ec\""),
                jwk(X, Y).replace("\"EC\"", "[\"EC\"]"),
                jwk(X, Y).replace("P-256", "P-256K"),
                jwk(X, Y).replace("P-256", "secp256r1"),
                jwk(X, Y).replace("\"x\"", "\"X\""),
                jwk(X, Y).replace("\"" + X + "\"", "1"),
                jwk(X, Y).replace("\"" + X + "\"", "null"),
                jwk("", Y),
                jwk(X + "=", Y),
                jwk(X + "A", Y),
                jwk(" " + X, Y),
                jwk(X.substring(1), Y),
                jwk(Y, X),
                jwk(Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[33]), Y),
                jwkWith("\"x\":\"" + X + "\""),
                jwkWith("\"\\u0078\":\"" + X + "\""),
                jwk(X, Y) + jwk(X, Y),
                jwk(X, Y) + "x",
                jwkWith("\"a\":" + "[".repeat(20) + "]".repeat(20)),
                jwkWith("\"a\":" + "[".repeat(8000)),
                jwkWith("\"a\":\"" + "x".repeat(8192) + "\""),
                jwkWith("\"a\":\"\u0000\""))) {
            assertFalse(refusal(bad).contains(X.substring(0, 8)));
        }
    }

    @Test
    void aJwkWithAPrivatePartIsRefused() {
        for (String member : List.of("\"d\":\"AAAA\"", "\"d\":1", "\"d\":null", "\"\\u0064\":\"AAAA\"")) {
            assertTrue(refusal(jwkWith(member)).contains("private"));
        }
    }

    @Test
    void nestingHasAnEnd() {
        String deepest = "[".repeat(8) + "]".repeat(8);
        assertEquals(KEY, Jwk.read(jwkWith("\"a\":" + deepest)));
        assertTrue(refusal(jwkWith("\"a\":[" + deepest + "]")).contains("nested"));
    }

    private static String refusal(String jwk) {
        return String.valueOf(assertThrows(InvalidPublicKeyException.class, () -> Jwk.read(jwk))
                .getMessage());
    }

    private static String jwk(String x, String y) {
        return "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + x + "\",\"y\":\"" + y + "\"}";
    }

    private static String jwkWith(String member) {
        return jwk(X, Y).replaceFirst("}$", "") + "," + member + "}";
    }

    private static String base64Url(int from) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOfRange(POINT, from, from + 32));
    }
}
