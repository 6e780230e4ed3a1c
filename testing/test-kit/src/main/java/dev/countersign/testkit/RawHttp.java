package dev.countersign.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An HTTP/1.1 client for tests of adapters and servers: it sends the bytes it is given to a port of the loopback
 * address, where a client library would correct or refuse most of what is worth testing. A read waits for 20 s at most.
 * For one thread.
 *
 * <pre>{@code
 * RawHttp.Answer answer = RawHttp.exchange(port, "GET /%2e%2e/admin HTTP/1.1\r\nHost: localhost\r\n\r\n");
 * assertEquals(401, answer.status());
 * }</pre>
 */
public final class RawHttp implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;

    /** Connects. */
    public RawHttp(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /**
     * An answer.
     *
     * @param status of the status line
     * @param headers the header lines in order, their names in lower case
     * @param body one character for each byte
     */
    public record Answer(int status, List<Map.Entry<String, String>> headers, String body) {
        /** The first value of a header, or the empty string. */
        public String header(String name) {
            List<String> values = headers(name);
            return values.isEmpty() ? "" : values.get(0);
        }

        /** All values of a header. */
        public List<String> headers(String name) {
            return headers.stream()
                    .filter(line -> line.getKey().equals(name.toLowerCase(Locale.ROOT)))
                    .map(Map.Entry::getValue)
                    .toList();
        }

        /** The body read as UTF-8. */
        public String text() {
            return new String(latin1(body), StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return status + " " + headers + " " + text();
        }
    }

    /** Sends one request on a connection of its own and reads the answer. */
    public static Answer exchange(int port, String request) throws IOException {
        return exchange(port, latin1(request));
    }

    /** Sends one request on a connection of its own and reads the answer. */
    public static Answer exchange(int port, byte[] request) throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            http.send(request);
            return http.read();
        }
    }

    /** One byte for each character. */
    public static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Sends one byte for each character. */
    public RawHttp send(String latin1) throws IOException {
        return send(latin1(latin1));
    }

    /** Sends bytes. A server that has answered and closed meanwhile is no error: the answer is still to be read. */
    public RawHttp send(byte[] bytes) throws IOException {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (SocketException closed) {
            return this;
        }
        return this;
    }

    /** Says that nothing more will be sent, and still listens. */
    public RawHttp endOfInput() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Closes with a reset, as a client does that is gone. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Whether something has come that was not read yet; does not wait. */
    public boolean hasAnswer() throws IOException {
        return in.available() > 0;
    }

    /** Reads the next answer; interim ones are answers too. */
    public Answer read() throws IOException {
        return read(false);
    }

    /**
     * Reads the next answer.
     *
     * @param toHead whether the request was a HEAD, so that no body follows
     */
    public Answer read(boolean toHead) throws IOException {
        String statusLine = line();
        int status = number(statusLine.split(" ", 3)[1], 10);
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.add(Map.entry(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip()));
        }
        Answer head = new Answer(status, headers, "");
        if (toHead || status < 200 || status == 204 || status == 304) {
            return head;
        }
        return new Answer(status, headers, new String(body(head), StandardCharsets.ISO_8859_1));
    }

    /** Whether the server has ended the connection; waits for it. */
    public boolean isClosedByServer() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }

    private byte[] body(Answer head) throws IOException {
        if (head.header("transfer-encoding").equals("chunked")) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (int size = number(line(), 16); size > 0; size = number(line(), 16)) {
                body.write(in.readNBytes(size));
                line();
            }
            line();
            return body.toByteArray();
        }
        String length = head.header("content-length");
        return length.isEmpty() ? in.readAllBytes() : in.readNBytes(number(length, 10));
    }

    private static int number(String text, int radix) {
        return new BigInteger(text, radix).intValueExact();
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the server closed without an answer, after: " + line);
            }
            line.append((char) b);
        }
        return line.toString().strip();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
