package dev.countersign.core.diagnosis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.core.step.SignedMessage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The forms in which explanations show and try things. */
class FormsTest {
    private static final String GENERATOR = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

    /** Computed with Python's hashlib, over the members in the order that RFC 7638 gives them. */
    @Test
    void aKeyIsNamedByItsThumbprint() {
        DevicePublicKey key = DevicePublicKey.ofPoint(HexFormat.of().parseHex(GENERATOR));
        assertEquals("xx0BcA-wMohw8atYDJOe6peGModklG2wRHBlXHMvl0M", Thumbprint.of(key));
    }

    @Test
    void whatIsNotPrintableIsEscapedAndWhatIsLongIsCut() {
        assertEquals(
                "a\\\\b\\n\\r\\t\\x1B\\xE9\\x7F\\u20AC ~", EscapedAscii.of("a\\b\n\r\t\u001B\u00E9\u007F\u20AC ~", 99));
        assertEquals("\\x00a...", EscapedAscii.of("\0ab", 2));
        assertEquals("ab", EscapedAscii.of("ab", 2));
    }

    @Property
    void escapedTextIsAsciiOfBoundedLength(@ForAll String text) {
        String escaped = EscapedAscii.of(text, 50);
        assertTrue(escaped.matches("[ -~]*"), escaped);
        assertTrue(escaped.length() <= 50 * 6 + 3);
    }

    @ParameterizedTest
    @CsvSource({
        "/a%2Fb,/a/b",
        "/%zz%4,/%zz%4",
        "/a%41%,/aA%",
        "/%c3%A9,/\u00C3\u00A9",
        "/%%41,/%A",
        "/%-1%+1,/%-1%+1",
        "/,/"
    })
    void escapesAreDecoded(String path, String decoded) {
        assertEquals(decoded, PathForms.decoded(path));
    }

    @ParameterizedTest
    @CsvSource({
        "//a///b,/a/b",
        "/a/./b/../c,/a/c",
        "/a/..,/",
        "/a/b/..,/a/",
        "/a/.,/a/",
        "/../../a,/a",
        "/a//,/a/",
        "/,/",
        "/..a/.b/c..,/..a/.b/c.."
    })
    void pathsAreNormalised(String path, String normalised) {
        assertEquals(normalised, PathForms.normalised(path));
    }

    @Test
    void otherFormsOfPaths() {
        assertEquals("/a/b", PathForms.withoutParameters("/a;x=1;y/b;z"));
        assertEquals("/b/c", PathForms.withoutFirstSegment("/a/b/c"));
        assertEquals("/a", PathForms.withoutFirstSegment("/a"));
        assertEquals("/a", PathForms.withOtherEnd("/a/"));
        assertEquals("/a/", PathForms.withOtherEnd("/a"));
        assertEquals("//", PathForms.withOtherEnd("/"));
    }

    @Provide
    Arbitrary<byte[]> bodies() {
        Arbitrary<Byte> bytes = Arbitraries.oneOf(
                Arbitraries.bytes(),
                Arbitraries.of(
                        (byte) 0xC3, (byte) 0xA9, (byte) 0xF0, (byte) 0x9F, (byte) 0x98, (byte) 0xED, (byte) 0x80));
        return bytes.array(byte[].class).ofMaxSize(3000);
    }

    /** In chunks of any size, it is what Java makes of the whole. */
    @Property(tries = 300)
    void aBodyReadAsTextIsHashedAsJavaWritesIt(@ForAll("bodies") byte[] body, @ForAll int seed) {
        Utf8Body text = new Utf8Body(SignedMessage.newSha256());
        ByteBuffer all = ByteBuffer.wrap(body);
        java.util.Random random = new java.util.Random(seed);
        while (all.hasRemaining()) {
            int length = Math.min(all.remaining(), 1 + random.nextInt(700));
            text.update(all.slice(all.position(), length));
            all.position(all.position() + length);
        }
        byte[] asText = new String(body, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
        assertArrayEquals(Sha256.of(asText), text.digest());
    }

    @Property
    void base64IsReadLeniently(@ForAll byte[] bytes) {
        String text = Base64.getEncoder().encodeToString(bytes);
        assertArrayEquals(bytes, LenientBase64.decode(text));
        assertArrayEquals(bytes, LenientBase64.decode(text.replace("=", "")));
        assertArrayEquals(bytes, LenientBase64.decode(Base64.getMimeEncoder().encodeToString(bytes)));
        assertArrayEquals(bytes, LenientBase64.decode(Base64.getUrlEncoder().encodeToString(bytes)));
        assertNull(LenientBase64.decode(text + "!"));
    }

    @Property
    void noTextOfASignatureIsTooStrange(@ForAll String text) {
        SignatureForm.causes(text).forEach(cause -> assertTrue(cause.sentence().matches("[ -~]+"), cause.sentence()));
    }

    @Property
    void noBytesOfASignatureAreTooStrange(@ForAll byte[] bytes) {
        assertEquals(
                1,
                SignatureForm.causes(Base64.getEncoder().encodeToString(bytes)).size());
        bytes = prefixed(bytes);
        assertEquals(
                1,
                SignatureForm.causes(Base64.getEncoder().encodeToString(bytes)).size());
    }

    /** As far as its length goes, a SEQUENCE. */
    private static byte[] prefixed(byte[] bytes) {
        int length = Math.min(bytes.length, 90);
        byte[] sequence = new byte[length + 2];
        System.arraycopy(bytes, 0, sequence, 2, length);
        sequence[0] = 0x30;
        sequence[1] = (byte) length;
        if (length > 1) {
            sequence[2] = 2;
        }
        return sequence;
    }
}
