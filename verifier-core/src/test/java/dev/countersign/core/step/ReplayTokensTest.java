package dev.countersign.core.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.testkit.TestKeys;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The tokens' form is shared by all nodes and versions: these values must not change. */
class ReplayTokensTest {
    private static final String NONCE = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";

    @Test
    void theFormOfTheNonceToken() throws NoSuchAlgorithmException {
        DeviceIdentity device = new DeviceIdentity("app", "device-1");
        byte[] expected = MessageDigest.getInstance("SHA-256")
                .digest(("countersign/1/nonce\n\u0003app\u0008device-1"
                                + new String(
                                        HexFormat.of().parseHex(NONCE.replace("-", "")), StandardCharsets.ISO_8859_1))
                        .getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(ReplayToken.ofHash(expected), ClaimNonce.nonceToken(device, NONCE));
    }

    @Test
    void theFormOfTheSignatureToken() throws NoSuchAlgorithmException {
        byte[] signature = new byte[64];
        signature[31] = 7;
        signature[63] = 9;
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        byte[] key = sha256.digest(TestKeys.publicKey(1).toPoint());
        sha256.update("countersign/1/signature\n".getBytes(StandardCharsets.US_ASCII));
        sha256.update(key);
        sha256.update(signature, 0, 32);
        ReplayToken expected = ReplayToken.ofHash(sha256.digest());
        assertEquals(expected, ClaimNonce.signatureToken(TestKeys.publicKey(1), signature));
        signature[63] = 1;
        assertEquals(expected, ClaimNonce.signatureToken(TestKeys.publicKey(1), signature), "s plays no part");
        signature[0] = 1;
        assertNotEquals(expected, ClaimNonce.signatureToken(TestKeys.publicKey(1), signature));
        assertNotEquals(expected, ClaimNonce.signatureToken(TestKeys.publicKey(2), signature));
    }

    @Property
    void idsCannotBeShiftedAgainstEachOther(@ForAll byte cut) {
        String joined = "abcdefghijklmnop";
        int first = 1 + Math.floorMod(cut, joined.length() - 2);
        ReplayToken token =
                ClaimNonce.nonceToken(new DeviceIdentity(joined.substring(0, first), joined.substring(first)), NONCE);
        ReplayToken shifted = ClaimNonce.nonceToken(
                new DeviceIdentity(joined.substring(0, first + 1), joined.substring(first + 1)), NONCE);
        assertNotEquals(token, shifted);
    }
}
