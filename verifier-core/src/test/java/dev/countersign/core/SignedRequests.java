package dev.countersign.core;

import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.testkit.TestKeys;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Makes signed requests with the JDK's provider, message and headers put together here once more by hand. */
final class SignedRequests {
    static final String APP = "com.acme.app";
    static final String DEVICE = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    static final String NONCE = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";

    /** The six headers, in the order in which they are judged. */
    static final List<String> NAMES = List.of(
            SignedHeaders.SIG_VERSION,
            SignedHeaders.APP_ID,
            SignedHeaders.DEVICE_ID,
            SignedHeaders.SIGNATURE,
            SignedHeaders.TIMESTAMP,
            SignedHeaders.NONCE);

    private SignedRequests() {}

    /** A request on its way: change a part and get another one. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Draft(String method, String target, List<Map.Entry<String, String>> headers, byte[] body) {
        RequestHead head() {
            return RequestHead.of(method, target, headers);
        }

        Draft with(String header, String value) {
            List<Map.Entry<String, String>> changed = new ArrayList<>();
            for (Map.Entry<String, String> line : headers) {
                changed.add(line.getKey().equals(header) ? Map.entry(header, value) : line);
            }
            return new Draft(method, target, changed, body);
        }

        Draft without(String header) {
            return new Draft(
                    method,
                    target,
                    headers.stream()
                            .filter(line -> !line.getKey().equals(header))
                            .toList(),
                    body);
        }

        Draft adding(String header, String value) {
            List<Map.Entry<String, String>> changed = new ArrayList<>(headers);
            changed.add(Map.entry(header, value));
            return new Draft(method, target, changed, body);
        }

        Draft withMethod(String value) {
            return new Draft(value, target, headers, body);
        }

        Draft withTarget(String value) {
            return new Draft(method, value, headers, body);
        }

        Draft withBody(byte[] value) {
            return new Draft(method, target, headers, value);
        }

        String header(String name) {
            return headers.stream()
                    .filter(line -> line.getKey().equals(name))
                    .findFirst()
                    .orElseThrow()
                    .getValue();
        }
    }

    /** A good request of the device, signed with the numbered test key for its path as it stands. */
    static Draft good(long keySeed, long timestamp, String nonce) {
        return signed(
                keySeed, "POST", "/v1/events", "/v1/events", timestamp, nonce, "{}".getBytes(StandardCharsets.UTF_8));
    }

    static Draft signed(
            long keySeed, String method, String target, String signedPath, long timestamp, String nonce, byte[] body) {
        String text = Long.toString(timestamp);
        byte[] der = sign(keySeed, message(method, signedPath, text, body));
        return new Draft(
                method,
                target,
                List.of(
                        Map.entry(SignedHeaders.APP_ID, APP),
                        Map.entry(SignedHeaders.DEVICE_ID, DEVICE),
                        Map.entry(SignedHeaders.SIGNATURE, Base64.getEncoder().encodeToString(der)),
                        Map.entry(SignedHeaders.TIMESTAMP, text),
                        Map.entry(SignedHeaders.NONCE, nonce),
                        Map.entry(SignedHeaders.SIG_VERSION, "1")),
                body);
    }

    static byte[] message(String method, String path, String timestamp, byte[] body) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(method.getBytes(StandardCharsets.ISO_8859_1));
        message.write(0x0A);
        message.writeBytes(path.getBytes(StandardCharsets.ISO_8859_1));
        message.write(0x0A);
        message.writeBytes(timestamp.getBytes(StandardCharsets.ISO_8859_1));
        message.write(0x0A);
        message.writeBytes(body);
        return message.toByteArray();
    }

    /** A DER signature. */
    static byte[] sign(long keySeed, byte[] message) {
        return TestKeys.sign(keySeed, message);
    }

    /** The i-th of many nonces. */
    static String nonce(int i) {
        return String.format("%08x-0000-4000-8000-%012x", i, (long) i * 7919);
    }
}
