package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipelineException;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContentDecompressor;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerExpectContinueHandler;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.cors.CorsConfigBuilder;
import io.netty.handler.codec.http.cors.CorsHandler;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.stream.ChunkedWriteHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What stands in front of the handler. */
@ExtendWith(Leaks.class)
class SetUpTest {
    private static final String REQUEST = "POST /v1/x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final CountersignHandler.Factory countersign =
            CountersignHandler.builder(VerifiedBackend.routes(verifier)).build();

    private String refusal(ChannelHandler inFront, String request) throws Exception {
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), inFront, countersign.newHandler());
        Throwable fault = channel.writeOneInbound(Unpooled.copiedBuffer(request, StandardCharsets.ISO_8859_1))
                .cause();
        assertNull(channel.readInbound(), "nothing goes on");
        assertFalse(channel.isOpen());
        ByteBuf sent = channel.readOutbound();
        assertTrue(sent.toString(StandardCharsets.ISO_8859_1).startsWith("HTTP/1.1 503 "));
        sent.release();
        channel.finishAndReleaseAll();
        return words(fault);
    }

    private static String words(@Nullable Throwable fault) {
        return String.valueOf(
                assertInstanceOf(IllegalStateException.class, fault).getMessage());
    }

    @Test
    void whatCollectsOrChangesOrUpgradesInFrontIsRefusedInWords() throws Exception {
        assertEquals(
                "the pipeline has \"HttpObjectAggregator#0\" (io.netty.handler.codec.http.HttpObjectAggregator) in front of"
                        + " CountersignHandler: an aggregator asks for bodies before the head is judged, and holds them outside of"
                        + " memoryBudget. Add it behind",
                refusal(new HttpObjectAggregator(1000), REQUEST));
        ScriptedVerifier.Seen seen = verifier.next();
        assertInstanceOf(IllegalStateException.class, seen.failure, "and in the event");
        assertTrue(refusal(new HttpContentDecompressor(0), REQUEST).contains("HttpContentDecompressor) in front"));
        assertTrue(refusal(new HttpServerExpectContinueHandler(), REQUEST).contains("100 Continue itself"));
        assertTrue(refusal(new WebSocketServerProtocolHandler("/ws"), REQUEST).contains("it upgrades connections"));
        assertTrue(refusal(new HttpServerUpgradeHandler(new HttpServerCodec(), protocol -> null, 1000), REQUEST)
                .contains("it upgrades connections"));
        assertTrue(refusal(new HttpObjectAggregator(1000), REQUEST.replace("/v1", "/open"))
                .contains("an aggregator"));
    }

    @Test
    void anHttp2ConnectionIsNoStream() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.pipeline().addLast(Http2FrameCodecBuilder.forServer().build(), countersign.newHandler());
        FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/v1/x");
        channel.pipeline().context(Http2FrameCodec.class).fireChannelRead(request);
        IllegalStateException fault = assertThrows(IllegalStateException.class, channel::checkException);
        assertTrue(words(fault).contains("to the pipeline of each stream"));
        channel.finishAndReleaseAll();
    }

    @Test
    void aWholeMessageWithABodyComesFromAnAggregator() {
        EmbeddedChannel channel = new EmbeddedChannel(countersign.newHandler());
        FullHttpRequest whole = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                HttpMethod.POST,
                "/v1/x",
                Unpooled.copiedBuffer("abc", StandardCharsets.US_ASCII));
        Throwable fault = channel.writeOneInbound(whole).cause();
        assertNull(channel.readInbound());
        assertEquals(0, whole.refCnt());
        assertTrue(words(fault).contains("has collected a whole request"));
        channel.finishAndReleaseAll();
    }

    @Test
    void aWholeMessageWithoutABodyGoesOnAsItIs() {
        EmbeddedChannel channel = new EmbeddedChannel(countersign.newHandler());
        FullHttpRequest whole = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/v1/x");
        channel.writeInbound(whole);
        assertSame(whole, channel.readInbound());
        assertNull(channel.readInbound());
        assertTrue(CountersignHandler.verified(channel).isPresent());
        whole.release();
        channel.finishAndReleaseAll();
    }

    @Test
    void whatIsNoHttpIsRefused() {
        for (Object foreign : new Object[] {Unpooled.copiedBuffer("GET", StandardCharsets.US_ASCII), "text"}) {
            EmbeddedChannel channel = new EmbeddedChannel(countersign.newHandler());
            Throwable fault = channel.writeOneInbound(foreign).cause();
            assertNull(channel.readInbound());
            assertFalse(channel.isOpen());
            assertTrue(words(fault).contains("right behind HttpServerCodec"));
        }
    }

    @Test
    void whatOnlyLooksOnMayStandInFront() {
        EmbeddedChannel channel = new EmbeddedChannel(
                new HttpServerCodec(),
                new HttpServerKeepAliveHandler(),
                new ChunkedWriteHandler(),
                new CorsHandler(CorsConfigBuilder.forOrigin("https://a.example").build()),
                countersign.newHandler());
        channel.writeInbound(Unpooled.copiedBuffer(REQUEST, StandardCharsets.ISO_8859_1));
        assertNotNull(channel.readInbound());
        channel.finishAndReleaseAll();
    }

    @Test
    void aHandlerIsForOnePipeline() {
        CountersignHandler handler = countersign.newHandler();
        EmbeddedChannel first = new EmbeddedChannel(handler);
        EmbeddedChannel second = new EmbeddedChannel();
        assertThrows(ChannelPipelineException.class, () -> second.pipeline().addLast(handler));
        first.close();
        second.close();
    }

    @Test
    void aHandlerThatIsRemovedLetsNothingThrough() {
        verifier.pending = new CompletableFuture<>();
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), countersign.newHandler());
        channel.writeInbound(Unpooled.copiedBuffer(REQUEST, StandardCharsets.ISO_8859_1));
        channel.pipeline().remove(CountersignHandler.class);
        assertFalse(channel.isOpen());
        assertNull(channel.readInbound());
        assertEquals(0, countersign.heldBytes());
        channel.finishAndReleaseAll();
    }

    @Test
    void nothingIsVerifiedBetweenRequests() {
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), countersign.newHandler());
        assertThrows(IllegalStateException.class, () -> CountersignHandler.require(channel));
        channel.writeInbound(Unpooled.copiedBuffer(REQUEST, StandardCharsets.ISO_8859_1));
        assertEquals("/v1/x", CountersignHandler.require(channel).path());
        assertTrue(CountersignHandler.verdict(channel).isEmpty());
        channel.writeOutbound(Embedded.ok());
        assertTrue(CountersignHandler.verified(channel).isEmpty());
        channel.finishAndReleaseAll();
    }
}
