package dev.countersign.quickstart;

import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.TestKeys;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** A device with a test key, with which the JDK's own provider signs. */
final class Device {
    /** Of a key on P-256, in front of its point. */
    private static final String SPKI_PREFIX = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

    private static final AtomicLong KEYS = new AtomicLong(1L << 32);

    final String app;
    final String id;

    private final long key;
    private final byte[] spki;

    /** With a key that no other device has. */
    Device(String app, String id) {
        this(app, id, KEYS.getAndIncrement());
    }

    /** With a key that every release's tests can make from its number. */
    Device(String app, String id, long testKey) {
        this.app = app;
        this.id = id;
        this.key = testKey;
        this.spki = HexFormat.of()
                .parseHex(SPKI_PREFIX
                        + HexFormat.of().formatHex(TestKeys.publicKey(testKey).toPoint()));
    }

    /** The same key as somebody else. */
    Device(String app, String id, Device keyOf) {
        this(app, id, keyOf.key);
    }

    String spki() {
        return Base64.getEncoder().encodeToString(spki);
    }

    String point() {
        return Base64.getEncoder().encodeToString(Arrays.copyOfRange(spki, spki.length - 65, spki.length));
    }

    /** As one line of JSON. */
    String pem() {
        return "-----BEGIN PUBLIC KEY-----\\n" + spki() + "\\n-----END PUBLIC KEY-----\\n";
    }

    String path() {
        return "/admin/v1/apps/" + app + "/devices/" + id;
    }

    String put(String key) {
        String body = "{\"public_key\":\"" + key + "\"}";
        return "PUT " + path() + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    String delete() {
        return "DELETE " + path() + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    String signed(String method, String target, String body, long timestamp) {
        return signed(method, target, target.split("\\?", 2)[0], body, timestamp);
    }

    /** The head of a POST that announces a body and does not send it; the signature is for an empty one. */
    String announcing(String target, long bytes, long timestamp) {
        return signed("POST", target, "", timestamp)
                .replace("Content-Length: 0\r\n", "Content-Length: " + bytes + "\r\n");
    }

    String signed(String method, String target, String signedPath, String body, long timestamp) {
        String message = method + "\n" + signedPath + "\n" + timestamp + "\n" + body;
        String signature = Base64.getEncoder().encodeToString(TestKeys.sign(key, RawHttp.latin1(message)));
        return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nX-App-ID: " + app + "\r\nX-Device-ID: " + id
                + "\r\nX-Synheart-Signature: " + signature + "\r\nX-Synheart-Timestamp: " + timestamp
                + "\r\nX-Synheart-Nonce: " + UUID.randomUUID() + "\r\nX-Synheart-Sig-Version: 1\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }
}
