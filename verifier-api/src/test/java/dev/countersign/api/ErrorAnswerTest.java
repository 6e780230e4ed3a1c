package dev.countersign.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.verifier.ForVerifiers;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorAnswerTest {
    private static final long SERVER_TIME = 1_700_000_123L;

    @ParameterizedTest
    @CsvSource({
        "MISSING_HEADER, 400, INVALID_REQUEST",
        "MALFORMED_HEADER, 400, INVALID_REQUEST",
        "MALFORMED_TARGET, 400, INVALID_REQUEST",
        "UNSUPPORTED_VERSION, 400, UNSUPPORTED_VERSION",
        "QUERY_NOT_ALLOWED, 400, QUERY_NOT_ALLOWED",
        "CLOCK_SKEW, 401, CLOCK_SKEW",
        "NONCE_REPLAY, 401, NONCE_REPLAY",
        "SIGNATURE_REPLAY, 401, NONCE_REPLAY",
        "UNKNOWN_DEVICE, 401, INVALID_SIGNATURE",
        "INVALID_SIGNATURE, 401, INVALID_SIGNATURE",
        "KEY_INVALIDATED, 401, KEY_INVALIDATED",
        "DEVICE_REVOKED, 401, DEVICE_REVOKED",
        "BODY_TOO_LARGE, 413, BODY_TOO_LARGE",
        "DEVICE_PENDING, 503, TEMPORARILY_UNAVAILABLE",
        "STORE_UNAVAILABLE, 503, TEMPORARILY_UNAVAILABLE",
        "STORE_FULL, 503, TEMPORARILY_UNAVAILABLE",
        "NOT_WATCHING_YET, 503, TEMPORARILY_UNAVAILABLE",
        "CANCELLED, 503, TEMPORARILY_UNAVAILABLE",
        "INTERNAL, 503, TEMPORARILY_UNAVAILABLE"
    })
    void everyReasonHasItsStatusAndCode(RejectionReason reason, int status, String code) {
        assertEquals(status, reason.status());
        assertEquals(code, reason.publicCode().name());
        assertEquals(status, answer(reason).status());
        assertEquals(code, answer(reason).headers().get("x-synheart-error"));
    }

    @ParameterizedTest
    @EnumSource(RejectionReason.class)
    void headersAreThoseThatClientsActOn(RejectionReason reason) {
        Map<String, String> expected = new LinkedHashMap<>();
        expected.put("Content-Type", "application/json");
        expected.put("Cache-Control", "no-store");
        expected.put("x-synheart-error", reason.publicCode().name());
        if (reason.status() == 401) {
            expected.put("WWW-Authenticate", "Synheart-Signature version=\"1\"");
        }
        if (reason.status() == 503) {
            expected.put("Retry-After", "7");
        }
        if (reason == RejectionReason.CLOCK_SKEW) {
            expected.put("x-server-timestamp", "1700000123");
        }
        Map<String, String> headers = answer(reason).headers();
        assertEquals(expected, headers);
        assertEquals(new ArrayList<>(expected.keySet()), new ArrayList<>(headers.keySet()));
        assertThrows(UnsupportedOperationException.class, () -> headers.remove("Content-Type"));
    }

    @ParameterizedTest
    @EnumSource(RejectionReason.class)
    void theBodyHasTheMembersThatClientsRead(RejectionReason reason) {
        ErrorAnswer answer = answer(reason);
        String code = reason.publicCode().name();
        String message = reason.publicCode().message();

        Map<String, Object> expected = new LinkedHashMap<>();
        expected.put("status", "error");
        expected.put("code", code);
        expected.put("message", message);
        expected.put("error_code", code);
        expected.put("error_description", message);
        expected.put("error", Map.of("code", code, "message", message));
        if (reason.status() == 503) {
            expected.put("retry_after", 7L);
        }
        if (reason == RejectionReason.CLOCK_SKEW) {
            expected.put("server_timestamp", SERVER_TIME);
        }
        assertEquals(expected, new TinyJson(new String(answer.body(), StandardCharsets.US_ASCII)).whole());
    }

    @Test
    void theCodeTellsLessThanTheReason() {
        assertArrayEquals(
                answer(RejectionReason.UNKNOWN_DEVICE).body(),
                answer(RejectionReason.INVALID_SIGNATURE).body());
        assertArrayEquals(
                answer(RejectionReason.SIGNATURE_REPLAY).body(),
                answer(RejectionReason.NONCE_REPLAY).body());
        for (RejectionReason reason : RejectionReason.values()) {
            if (!reason.name().equals(reason.publicCode().name())) {
                assertFalse(new String(answer(reason).body(), StandardCharsets.US_ASCII).contains(reason.name()));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(PublicCode.class)
    void messagesNeedNoEscape(PublicCode code) {
        assertTrue(code.message().matches("[A-Za-z ,.-]+"), code.message());
        assertTrue(code.name().matches("[A-Z_]+"));
    }

    @Test
    void theBodyIsACopyOrReadOnly() {
        ErrorAnswer answer = answer(RejectionReason.CLOCK_SKEW);
        byte[] before = answer.body();
        Arrays.fill(answer.body(), (byte) 0);
        assertThrows(ReadOnlyBufferException.class, () -> answer.bodyBuffer().put((byte) 0));
        assertEquals(before.length, answer.bodyBuffer().remaining());
        answer.bodyBuffer().get(new byte[3]);
        byte[] again = new byte[before.length];
        answer.bodyBuffer().get(again);
        assertArrayEquals(before, again);
        assertArrayEquals(before, answer.body());
        assertEquals("ErrorAnswer[401 CLOCK_SKEW]", answer.toString());
    }

    @Test
    void aRejectionChecksWhenToComeBack() {
        for (RejectionReason reason : RejectionReason.values()) {
            for (int seconds : new int[] {Integer.MIN_VALUE, -1, 0, 1, Integer.MAX_VALUE}) {
                boolean fits = reason.status() == 503 ? seconds >= 1 : seconds == 0;
                if (fits) {
                    assertEquals(
                            seconds,
                            rejected(reason, seconds)
                                    .retryAfter()
                                    .map(Duration::toSeconds)
                                    .orElse(0L));
                } else {
                    assertThrows(IllegalArgumentException.class, () -> rejected(reason, seconds));
                }
            }
        }
        assertEquals(
                "2147483647",
                rejected(RejectionReason.INTERNAL, Integer.MAX_VALUE)
                        .answer()
                        .headers()
                        .get("Retry-After"));
    }

    private static ErrorAnswer answer(RejectionReason reason) {
        return rejected(reason, reason.status() == 503 ? 7 : 0).answer();
    }

    private static Rejected rejected(RejectionReason reason, int retryAfterSeconds) {
        return Rejected.builder(reason, SERVER_TIME, ForVerifiers.ONLY)
                .retryAfterSeconds(retryAfterSeconds)
                .build();
    }

    @Test
    void whoCannotDecideAnswersAsAVerifierWhoseStoreIsAway() {
        ErrorAnswer answer = ErrorAnswer.temporarilyUnavailable();
        ErrorAnswer verifiers = rejected(RejectionReason.STORE_UNAVAILABLE, 1).answer();
        assertEquals(503, answer.status());
        assertEquals(verifiers.headers(), answer.headers());
        assertArrayEquals(verifiers.body(), answer.body());
    }

    @Test
    void whoHasNoRoomAnswersAsAVerifierWithALimit() {
        ErrorAnswer answer = ErrorAnswer.bodyTooLarge();
        ErrorAnswer verifiers = rejected(RejectionReason.BODY_TOO_LARGE, 0).answer();
        assertEquals(413, answer.status());
        assertEquals(verifiers.headers(), answer.headers());
        assertArrayEquals(verifiers.body(), answer.body());
    }

    /** Reads objects of strings, whole numbers and objects, with no space and no escape; nothing else. */
    private static final class TinyJson {
        private final String text;
        private int at;

        TinyJson(String text) {
            this.text = text;
        }

        Map<String, Object> whole() {
            Map<String, Object> object = object();
            assertEquals(text.length(), at);
            return object;
        }

        private Map<String, Object> object() {
            Map<String, Object> members = new LinkedHashMap<>();
            expect('{');
            do {
                String name = string();
                expect(':');
                assertFalse(members.containsKey(name), name);
                members.put(name, value());
            } while (skip(','));
            expect('}');
            return members;
        }

        private Object value() {
            return switch (text.charAt(at)) {
                case '{' -> object();
                case '"' -> string();
                default -> number();
            };
        }

        private Long number() {
            int from = at;
            while (Character.isDigit(text.charAt(at))) {
                at++;
            }
            return Long.valueOf(text.substring(from, at));
        }

        private String string() {
            expect('"');
            int end = text.indexOf('"', at);
            String value = text.substring(at, end);
            assertFalse(value.contains("\\"));
            at = end + 1;
            return value;
        }

        private boolean skip(char c) {
            if (text.charAt(at) != c) {
                return false;
            }
            at++;
            return true;
        }

        private void expect(char c) {
            assertTrue(skip(c), () -> "expected " + c + " at " + List.of(at, text));
        }
    }

    /** Some HTTP clients send the same bytes again, at once and unasked, when they read {@code Retry-After: 0}. */
    @ParameterizedTest
    @EnumSource(RejectionReason.class)
    void noAnswerInvitesToSendTheSameBytesAgainAtOnce(RejectionReason reason) {
        for (int seconds : new int[] {Integer.MIN_VALUE, -1, 0}) {
            if (reason.status() == 503) {
                assertThrows(IllegalArgumentException.class, () -> rejected(reason, seconds));
                assertThrows(
                        IllegalArgumentException.class,
                        () -> ErrorAnswer.of(reason.publicCode(), SERVER_TIME, seconds));
            } else {
                assertFalse(ErrorAnswer.of(reason.publicCode(), SERVER_TIME, seconds)
                        .headers()
                        .containsKey("Retry-After"));
            }
        }
        assertFalse(reason.status() == 408, "which is sent again at once, too");
    }
}
