package dev.countersign.netty;

import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.TestKeys;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/** A request signed by the JDK's own provider, as text to be sent; Latin-1, one character for each byte. */
final class SignedRequest {
    static final String APP = "com.acme.app";
    static final String DEVICE = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    static final long KEY = 1;

    final String method;
    final String target;
    final String body;
    final Map<String, String> headers = new LinkedHashMap<>();

    SignedRequest(String method, String target, String body, long timestamp, long number) {
        this(method, target, target.split("\\?", 2)[0], body, timestamp, number);
    }

    /** @param number makes the nonce */
    SignedRequest(String method, String target, String signedPath, String body, long timestamp, long number) {
        this.method = method;
        this.target = target;
        this.body = body;
        headers.put("X-App-ID", APP);
        headers.put("X-Device-ID", DEVICE);
        headers.put("X-Synheart-Signature", sign(method + "\n" + signedPath + "\n" + timestamp + "\n", body));
        headers.put("X-Synheart-Timestamp", Long.toString(timestamp));
        headers.put("X-Synheart-Nonce", nonce(number));
        headers.put("X-Synheart-Sig-Version", "1");
    }

    static String nonce(long number) {
        return "00000000-0000-4000-8000-"
                + Long.toString(0x1000000000000L + number, 16).substring(1);
    }

    /** The six header lines. */
    String lines() {
        StringBuilder lines = new StringBuilder();
        headers.forEach(
                (name, value) -> lines.append(name).append(": ").append(value).append("\r\n"));
        return lines.toString();
    }

    /** The whole request with the length of its body. */
    String text() {
        return head("Content-Length: " + body.length() + "\r\n") + body;
    }

    /** The head with some more lines. */
    String head(String moreLines) {
        return method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + lines() + moreLines + "\r\n";
    }

    private static String sign(String head, String body) {
        return Base64.getEncoder().encodeToString(TestKeys.sign(KEY, RawHttp.latin1(head + body)));
    }
}
