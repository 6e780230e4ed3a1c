package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.route.Routes;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.GoAwayFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On HTTP/2 an early answer needs no drain: it ends its stream, and the connection goes on with the others. */
@Timeout(120)
class Http2DrainTest {
    private static final int ANNOUNCED = 1 << 20;

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final AtomicLong bytesRead = new AtomicLong();

    /** A drain would wait a minute for a body of which nothing comes. */
    private final CountersignFilter filter = JettyServer.settings(
                    Routes.by(verifier).protectAllExcept())
            .drainLimits(DrainLimits.standard().withMaxTime(Duration.ofMinutes(1)))
            .build();

    private final CompletableFuture<String> connectionEnded = new CompletableFuture<>();
    private final HTTP2Client client = new HTTP2Client();
    private JettyServer server;
    private Session connection;

    @BeforeEach
    void connect() throws Exception {
        server = JettyServer.http2()
                .filter(filter, "/*", true)
                .servlet("/", (request, response) -> {
                    bytesRead.addAndGet(request.getInputStream().readAllBytes().length);
                    response.setStatus(200);
                })
                .start();
        client.start();
        connection = within(client.connect(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()), new Session.Listener() {
                    @Override
                    public void onGoAway(Session session, GoAwayFrame frame) {
                        connectionEnded.complete("GOAWAY");
                    }

                    @Override
                    public void onClose(Session session, GoAwayFrame frame, Callback callback) {
                        connectionEnded.complete("closed");
                        callback.succeeded();
                    }

                    @Override
                    public void onFailure(Session session, Throwable failure, Callback callback) {
                        connectionEnded.complete("failed");
                        callback.succeeded();
                    }
                }));
    }

    @AfterEach
    void stop() throws Exception {
        client.stop();
        server.close();
    }

    @Test
    void aStaleHeadIsAnsweredAtOnceAndItsStreamEndsAlone() throws Exception {
        Exchange before = new Exchange();
        ScriptedVerifier.Seen body = verifier.next();
        before.send(new byte[10], false);
        body.firstBytes.await();

        verifier.atHead = RejectionReason.CLOCK_SKEW;
        for (int i = 0; i < 20; i++) {
            Exchange stale = new Exchange();
            HeadersFrame head = within(stale.head);
            MetaData.Response response = (MetaData.Response) head.getMetaData();
            assertEquals(401, response.getStatus());
            assertEquals(
                    Long.toString(ScriptedVerifier.SERVER_TIME),
                    response.getHttpFields().get("x-server-timestamp"));
            assertNull(response.getHttpFields().get("connection"), "it would be malformed");
            assertTrue(within(stale.text).endsWith("}"));
            // After the whole answer, so that the client stops sending; Jetty says so by CANCEL.
            assertEquals(ErrorCode.CANCEL_STREAM_ERROR.code, within(stale.reset));
            assertEquals(0, filter.drainsRunning());
            assertEquals("", verifier.next().text(), "not a byte of the body was read");
        }

        verifier.atHead = null;
        before.send(new byte[ANNOUNCED - 10], true);
        assertEquals(200, ((MetaData.Response) within(before.head).getMetaData()).getStatus());
        assertEquals(ANNOUNCED, bytesRead.get());
        Exchange after = new Exchange();
        after.send(new byte[ANNOUNCED], true);
        assertEquals(200, ((MetaData.Response) within(after.head).getMetaData()).getStatus());
        assertEquals(2L * ANNOUNCED, bytesRead.get());
        assertFalse(connectionEnded.isDone(), () -> connectionEnded.getNow(""));
    }

    private static <T> T within(CompletableFuture<T> answer) throws Exception {
        return answer.get(30, TimeUnit.SECONDS);
    }

    /** A stream whose head announces a body, and what comes back on it. */
    private final class Exchange implements Stream.Listener {
        final CompletableFuture<HeadersFrame> head = new CompletableFuture<>();
        final CompletableFuture<String> text = new CompletableFuture<>();
        final CompletableFuture<Integer> reset = new CompletableFuture<>();
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final Stream stream;

        Exchange() throws Exception {
            MetaData.Request request = new MetaData.Request(
                    "POST",
                    HttpURI.from("http://h:" + server.port() + "/x"),
                    HttpVersion.HTTP_2,
                    HttpFields.build().put("content-length", ANNOUNCED));
            stream = within(connection.newStream(new HeadersFrame(request, null, false), this));
        }

        void send(byte[] bytes, boolean last) throws Exception {
            Stream unused = within(stream.data(new DataFrame(stream.getId(), ByteBuffer.wrap(bytes), last)));
        }

        @Override
        public void onHeaders(Stream of, HeadersFrame frame) {
            head.complete(frame);
            if (!frame.isEndStream()) {
                of.demand();
            }
        }

        @Override
        public void onDataAvailable(Stream of) {
            Stream.Data data = of.readData();
            if (data == null) {
                of.demand();
                return;
            }
            ByteBuffer bytes = data.frame().getByteBuffer();
            while (bytes.hasRemaining()) {
                received.write(bytes.get());
            }
            boolean last = data.frame().isEndStream();
            data.release();
            if (last) {
                text.complete(received.toString(StandardCharsets.ISO_8859_1));
            } else {
                of.demand();
            }
        }

        @Override
        public void onReset(Stream of, ResetFrame frame, Callback callback) {
            reset.complete(frame.getError());
            callback.succeeded();
        }
    }
}
