package dev.countersign.conformance.server;

import dev.countersign.conformance.runner.Shown;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads one answer of HTTP/1.1, strictly, and never more than a bounded number of bytes. */
final class AnswerReader {
    static final int MAX_HEAD_BYTES = 64 * 1024;
    static final int MAX_BODY_BYTES = 1024 * 1024;
    private static final int MAX_INTERIM = 16;

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2})(?: .*)?", Pattern.DOTALL);
    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,9}");
    private static final Pattern CHUNK = Pattern.compile("([0-9A-Fa-f]{1,7})[ \\t]*(?:;.*)?");
    private static final int SWITCHING_PROTOCOLS = 101;
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;

    private final InputStream in;
    private int headBytes;

    AnswerReader(InputStream in) {
        this.in = in;
    }

    /**
     * The next final answer; interim ones are passed over.
     *
     * @param withoutBody whether the request is one that is answered without a body
     * @throws MalformedAnswerException if it is none
     */
    HttpAnswer read(boolean withoutBody) throws IOException {
        for (int i = 0; i < MAX_INTERIM; i++) {
            headBytes = 0;
            int status = status();
            List<HttpAnswer.Line> lines = headers();
            if (status == SWITCHING_PROTOCOLS) {
                throw new MalformedAnswerException("the server switches to another protocol, unasked");
            }
            if (status >= 200) {
                boolean none = withoutBody || status == NO_CONTENT || status == NOT_MODIFIED;
                return HttpAnswer.of(status, lines, none ? Optional.empty() : Optional.of(body(lines)));
            }
        }
        throw new MalformedAnswerException("more than " + MAX_INTERIM + " interim answers and no final one");
    }

    private int status() throws IOException {
        String line = line("the server closed the connection without an answer");
        Matcher matcher = STATUS_LINE.matcher(line);
        if (!matcher.matches()) {
            throw new MalformedAnswerException("the answer is not HTTP/1.1; it starts with: " + Shown.excerpt(line));
        }
        return Integer.parseInt(matcher.group(1));
    }

    private List<HttpAnswer.Line> headers() throws IOException {
        List<HttpAnswer.Line> lines = new ArrayList<>();
        String cut = "the server closed the connection in the head of its answer";
        for (String line = line(cut); !line.isEmpty(); line = line(cut)) {
            int colon = line.indexOf(':');
            if (colon < 0
                    || !Fields.isToken(line.substring(0, colon))
                    || Fields.hasControlCharacter(line.substring(colon + 1))) {
                throw new MalformedAnswerException("the answer has a line that is no header: " + Shown.excerpt(line));
            }
            lines.add(new HttpAnswer.Line(line.substring(0, colon), Fields.trimmed(line.substring(colon + 1))));
        }
        return lines;
    }

    private byte[] body(List<HttpAnswer.Line> lines) throws IOException {
        List<String> codings = values(lines, "transfer-encoding");
        List<String> lengths = values(lines, "content-length");
        if (!codings.isEmpty()) {
            if (!lengths.isEmpty()) {
                throw new MalformedAnswerException("the answer has both Transfer-Encoding and Content-Length");
            }
            if (codings.size() != 1 || !codings.get(0).equalsIgnoreCase("chunked")) {
                throw new MalformedAnswerException(
                        "the answer has the transfer coding " + Shown.excerpt(codings.toString()));
            }
            return chunks();
        }
        if (!lengths.isEmpty()) {
            if (lengths.size() != 1 || !LENGTH.matcher(lengths.get(0)).matches()) {
                throw new MalformedAnswerException(
                        "the answer has the Content-Length " + Shown.excerpt(lengths.toString()));
            }
            return bytes(Integer.parseInt(lengths.get(0)), 0);
        }
        byte[] rest = in.readNBytes(MAX_BODY_BYTES + 1);
        checkLength(rest.length);
        return rest;
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        String cut = "the server closed the connection between two chunks";
        while (true) {
            headBytes = 0;
            Matcher matcher = CHUNK.matcher(line(cut));
            if (!matcher.matches()) {
                throw new MalformedAnswerException("a chunk of the answer has no length");
            }
            int length = Integer.parseInt(matcher.group(1), 16);
            if (length == 0) {
                headers(); // the trailers
                return all.toByteArray();
            }
            all.writeBytes(bytes(length, all.size()));
            if (!line(cut).isEmpty()) {
                throw new MalformedAnswerException("a chunk of the answer is longer than it says");
            }
        }
    }

    private byte[] bytes(int length, int before) throws IOException {
        checkLength((long) length + before);
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new MalformedAnswerException("the server closed the connection in the body of its answer");
        }
        return bytes;
    }

    private static void checkLength(long length) throws MalformedAnswerException {
        if (length > MAX_BODY_BYTES) {
            throw new MalformedAnswerException("the body of the answer is longer than " + MAX_BODY_BYTES + " bytes");
        }
    }

    private static List<String> values(List<HttpAnswer.Line> lines, String name) {
        return lines.stream()
                .filter(line -> line.name().equalsIgnoreCase(name)) // both are tokens, ASCII only
                .map(HttpAnswer.Line::value)
                .toList();
    }

    /** A line, without the CR LF that ends it. */
    private String line(String ifCut) throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int next = in.read();
            if (next < 0) {
                throw new MalformedAnswerException(ifCut);
            }
            if (++headBytes > MAX_HEAD_BYTES) {
                throw new MalformedAnswerException(
                        "the head of the answer is longer than " + MAX_HEAD_BYTES + " bytes");
            }
            if (next == '\n') {
                int last = line.length() - 1;
                if (last < 0 || line.charAt(last) != '\r') {
                    throw new MalformedAnswerException(
                            "a line of the answer does not end in CR LF: " + Shown.excerpt(line.toString()));
                }
                line.setLength(last);
                return line.toString();
            }
            line.append((char) next);
        }
    }
}
