package dev.countersign.conformance.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.suite.Hex;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request as bytes for a connection.
 *
 * @param method as on the wire
 * @param target as on the wire
 * @param headers those of the case, without the ones that HTTP needs
 * @param body what follows
 */
record LiveRequest(String method, String target, List<Header> headers, Body body) {
    private static final Pattern ABSOLUTE_FORM =
            Pattern.compile("(?i)https?://([0-9a-z.:\\[\\]-]+)(?:[/?].*)?", Pattern.DOTALL);

    /** They say where a request ends or what becomes of the connection; their values are ours. */
    private static final Set<String> FRAMING = Set.of(
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "keep-alive",
            "te",
            "trailer",
            "upgrade",
            "expect");

    private static final Set<String> USUAL_METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    private static final Pattern USUAL_TARGET =
            Pattern.compile("/(?:[0-9A-Za-z_~.-]+/)*[0-9A-Za-z_~.-]*" + "(?:\\?[0-9A-Za-z_~.=&%/?:@!$'()*+,;-]*)?");
    private static final Pattern DOT_SEGMENT = Pattern.compile("[^?]*/\\.{1,2}(?:[/?].*)?");
    private static final Pattern USUAL_VALUE = Pattern.compile("[ -~]{0,1024}");
    private static final int USUAL_TARGET_LENGTH = 1024;

    /** A header line. */
    record Header(String name, String value) {}

    LiveRequest {
        headers = List.copyOf(headers);
    }

    /** Of a request of the harness protocol. */
    static LiveRequest of(JsonNode request) {
        List<Header> headers = new ArrayList<>();
        request.path("headers")
                .forEach(line -> headers.add(
                        new Header(line.path(0).asText(), line.path(1).asText())));
        return new LiveRequest(
                request.path("method").asText(), request.path("target").asText(), headers, Body.of(request));
    }

    /** Why no client can send this request as the case has it; empty if it can. */
    Optional<String> cannotBeCarried() {
        if (!isOneLine(method) || !isOneLine(target)) {
            return Optional.of("HTTP cannot carry a line end in the request line");
        }
        if (!endsVisibly(method) || !endsVisibly(target)) {
            // A lenient parser takes any white space around them, and any amount of it, for the one space between.
            return Optional.of("HTTP cannot carry white space at the ends of method or target, or empty ones");
        }
        for (Header header : headers) {
            if (!Fields.isToken(header.name())) {
                return Optional.of("HTTP cannot carry a header name that is no token");
            }
            if (FRAMING.contains(header.name().toLowerCase(Locale.ROOT))) {
                return Optional.of("HTTP gives the header " + header.name() + " a meaning of its own");
            }
            String value = header.value();
            if (!value.equals(Fields.trimmed(value))) {
                return Optional.of("HTTP takes away white space around a header's value");
            }
            if (Fields.hasControlCharacter(value) || !isLatin1(value)) {
                return Optional.of("HTTP cannot carry control characters in a header's value");
            }
        }
        return Optional.empty();
    }

    /**
     * Whether servers are known to refuse such requests themselves, before anything behind them sees one: other methods
     * than the common ones, targets that are not plain paths, header values that are long or not visible ASCII.
     */
    boolean isUnusual() {
        return !USUAL_METHODS.contains(method)
                || target.length() > USUAL_TARGET_LENGTH
                || !USUAL_TARGET.matcher(target).matches()
                || DOT_SEGMENT.matcher(target).matches()
                || headers.stream()
                        .anyMatch(header -> !USUAL_VALUE.matcher(header.value()).matches());
    }

    /** Whether an answer to it has no body, whatever its headers say. */
    boolean isAnsweredWithoutBody() {
        return method.equals("HEAD");
    }

    /** All of it. */
    void write(OutputStream out, Endpoint endpoint) throws IOException {
        writeAllButLastByte(out, endpoint);
        writeLastByte(out);
    }

    /** All but the last byte: no server can judge it yet, nor ever claim anything for it. */
    void writeAllButLastByte(OutputStream out, Endpoint endpoint) throws IOException {
        byte[] head = head(endpoint);
        byte[] unit = Hex.parse(body.hex());
        if (unit.length == 0) {
            out.write(head, 0, head.length - 1);
        } else {
            out.write(head);
            for (int i = 1; i < body.count(); i++) {
                out.write(unit);
            }
            out.write(unit, 0, unit.length - 1);
        }
        out.flush();
    }

    void writeLastByte(OutputStream out) throws IOException {
        byte[] unit = Hex.parse(body.hex());
        out.write(unit.length == 0 ? '\n' : unit[unit.length - 1]);
        out.flush();
    }

    private byte[] head(Endpoint endpoint) {
        // A client sends the authority of an absolute-form target as Host, too; servers compare the two.
        Matcher absolute = ABSOLUTE_FORM.matcher(target);
        String host = absolute.matches() ? absolute.group(1) : endpoint.authority();
        StringBuilder head = new StringBuilder()
                .append(method)
                .append(' ')
                .append(target)
                .append(" HTTP/1.1\r\nHost: ")
                .append(host)
                .append("\r\nConnection: close\r\nContent-Length: ")
                .append((long) body.hex().length() / 2 * body.count())
                .append("\r\n");
        for (Header header : headers) {
            head.append(header.name()).append(": ").append(header.value()).append("\r\n");
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static boolean isOneLine(String text) {
        return isLatin1(text) && text.indexOf('\r') < 0 && text.indexOf('\n') < 0;
    }

    private static boolean endsVisibly(String text) {
        return !text.isEmpty() && !isBlank(text.charAt(0)) && !isBlank(text.charAt(text.length() - 1));
    }

    /** What RFC 9112 lets a server take for the space between the parts of a request line. */
    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\u000b' || c == '\f';
    }

    private static boolean isLatin1(String text) {
        return text.chars().allMatch(c -> c <= 0xFF);
    }
}
