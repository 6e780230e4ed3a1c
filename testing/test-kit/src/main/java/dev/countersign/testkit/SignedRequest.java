package dev.countersign.testkit;

import dev.countersign.api.RequestHead;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;

/**
 * A request that a {@link TestDevice} signed. Change a part, and get another request under the same signature: one that a verifier
 * has to reject, or not, as the protocol says.
 *
 * <pre>{@code
 * SignedRequest request = phone.sign("POST", "/v1/events", "{}");
 * SignedRequest tampered = request.withBody("{\"admin\":true}".getBytes(UTF_8));
 * RawHttp.Answer answer = RawHttp.exchange(port, tampered.toHttp());
 * }</pre>
 *
 * <p>Texts are Latin-1: one character for each byte. Immutable and thread-safe.
 */
public final class SignedRequest {
    private final String method;
    private final String target;
    private final List<Map.Entry<String, String>> headers;
    private final byte[] body;

    private SignedRequest(String method, String target, List<Map.Entry<String, String>> headers, byte[] body) {
        this.method = Objects.requireNonNull(method, "method");
        this.target = Objects.requireNonNull(target, "target");
        this.headers = List.copyOf(headers);
        this.body = body.clone();
    }

    static SignedRequest of(String method, String target, Map<String, String> headers, byte[] body) {
        return new SignedRequest(method, target, List.copyOf(headers.entrySet()), body);
    }

    /** The method. */
    public String method() {
        return method;
    }

    /** The target as it is sent, with its query. */
    public String target() {
        return target;
    }

    /** The header lines in their order, at first the six that are signed requests' own. Unmodifiable. */
    public List<Map.Entry<String, String>> headers() {
        return headers;
    }

    /**
     * The value of the first header line of a name.
     *
     * @throws NoSuchElementException if there is none
     */
    public String header(String name) {
        return headers.stream()
                .filter(line -> line.getKey().equals(name))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    /** The body; a copy. */
    public byte[] body() {
        return body.clone();
    }

    /** Method, target and header lines, as a verifier takes them. */
    public RequestHead head() {
        return RequestHead.of(method, target, headers);
    }

    /** The same request with another method. */
    public SignedRequest withMethod(String other) {
        return new SignedRequest(other, target, headers, body);
    }

    /** The same request to another target. */
    public SignedRequest withTarget(String other) {
        return new SignedRequest(method, other, headers, body);
    }

    /** The same request with another body. */
    public SignedRequest withBody(byte[] other) {
        return new SignedRequest(method, target, headers, other);
    }

    /** The same request with another value in each header line of that name; without such a line, nothing changes. */
    public SignedRequest withHeader(String name, String value) {
        List<Map.Entry<String, String>> changed = new ArrayList<>();
        for (Map.Entry<String, String> line : headers) {
            changed.add(line.getKey().equals(name) ? Map.entry(name, value) : line);
        }
        return new SignedRequest(method, target, changed, body);
    }

    /** The same request with one header line more, as the last one. */
    public SignedRequest addingHeader(String name, String value) {
        List<Map.Entry<String, String>> changed = new ArrayList<>(headers);
        changed.add(Map.entry(name, value));
        return new SignedRequest(method, target, changed, body);
    }

    /** The same request without the header lines of that name. */
    public SignedRequest withoutHeader(String name) {
        List<Map.Entry<String, String>> changed = new ArrayList<>(headers);
        changed.removeIf(line -> line.getKey().equals(name));
        return new SignedRequest(method, target, changed, body);
    }

    /** The request as HTTP/1.1 with {@code Host} and {@code Content-Length}, for {@link RawHttp}. */
    public byte[] toHttp() {
        StringBuilder head = new StringBuilder();
        head.append(method).append(' ').append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
        for (Map.Entry<String, String> line : headers) {
            head.append(line.getKey()).append(": ").append(line.getValue()).append("\r\n");
        }
        head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        ByteArrayOutputStream http = new ByteArrayOutputStream();
        http.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        http.writeBytes(body);
        return http.toByteArray();
    }

    /** Shows method and target. */
    @Override
    public String toString() {
        return "SignedRequest[" + method + " " + target + "]";
    }
}
