package dev.countersign.conformance.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;

/** As much of an HTTP server as the tests need: reads a request, says what it is told to say, and closes. */
public final class LittleServer implements AutoCloseable {
    private final ServerSocket listening;
    private final Behaviour behaviour;
    private final AtomicInteger requests = new AtomicInteger();

    /** What it says. */
    @FunctionalInterface
    public interface Behaviour {
        /** The bytes of the answer, or none to close without one. */
        byte[] answer(Request request) throws IOException;
    }

    /**
     * A request as it came.
     *
     * @param headers in order
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Request(String method, String target, List<Map.Entry<String, String>> headers, byte[] body) {
        String header(String name) {
            return headers.stream()
                    .filter(line -> line.getKey().equalsIgnoreCase(name))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse("");
        }
    }

    private LittleServer(ServerSocket listening, Behaviour behaviour) {
        this.listening = listening;
        this.behaviour = behaviour;
    }

    public static LittleServer start(Behaviour behaviour) throws IOException {
        return start(ServerSocketFactory.getDefault(), behaviour);
    }

    static LittleServer start(ServerSocketFactory sockets, Behaviour behaviour) throws IOException {
        LittleServer server =
                new LittleServer(sockets.createServerSocket(0, 64, InetAddress.getLoopbackAddress()), behaviour);
        thread(server::accept);
        return server;
    }

    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] answer(int status, String headers, byte[] body) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(latin1("HTTP/1.1 " + status + " x\r\n" + headers + "Content-Length: " + body.length
                + "\r\nConnection: close\r\n\r\n"));
        all.writeBytes(body);
        return all.toByteArray();
    }

    public String url() {
        return "http://127.0.0.1:" + listening.getLocalPort();
    }

    int port() {
        return listening.getLocalPort();
    }

    /** How many it has read. */
    int requests() {
        return requests.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                thread(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The end of the test.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Request request = read(new BufferedInputStream(socket.getInputStream()));
            requests.incrementAndGet();
            OutputStream out = socket.getOutputStream();
            out.write(behaviour.answer(request));
            out.flush();
            socket.shutdownOutput();
        } catch (IOException gone) {
            // The client has seen enough.
        }
    }

    private static Request read(InputStream in) throws IOException {
        String[] first = line(in).split(" ", -1);
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.add(Map.entry(
                    line.substring(0, colon), line.substring(colon + 1).strip()));
        }
        String target = String.join(" ", List.of(first).subList(1, first.length - 1));
        Request head = new Request(first[0], target, headers, new byte[0]);
        String length = head.header("content-length");
        byte[] body = in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length));
        return new Request(first[0], target, headers, body);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new IOException("cut off after " + line.toString().toLowerCase(Locale.ROOT));
            }
            line.append((char) next);
        }
        return line.substring(0, line.length() - 1);
    }

    private static void thread(Runnable task) {
        Thread thread = new Thread(task, "little-server");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
