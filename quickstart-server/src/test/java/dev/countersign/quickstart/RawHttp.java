package dev.countersign.quickstart;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An HTTP/1.1 client that sends the bytes it is given: no client library would send most of what is tested here. */
final class RawHttp implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;

    RawHttp(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** An answer: status, header lines in order with names in lower case, body with one character for each byte. */
    record Answer(int status, List<Map.Entry<String, String>> headers, String body) {
        String header(String name) {
            List<String> values = headers(name);
            return values.isEmpty() ? "" : values.get(0);
        }

        List<String> headers(String name) {
            return headers.stream()
                    .filter(line -> line.getKey().equals(name.toLowerCase(Locale.ROOT)))
                    .map(Map.Entry::getValue)
                    .toList();
        }

        String text() {
            return new String(latin1(body), StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return status + " " + headers + " " + text();
        }
    }

    /** Sends one request on a connection of its own and reads the answer. */
    static Answer exchange(int port, String request) throws IOException {
        return exchange(port, latin1(request));
    }

    static Answer exchange(int port, byte[] request) throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            http.send(request);
            return http.read();
        }
    }

    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    RawHttp send(String latin1) throws IOException {
        return send(latin1(latin1));
    }

    RawHttp send(byte[] bytes) throws IOException {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (SocketException closed) {
            // The server has answered and closed while we were sending; the answer is still to be read.
        }
        return this;
    }

    /** Reads the next answer; interim ones are answers too. */
    Answer read() throws IOException {
        return read(false);
    }

    Answer read(boolean toHead) throws IOException {
        String statusLine = line();
        int status = Integer.parseInt(statusLine.split(" ", 3)[1]);
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

    private byte[] body(Answer head) throws IOException {
        if (head.header("transfer-encoding").equals("chunked")) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
                body.write(in.readNBytes(size));
                line();
            }
            line();
            return body.toByteArray();
        }
        String length = head.header("content-length");
        return length.isEmpty() ? in.readAllBytes() : in.readNBytes(Integer.parseInt(length));
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
