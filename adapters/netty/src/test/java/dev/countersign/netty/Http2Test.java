package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.BodyUse;
import dev.countersign.api.Verdict;
import dev.countersign.netty.Http2Client.Answer;
import dev.countersign.netty.Http2Client.Stream;
import dev.countersign.tck.TestVerdicts;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Streams of HTTP/2, with a handler each, and the real verifier over a store that can be slow. */
@ExtendWith(Leaks.class)
@Timeout(120)
class Http2Test {
    private VerifiedBackend backend;
    private SlowClaims claims;
    private Http2Client client;

    @BeforeEach
    void start() throws Exception {
        backend = VerifiedBackend.start(
                SlowClaims::new,
                settings -> settings,
                started -> NettyServer.http2(started.countersign::newHandler, started::echo));
        claims = (SlowClaims) backend.nonces;
        client = new Http2Client(backend.port());
    }

    @AfterEach
    void stop() {
        client.close();
        backend.close();
    }

    private static void assertAccepted(Answer answer, String body) {
        assertEquals(200, answer.status(), answer.toString());
        assertEquals(SignedRequest.DEVICE, answer.header("x-device"));
        assertEquals("no-store", answer.header("cache-control"));
        assertEquals(body, answer.body());
    }

    @Test
    void requestsWithAndWithoutABody() throws Exception {
        Stream get = client.open(backend.signed("GET", "/v1/%2F//x?q", ""), true);
        claims.next().complete(null);
        assertAccepted(get.answer(), "");
        assertEquals("/v1/%2F//x", get.answer().header("x-path"));
        for (String body : new String[] {"", "abc", "x".repeat(300_000)}) {
            Stream post =
                    client.open(backend.signed("POST", "/v1/x", body), false).send(body, true);
            claims.next().complete(null);
            assertAccepted(post.answer(), body);
        }
        Stream open =
                client.open("POST", "/open/x", new DefaultHttp2Headers(), false).send("abc", true);
        assertEquals("none", open.answer().header("x-device"));
        assertEquals("abc", open.answer().body());
    }

    @Test
    void nothingElseGoesOn() throws Exception {
        Answer unsigned =
                client.open("GET", "/v1/x", new DefaultHttp2Headers(), true).answer();
        assertEquals(400, unsigned.status());
        assertEquals("INVALID_REQUEST", unsigned.header("x-synheart-error"));
        assertFalse(unsigned.headers().contains("connection"));
        Answer tampered = client.open(backend.signed("POST", "/v1/x", "abc"), false)
                .send("abd", true)
                .answer();
        assertEquals("INVALID_SIGNATURE", tampered.header("x-synheart-error"));
        assertEquals(
                400,
                client.open("GET", "//open/x", new DefaultHttp2Headers(), true)
                        .answer()
                        .status());
        Answer head =
                client.open("HEAD", "/v1/x", new DefaultHttp2Headers(), true).answer();
        assertEquals(400, head.status());
        assertEquals("", head.body());
        assertNull(backend.log.requests.peek());
    }

    @Test
    void streamsDoNotWaitForEachOther() throws Exception {
        Stream slow =
                client.open(backend.signed("POST", "/v1/slow", "abc"), false).send("abc", true);
        CompletableFuture<Void> claim = claims.next();
        for (int i = 0; i < 10; i++) {
            Stream fast = client.open(backend.signed("POST", "/v1/fast", "xyz"), false)
                    .send("xyz", true);
            claims.next().complete(null);
            assertAccepted(fast.answer(), "xyz");
            assertEquals(
                    400,
                    client.open("GET", "/v1/x", new DefaultHttp2Headers(), true)
                            .answer()
                            .status());
        }
        assertFalse(slow.isAnswered());
        claim.complete(null);
        assertAccepted(slow.answer(), "abc");
    }

    @Test
    void anEarlyAnswerEndsItsStreamAlone() throws Exception {
        Stream slow = client.open(backend.signed("POST", "/v1/slow", "abc"), false);
        Stream stale = client.open(new SignedRequest("POST", "/v1/x", "", VerifiedBackend.NOW - 301, 99), false)
                .send("x".repeat(1000), false);
        assertEquals("CLOCK_SKEW", stale.answer().header("x-synheart-error"));
        assertEquals(Http2Error.NO_ERROR.code(), stale.resetByServer());
        Stream large = client.open(backend.signed("POST", "/v1/x", ""), false).send("x".repeat(2_000_000), true);
        assertEquals(413, large.answer().status());
        assertEquals(Http2Error.NO_ERROR.code(), large.resetByServer());
        slow.send("abc", true);
        claims.next().complete(null);
        assertAccepted(slow.answer(), "abc");
    }

    @Test
    void theBodyIsAskedForOnceTheHeadIsJudged() throws Exception {
        SignedRequest request = backend.signed("POST", "/v1/x", "abc");
        request.headers.put("expect", "100-continue");
        Stream stream = client.open(request, false);
        assertEquals(100, stream.interim());
        stream.send("abc", true);
        claims.next().complete(null);
        assertAccepted(stream.answer(), "abc");
    }

    @Test
    void aStreamThatIsResetIsServedNothing() throws Exception {
        Stream within =
                client.open(backend.signed("POST", "/v1/x", "abc"), false).send("ab", false);
        Stream during =
                client.open(backend.signed("POST", "/v1/x", "abc"), false).send("abc", true);
        CompletableFuture<Void> claim = claims.next();
        within.reset();
        during.reset();
        backend.server.until(() -> backend.countersign.heldBytes() == 0); // until the server has noticed
        claim.complete(null);
        Stream after = client.open(backend.signed("GET", "/v1/after", ""), true);
        claims.next().complete(null);
        assertAccepted(after.answer(), "");
        assertEquals("GET /v1/after", backend.log.next(backend.log.requests));
        assertNull(backend.log.requests.peek());
    }

    /** The stream's window is the limit of what is read for a request without a verdict. */
    @Test
    void aBodyThatIsNotSignedWaitsForTheVerdictUnread() throws Exception {
        ScriptedVerifier verifier = new ScriptedVerifier();
        verifier.bodyUse = BodyUse.UNTOUCHED;
        CompletableFuture<Verdict> pending = new CompletableFuture<>();
        verifier.pending = pending;
        CountersignHandler.Factory countersign =
                CountersignHandler.builder(VerifiedBackend.routes(verifier)).build();
        EchoApplication.Log log = new EchoApplication.Log();
        AtomicLong read = new AtomicLong();
        try (NettyServer server = NettyServer.http2(
                        () -> new CombinedChannelDuplexHandler<>(
                                new CountingReads(read), new ChannelOutboundHandlerAdapter()),
                        () -> new io.netty.channel.ChannelInitializer<>() {
                            @Override
                            protected void initChannel(io.netty.channel.Channel channel) {
                                channel.pipeline().addLast(countersign.newHandler(), new EchoApplication(log));
                            }
                        });
                Http2Client other = new Http2Client(server.port())) {
            String body = "x".repeat(500_000);
            Stream stream = other.open("POST", "/v1/x", new DefaultHttp2Headers(), false)
                    .send(body, true);
            ScriptedVerifier.Seen seen = verifier.next();
            for (int i = 0; i < 1000; i++) {
                server.onLoop(() -> {});
            }
            assertTrue(read.get() <= 65_535, read + " bytes were read");
            assertNull(log.requests.peek());
            pending.complete(TestVerdicts.accepted(seen.verified()));
            assertEquals(body, stream.answer().body());
        }
        assertEquals(0, countersign.heldBytes());
    }

    private static final class CountingReads extends ChannelInboundHandlerAdapter {
        private final AtomicLong read;

        CountingReads(AtomicLong read) {
            this.read = read;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            if (msg instanceof HttpContent content) {
                read.addAndGet(content.content().readableBytes());
            }
            ctx.fireChannelRead(msg);
        }
    }
}
