package dev.countersign.tck.adapter;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A request on its way to bytes, signed unless it is said to be plain. Latin-1 throughout: one character for each byte. */
final class SignedExchange {
    final String method;
    final String target;
    final String body;
    final Map<String, String> headers;

    SignedExchange(TestScheme scheme, String method, String target, String signedPath, String body) {
        this.method = method;
        this.target = target;
        this.body = body;
        this.headers = scheme.sign(method, signedPath, body.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The path of a target. */
    static String path(String target) {
        String path = target;
        int authority = path.startsWith("/") ? -1 : path.indexOf("://");
        if (authority >= 0) {
            int slash = path.indexOf('/', authority + 3);
            int mark = path.indexOf('?', authority + 3);
            path = slash < 0 || (mark >= 0 && mark < slash) ? "/" : path.substring(slash);
        }
        int mark = path.indexOf('?');
        return mark < 0 ? path : path.substring(0, mark);
    }

    /** The signature's header lines. */
    String lines() {
        StringBuilder lines = new StringBuilder();
        headers.forEach(
                (name, value) -> lines.append(name).append(": ").append(value).append("\r\n"));
        return lines.toString();
    }

    /** The head with some more lines. */
    String head(String moreLines) {
        return method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + lines() + moreLines + "\r\n";
    }

    /** With its length, if there is a body. */
    String text() {
        return body.isEmpty() ? head("") : head("Content-Length: " + body.length() + "\r\n") + body;
    }

    /** In chunks of this many bytes. */
    String chunked(int size) {
        StringBuilder text = new StringBuilder(head("Transfer-Encoding: chunked\r\n"));
        for (int from = 0; from < body.length(); from += size) {
            String chunk = body.substring(from, Math.min(body.length(), from + size));
            text.append(Integer.toHexString(chunk.length()))
                    .append("\r\n")
                    .append(chunk)
                    .append("\r\n");
        }
        return text.append("0\r\n\r\n").toString();
    }

    /** A body that is in the form of chunks already. */
    String inChunks(String chunks) {
        return head("Transfer-Encoding: chunked\r\n") + chunks;
    }
}
