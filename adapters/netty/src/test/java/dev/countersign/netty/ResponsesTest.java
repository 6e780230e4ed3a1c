package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.ReadOnlyHttpHeaders;
import io.netty.handler.stream.ChunkedStream;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an application writes: where a response ends, which decides when the next request is begun, and the header for caches. */
@ExtendWith(Leaks.class)
class ResponsesTest {
    private static final String GET = "GET /v1/x HTTP/1.1\r\n\r\n";

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final CountersignHandler.Factory countersign =
            CountersignHandler.builder(VerifiedBackend.routes(verifier)).build();

    private static HttpResponse head(HttpResponseStatus status) {
        return new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
    }

    private static void drop(EmbeddedChannel channel) {
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            ReferenceCountUtil.release(message);
        }
    }

    @Test
    void aResponseInPartsEndsWithItsLast() {
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(GET + GET);
            HttpResponse response = head(HttpResponseStatus.OK);
            HttpUtil.setTransferEncodingChunked(response, true);
            embedded.channel.writeOutbound(response);
            embedded.channel.writeOutbound(
                    new DefaultHttpContent(Unpooled.copiedBuffer("abc", StandardCharsets.US_ASCII)));
            assertEquals(1, verifier.unread());
            assertTrue(CountersignHandler.verified(embedded.channel).isPresent());
            embedded.channel.writeOutbound(LastHttpContent.EMPTY_LAST_CONTENT);
            assertEquals(2, verifier.unread());
            assertTrue(embedded.sent().contains("cache-control: no-store"));
            drop(embedded.channel);
        }
    }

    @Test
    void interimResponsesEndNothing() {
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(GET + GET);
            embedded.channel.writeOutbound(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.PROCESSING, Unpooled.EMPTY_BUFFER));
            embedded.channel.writeOutbound(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
            assertFalse(embedded.sent().contains("no-store"));
            assertEquals(1, verifier.unread());
            embedded.answers();
            assertEquals(2, verifier.unread());
            drop(embedded.channel);
        }
    }

    @Test
    void aStreamOfChunksEndsWhereItIsWritten() {
        EmbeddedChannel channel =
                new EmbeddedChannel(new HttpServerCodec(), new ChunkedWriteHandler(), countersign.newHandler());
        channel.writeInbound(Unpooled.copiedBuffer(GET + GET, StandardCharsets.US_ASCII));
        HttpResponse response = head(HttpResponseStatus.OK);
        HttpUtil.setTransferEncodingChunked(response, true);
        channel.write(response);
        channel.write(new HttpChunkedInput(new ChunkedStream(new ByteArrayInputStream(new byte[100_000]))));
        assertEquals(1, verifier.unread());
        channel.flush();
        assertEquals(2, verifier.unread());
        drop(channel);
        channel.finishAndReleaseAll();
    }

    @Test
    void aStreamOfChunksThatFailsIsNoEnd() throws IOException {
        EmbeddedChannel channel =
                new EmbeddedChannel(new HttpServerCodec(), new ChunkedWriteHandler(), countersign.newHandler());
        channel.writeInbound(Unpooled.copiedBuffer(GET + GET, StandardCharsets.US_ASCII));
        HttpResponse response = head(HttpResponseStatus.OK);
        HttpUtil.setTransferEncodingChunked(response, true);
        channel.write(response);
        InputStream broken = InputStream.nullInputStream();
        broken.close(); // each read fails from now on
        ChannelFuture written = channel.writeAndFlush(new HttpChunkedInput(new ChunkedStream(broken)));
        assertFalse(written.isSuccess());
        assertEquals(1, verifier.unread());
        drop(channel);
        channel.finishAndReleaseAll();
    }

    @Test
    void anApplicationMayAnswerBeforeTheBodyIsIn() {
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives("POST /open/x HTTP/1.1\r\nContent-Length: 3\r\n\r\n");
            embedded.answers();
            embedded.arrives("abc" + GET);
            drop(embedded.channel);
            assertEquals(1, verifier.unread());
        }
    }

    @Test
    void aResponseThatClosesIsTheLast() {
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(GET + GET);
            FullHttpResponse response = Embedded.ok();
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            embedded.channel.writeOutbound(response);
            assertEquals(1, verifier.unread());
            assertFalse(embedded.channel.isOpen());
            drop(embedded.channel);
        }
    }

    @Test
    void theBodyWasAskedForHereAndNobodyBehindAsksAgain() {
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives("POST /v1/x HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
            assertEquals("HTTP/1.1 100 Continue\r\n\r\n", embedded.sent());
            embedded.arrives("abc");
            HttpRequest request = assertInstanceOf(HttpRequest.class, embedded.next());
            assertFalse(request.headers().contains(HttpHeaderNames.EXPECT));
            drop(embedded.channel);
        }
    }

    @Test
    void whatTheApplicationSaysToCachesStays() {
        for (CharSequence name :
                new CharSequence[] {HttpHeaderNames.CACHE_CONTROL, HttpHeaderNames.EXPIRES, HttpHeaderNames.PRAGMA}) {
            try (Embedded embedded = new Embedded(countersign)) {
                embedded.arrives(GET);
                FullHttpResponse response = Embedded.ok();
                response.headers().set(name, "own");
                embedded.channel.writeOutbound(response);
                String sent = embedded.sent();
                assertTrue(sent.contains(name + ": own"), sent);
                assertFalse(sent.contains("no-store"), sent);
                drop(embedded.channel);
            }
        }
    }

    @Test
    void headersThatCannotBeChangedAreCopied() {
        HttpHeaders readOnly = new ReadOnlyHttpHeaders(true, HttpHeaderNames.CONTENT_LENGTH, "3", "x-own", "1");
        HttpResponse full = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.CREATED,
                Unpooled.copiedBuffer("abc", StandardCharsets.US_ASCII),
                readOnly,
                EmptyHttpHeaders.INSTANCE);
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(GET + GET);
            embedded.channel.writeOutbound(full);
            String sent = embedded.sent();
            assertTrue(sent.startsWith("HTTP/1.1 201 Created\r\n"), sent);
            assertTrue(sent.contains("x-own: 1\r\n") && sent.contains("cache-control: no-store"), sent);
            assertTrue(sent.endsWith("\r\n\r\nabc"), sent);
            embedded.channel.writeOutbound(
                    new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, readOnly),
                    new DefaultHttpContent(Unpooled.copiedBuffer("abc", StandardCharsets.US_ASCII)),
                    LastHttpContent.EMPTY_LAST_CONTENT);
            assertTrue(embedded.sent().contains("no-store"));
            drop(embedded.channel);
        }
    }

    /** As handlers of WebSockets do, which need not see the end of the handshake to answer it. */
    @Test
    void anUpgradeAtTheHeadLosesNothingOfTheRequest() {
        EmbeddedChannel channel = new EmbeddedChannel(
                new HttpServerCodec(), countersign.newHandler(), new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object msg) {
                        if (msg instanceof HttpRequest) {
                            ctx.writeAndFlush(new DefaultFullHttpResponse(
                                    HttpVersion.HTTP_1_1,
                                    HttpResponseStatus.SWITCHING_PROTOCOLS,
                                    Unpooled.EMPTY_BUFFER));
                        }
                        ctx.fireChannelRead(msg);
                    }
                });
        channel.writeInbound(Unpooled.copiedBuffer(
                "POST /v1/x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", StandardCharsets.US_ASCII));
        assertInstanceOf(HttpRequest.class, channel.readInbound());
        LastHttpContent end = assertInstanceOf(LastHttpContent.class, channel.readInbound());
        assertEquals("abc", end.content().toString(StandardCharsets.US_ASCII));
        end.release();
        channel.pipeline().remove(HttpServerCodec.class);
        channel.writeInbound("of another protocol");
        assertEquals("of another protocol", channel.readInbound());
        assertTrue(CountersignHandler.verified(channel).isPresent());
        channel.finishAndReleaseAll();
    }

    @Test
    void afterAnUpgradeNoRequestPasses() {
        for (HttpResponseStatus status :
                new HttpResponseStatus[] {HttpResponseStatus.SWITCHING_PROTOCOLS, HttpResponseStatus.OK}) {
            boolean isConnect = status.equals(HttpResponseStatus.OK);
            EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), countersign.newHandler());
            channel.writeInbound(Unpooled.copiedBuffer(
                    isConnect ? "CONNECT /v1/x HTTP/1.1\r\n\r\n" : GET, StandardCharsets.US_ASCII));
            drop(channel);
            channel.writeOutbound(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER));
            channel.pipeline().fireChannelRead(Unpooled.EMPTY_BUFFER);
            Throwable fault = channel.writeOneInbound(Unpooled.copiedBuffer(GET, StandardCharsets.US_ASCII))
                    .cause();
            assertTrue(String.valueOf(
                            assertInstanceOf(IllegalStateException.class, fault).getMessage())
                    .contains("left HTTP's codec"));
            drop(channel);
            assertFalse(channel.isOpen());
            channel.finishAndReleaseAll();
        }
        assertEquals(2, verifier.unread());
    }

    @Test
    void whatIsWrittenBetweenRequestsPasses() {
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.channel.writeOutbound(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.REQUEST_TIMEOUT, Unpooled.EMPTY_BUFFER));
            assertTrue(embedded.sent().startsWith("HTTP/1.1 408 "));
            embedded.arrives(GET);
            assertEquals(1, verifier.unread());
            drop(embedded.channel);
        }
    }
}
