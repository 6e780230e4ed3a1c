package dev.countersign.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.SignedHeaders;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceStatus;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

class TestDeviceTest {
    private static final long NOW = 1_800_000_000L;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final TestDevice phone = TestDevice.of("com.acme.app", 1, clock);

    @Test
    void aNumberIsOneDeviceWithOneKey() {
        TestDevice again = TestDevice.of("com.acme.app", 1, clock);
        assertEquals(new DeviceIdentity("com.acme.app", "00000000-0000-4000-8000-000000000001"), phone.identity());
        assertEquals(phone.identity(), again.identity());
        assertEquals(TestKeys.publicKey(1), phone.publicKey());
        TestDevice other = TestDevice.of("com.acme.app", -1, clock);
        assertNotEquals(phone.identity(), other.identity());
        assertTrue(other.identity().hasUuid());
        assertEquals(DeviceStatus.ACTIVE, phone.record().status());
        assertEquals(phone.publicKey(), phone.record().keys().get(0).publicKey());
    }

    @Test
    void thePathIsSignedWithoutItsQueryUnderTheClocksSecond() {
        SignedRequest request = phone.sign("POST", "/v1/events?page=2", "{}");
        assertEquals("/v1/events?page=2", request.target());
        assertEquals(Long.toString(NOW), request.header(SignedHeaders.TIMESTAMP));
        assertTrue(isSigned(phone, request, "/v1/events"));
        clock.advanceSeconds(7);
        assertEquals(Long.toString(NOW + 7), phone.sign("GET", "/").header(SignedHeaders.TIMESTAMP));
    }

    @Test
    void anotherPathCanBeSigned() {
        SignedRequest request = phone.sign("POST", "/ingest/v1/hsi", "/v1/hsi", new byte[] {1});
        assertEquals("/ingest/v1/hsi", request.target());
        assertTrue(isSigned(phone, request, "/v1/hsi"));
        assertFalse(isSigned(phone, request, "/ingest/v1/hsi"));
    }

    @Test
    void anotherKeySignsInTheSameName() {
        TestDevice rotated = phone.withKey(2);
        assertEquals(phone.identity(), rotated.identity());
        assertEquals(TestKeys.publicKey(2), rotated.publicKey());
        SignedRequest request = rotated.sign("GET", "/v1/x");
        assertTrue(isSigned(rotated, request, "/v1/x"));
        assertFalse(isSigned(phone, request, "/v1/x"));
    }

    @Test
    void eachRequestHasANonceOfItsOwn() {
        assertNotEquals(
                phone.sign("GET", "/").header(SignedHeaders.NONCE),
                phone.sign("GET", "/").header(SignedHeaders.NONCE));
    }

    @Test
    void aChangedPartLeavesTheOthersAndTheRequestItself() {
        SignedRequest request = phone.sign("POST", "/v1/x", "body");
        assertEquals("PUT", request.withMethod("PUT").method());
        assertEquals("/y", request.withTarget("/y").target());
        assertEquals("other", text(request.withBody("other".getBytes(StandardCharsets.UTF_8))));
        assertEquals("2", request.withHeader(SignedHeaders.SIG_VERSION, "2").header(SignedHeaders.SIG_VERSION));
        assertEquals(request.headers(), request.withHeader("X-None", "2").headers());
        SignedRequest without = request.withoutHeader(SignedHeaders.NONCE);
        assertEquals(5, without.headers().size());
        assertThrows(NoSuchElementException.class, () -> without.header(SignedHeaders.NONCE));
        SignedRequest twice = request.addingHeader(SignedHeaders.NONCE, "second");
        assertEquals(
                List.of(request.header(SignedHeaders.NONCE), "second"),
                twice.head().headers("x-synheart-nonce"));

        assertEquals("POST", request.method());
        assertEquals("/v1/x", request.target());
        assertEquals("body", text(request));
        assertEquals(6, request.headers().size());
        request.body()[0] = 0;
        assertEquals("body", text(request));
    }

    @Test
    void theTextIsOneRequestOfHttp() {
        SignedRequest request = phone.sign("POST", "/v1/x", new byte[] {(byte) 0xFF, 0});
        byte[] http = request.toHttp();
        String text = new String(http, StandardCharsets.ISO_8859_1);
        assertTrue(text.startsWith("POST /v1/x HTTP/1.1\r\nHost: localhost\r\nX-App-ID: com.acme.app\r\n"), text);
        assertTrue(text.endsWith("\r\nContent-Length: 2\r\n\r\n\u00ff\u0000"), text);
        assertArrayEquals(RawHttp.latin1(text), http);
    }

    @Test
    void whatIsPrintedGivesNothingAway() {
        SignedRequest request = phone.sign("POST", "/v1/x", "body");
        assertEquals("SignedRequest[POST /v1/x]", request.toString());
        assertFalse(phone.toString().contains(phone.identity().deviceId()), phone.toString());
    }

    private static String text(SignedRequest request) {
        return new String(request.body(), StandardCharsets.UTF_8);
    }

    private static boolean isSigned(TestDevice by, SignedRequest request, String path) {
        String message = request.method() + "\n" + path + "\n" + request.header(SignedHeaders.TIMESTAMP) + "\n"
                + new String(request.body(), StandardCharsets.ISO_8859_1);
        return by.publicKey()
                .verify(
                        message.getBytes(StandardCharsets.ISO_8859_1),
                        Base64.getDecoder().decode(request.header(SignedHeaders.SIGNATURE)));
    }
}
