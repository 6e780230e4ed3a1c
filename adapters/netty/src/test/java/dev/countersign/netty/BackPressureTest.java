package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.BodyUse;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.tck.RawHttp;
import dev.countersign.tck.TestVerdicts;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is read, and what goes on, in either mode of {@code autoRead}. */
@ExtendWith(Leaks.class)
@Timeout(120)
class BackPressureTest {
    private static final String GET = "GET /v1/x HTTP/1.1\r\n\r\n";
    private static final String OPEN = "GET /open/x HTTP/1.1\r\n\r\n";

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final CountersignHandler.Factory countersign =
            CountersignHandler.builder(VerifiedBackend.routes(verifier)).build();

    private static String post(String body) {
        return "POST /v1/x HTTP/1.1\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static void assertContent(String expected, @Nullable Object message) {
        HttpContent content = assertInstanceOf(HttpContent.class, message);
        assertEquals(expected, content.content().toString(StandardCharsets.ISO_8859_1));
        content.release();
    }

    private static int drop(Embedded embedded) {
        int messages = 0;
        for (Object message = embedded.next(); message != null; message = embedded.next()) {
            ReferenceCountUtil.release(message);
            messages++;
        }
        return messages;
    }

    @Test
    void aMessageGoesOnInThreeParts() {
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(post("abc"));
            assertInstanceOf(HttpRequest.class, embedded.next());
            assertContent("abc", embedded.next());
            assertNull(embedded.next());
            embedded.answers();
            embedded.arrives(GET);
            assertInstanceOf(HttpRequest.class, embedded.next());
            assertSame(LastHttpContent.EMPTY_LAST_CONTENT, embedded.next());
        }
    }

    @Test
    void nothingIsBegunBeforeTheApplicationAsks() {
        try (Embedded embedded = new Embedded(false, countersign)) {
            embedded.arrives(post("abc"));
            assertEquals(0, verifier.unread());
            assertEquals(0, embedded.reads);
            embedded.channel.read();
            assertEquals(1, verifier.unread());
            assertEquals(2, drop(embedded));
            assertEquals(0, embedded.reads, "it has what it asked for");
            embedded.channel.read();
            assertEquals(1, embedded.reads);
        }
    }

    @Test
    void forOneReadTheWholeBodyIsReadAndAPartOfItHandedOn() {
        String body = "x".repeat(200_000);
        String request = post(body);
        try (Embedded embedded = new Embedded(false, countersign)) {
            embedded.channel.read();
            for (int at = 0; at < request.length(); at += 10_000) {
                int before = embedded.reads;
                assertNull(embedded.next());
                embedded.arrives(request.substring(at, Math.min(at + 10_000, request.length())));
                assertTrue(embedded.reads > before || at + 10_000 >= request.length(), "reads on by itself");
            }
            int before = embedded.reads;
            assertInstanceOf(HttpRequest.class, embedded.next());
            long got = 0;
            int asked = 0;
            for (Object message = embedded.next(); message != null; asked++) {
                HttpContent content = assertInstanceOf(HttpContent.class, message);
                assertTrue(content.content().readableBytes() <= HeldBody.LARGEST_CHUNK);
                got += content.content().readableBytes();
                boolean isEnd = content instanceof LastHttpContent;
                content.release();
                assertNull(embedded.next(), "one piece for each read");
                if (isEnd) {
                    break;
                }
                assertEquals(before, embedded.reads);
                embedded.channel.read();
                message = embedded.next();
            }
            assertEquals(body.length(), got);
            assertTrue(asked >= 3);
        }
    }

    @Test
    void pipelinedRequestsWaitAndNothingIsReadMeanwhile() {
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(GET + GET + OPEN);
            assertEquals(1, verifier.unread(), "one at a time");
            assertEquals(2, drop(embedded));
            int before = embedded.reads;
            assertTrue(embedded.channel.config().isAutoRead(), "the setting stays as it was");
            embedded.channel.read();
            embedded.readsOn();
            assertEquals(before, embedded.reads);
            embedded.answers();
            assertEquals(2, verifier.unread());
            assertEquals(2, drop(embedded));
            assertEquals(before, embedded.reads);
            embedded.answers();
            assertEquals(2, drop(embedded));
            assertEquals(before + 1, embedded.reads, "nothing waits any more");
            embedded.answers();
        }
    }

    @Test
    void anApplicationMaySwitchAutoReadOffWhileRequestsWait() {
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(GET + GET + GET);
            assertEquals(2, drop(embedded));
            embedded.channel.config().setAutoRead(false);
            embedded.answers();
            assertEquals(1, verifier.unread(), "it has not asked");
            embedded.channel.read();
            assertEquals(2, verifier.unread());
            assertEquals(2, drop(embedded));
            embedded.answers();
            assertEquals(2, verifier.unread());
            assertFalse(embedded.channel.config().isAutoRead(), "and the setting stays its own");
            int before = embedded.reads;
            embedded.channel.config().setAutoRead(true);
            assertEquals(3, verifier.unread());
            assertEquals(before + 1, embedded.reads);
            assertEquals(2, drop(embedded));
        }
    }

    @Test
    void readingGoesOnWhileAVerdictIsAwaitedUntilSomethingArrives() {
        CompletableFuture<Verdict> pending = new CompletableFuture<>();
        verifier.pending = pending;
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(GET);
            int before = embedded.reads;
            embedded.readsOn();
            assertTrue(embedded.reads > before, "or nobody would notice that the client is gone");
            embedded.arrives(GET);
            before = embedded.reads;
            embedded.readsOn();
            embedded.channel.read();
            assertEquals(before, embedded.reads);
            pending.complete(ScriptedVerifier.rejection(RejectionReason.INVALID_SIGNATURE));
            assertTrue(embedded.reads > before);
            assertTrue(embedded.sent().startsWith("HTTP/1.1 401 "));
        }
    }

    @Test
    void aBodyThatIsNotSignedWaitsForTheVerdictUnread() throws Exception {
        verifier.bodyUse = BodyUse.UNTOUCHED;
        CompletableFuture<Verdict> pending = new CompletableFuture<>();
        verifier.pending = pending;
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives("POST /v1/x HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
            embedded.arrives("abc");
            ScriptedVerifier.Seen seen = verifier.next();
            assertTrue(seen.finished);
            int before = embedded.reads;
            embedded.readsOn();
            assertEquals(before, embedded.reads);
            assertTrue(countersign.heldBytes() > 3, "what waits is counted");
            assertNull(embedded.next());
            pending.complete(TestVerdicts.accepted(seen.verified()));
            HttpRequest request = assertInstanceOf(HttpRequest.class, embedded.next());
            assertTrue(request.headers().contains("Expect"), "the application asks for the body");
            assertContent("abc", embedded.next());
            assertEquals(0, countersign.heldBytes());
            assertSame(seen.verified(), CountersignHandler.require(embedded.channel));
            embedded.arrives("def");
            assertContent("def", embedded.next());
            embedded.arrives("ghi");
            assertInstanceOf(
                    LastHttpContent.class, embedded.channel.inboundMessages().peek());
            assertContent("ghi", embedded.next());
            assertEquals("", seen.text(), "the verifier saw nothing of it");
            assertEquals("", embedded.sent());
            embedded.answers();
            assertTrue(embedded.sent().contains("cache-control: no-store"));
        }
    }

    @Test
    void aRejectionByTheHeadAloneDropsTheBody() {
        verifier.bodyUse = BodyUse.UNTOUCHED;
        verifier.atEnd = RejectionReason.INVALID_SIGNATURE;
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives("POST /v1/x HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc");
            assertTrue(embedded.sent().startsWith("HTTP/1.1 401 "));
            embedded.arrives("def");
            assertFalse(embedded.channel.isOpen());
            assertNull(embedded.next());
        }
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(GET + OPEN);
            String sent = embedded.sent();
            assertTrue(sent.startsWith("HTTP/1.1 401 "));
            assertFalse(sent.contains("connection: close"));
            assertEquals(2, drop(embedded), "the next one of the connection");
        }
    }

    @Test
    void aClientThatDoesNotReadItsAnswersIsNotReadFrom() throws Exception {
        verifier.atHead = RejectionReason.CLOCK_SKEW;
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1000, 2000));
            // Nothing leaves the channel: as if the peer took no byte.
            embedded.channel.pipeline().addFirst(new NeverFlushes());
            embedded.arrives(GET.repeat(20));
            int begun = verifier.unread();
            assertTrue(begun > 1 && begun < 10, begun + " were begun");
            int before = embedded.reads;
            embedded.readsOn();
            assertEquals(before, embedded.reads);
            embedded.channel.pipeline().remove(NeverFlushes.class);
            embedded.channel.flush();
            embedded.channel.runPendingTasks();
            assertEquals(20, verifier.unread());
        }
    }

    private static final class NeverFlushes extends ChannelOutboundHandlerAdapter {
        @Override
        public void flush(ChannelHandlerContext ctx) {
            // not now
        }
    }

    /** Over a socket: a client that sends without end is stopped by TCP while the verdict is awaited. */
    @Test
    void whileAVerdictIsAwaitedAClientIsStopped() throws Exception {
        verifier.bodyUse = BodyUse.UNTOUCHED;
        CompletableFuture<Verdict> pending = new CompletableFuture<>();
        verifier.pending = pending;
        AtomicLong passed = new AtomicLong();
        AtomicLong read = new AtomicLong();
        int length = 64 << 20;
        try (NettyServer server = new NettyServer(
                pipeline -> {
                    pipeline.addLast(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext ctx, Object msg) {
                            read.addAndGet(((ByteBuf) msg).readableBytes());
                            ctx.fireChannelRead(msg);
                        }
                    });
                    addCounting(pipeline, passed);
                },
                true)) {
            RawHttp http = new RawHttp(server.port());
            Thread sender = new Thread(() -> {
                try {
                    http.send("POST /v1/x HTTP/1.1\r\nContent-Length: " + length + "\r\n\r\n");
                    for (int i = 0; i < length; i += 1 << 20) {
                        http.send("x".repeat(1 << 20));
                    }
                } catch (IOException closed) {
                    throw new UncheckedIOException(closed);
                }
            });
            sender.start();
            ScriptedVerifier.Seen seen = verifier.next();
            for (int i = 0; i < 1000; i++) {
                server.onLoop(() -> {});
            }
            long waiting = read.get();
            assertTrue(waiting <= 200_000, waiting + " bytes were read for a request without a verdict");
            assertEquals(0, passed.get());
            pending.complete(TestVerdicts.accepted(seen.verified()));
            assertEquals(200, http.read().status());
            assertEquals(length, passed.get());
            sender.join();
            http.close();
        }
        assertEquals(0, countersign.heldBytes());
    }

    private void addCounting(ChannelPipeline pipeline, AtomicLong passed) {
        pipeline.addLast(NettyServer.codec(), countersign.newHandler());
        pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                if (msg instanceof HttpContent content) {
                    passed.addAndGet(content.content().readableBytes());
                }
                if (msg instanceof LastHttpContent) {
                    ctx.writeAndFlush(Embedded.ok());
                }
                ReferenceCountUtil.release(msg);
            }
        });
    }

    /** The whole way with autoRead off: an application that asks for each message. */
    @Test
    void withAutoReadOffOverSockets() throws Exception {
        try (VerifiedBackend backend = VerifiedBackend.start(
                nonces -> nonces,
                settings -> settings,
                started -> new NettyServer(
                        NettyServer.http1Pipeline(
                                started.countersign::newHandler,
                                pipeline -> pipeline.addLast(new AskingEcho(started.log))),
                        false))) {
            for (String body : new String[] {"", "abc", "x".repeat(300_000)}) {
                try (RawHttp http = new RawHttp(backend.port())) {
                    for (int i = 0; i < 3; i++) {
                        http.send(backend.signed("POST", "/v1/x", body).text());
                        assertEquals(body, http.read().body());
                    }
                    http.send(backend.signed("POST", "/v1/x", body).text()
                            + backend.signed("POST", "/v1/x", body).text());
                    assertEquals(body, http.read().body());
                    assertEquals(body, http.read().body());
                    http.send("GET /v1/x HTTP/1.1\r\n\r\n");
                    assertEquals(400, http.read().status());
                    http.send("POST /open/x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
                    assertEquals("abc", http.read().body());
                }
            }
        }
    }
}
