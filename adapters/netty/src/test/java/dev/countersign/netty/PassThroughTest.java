package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.tck.RawHttp;
import dev.countersign.tck.RawHttp.Answer;
import dev.countersign.tck.TestVerdicts;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Large bodies that go on before the verdict, for applications that can undo. */
@ExtendWith(Leaks.class)
@Timeout(120)
class PassThroughTest {
    private static final String ANNOUNCED = "POST /v1/x HTTP/1.1\r\nContent-Length: 9\r\n\r\n";
    private static final String CHUNKED = "POST /v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final CountersignHandler.Factory countersign = CountersignHandler.builder(VerifiedBackend.routes(verifier))
            .maxHeldBytes(4)
            .passThroughLargeBodies()
            .build();
    private final List<Object> events = new ArrayList<>();

    private Embedded embedded() {
        return new Embedded(countersign, new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                events.add(event);
            }
        });
    }

    private static String content(Embedded embedded) {
        StringBuilder text = new StringBuilder();
        while (embedded.channel.inboundMessages().peek() instanceof HttpContent
                && !(embedded.channel.inboundMessages().peek() instanceof LastHttpContent)) {
            HttpContent content = assertInstanceOf(HttpContent.class, embedded.next());
            text.append(content.content().toString(StandardCharsets.ISO_8859_1));
            content.release();
        }
        return text.toString();
    }

    @Test
    void theEndIsHeldBackUntilTheVerdict() throws Exception {
        CompletableFuture<Verdict> pending = new CompletableFuture<>();
        verifier.pending = pending;
        try (Embedded embedded = embedded()) {
            embedded.arrives(ANNOUNCED);
            assertInstanceOf(HttpRequest.class, embedded.next());
            assertTrue(CountersignHandler.verified(embedded.channel).isEmpty());
            ScriptedVerifier.Seen seen = verifier.next();
            assertSame(
                    seen.completion(),
                    CountersignHandler.verdict(embedded.channel).orElseThrow());
            embedded.arrives("abcd");
            assertEquals("abcd", content(embedded));
            embedded.arrives("efghi");
            assertEquals("efghi", content(embedded));
            assertEquals("abcdefghi", seen.text());
            assertNull(embedded.next());
            assertTrue(seen.finished);
            assertTrue(CountersignHandler.verified(embedded.channel).isEmpty());
            pending.complete(TestVerdicts.accepted(seen.verified()));
            assertSame(LastHttpContent.EMPTY_LAST_CONTENT, embedded.next());
            assertSame(seen.verified(), CountersignHandler.require(embedded.channel));
            embedded.answers();
            assertTrue(embedded.sent().contains("cache-control: no-store"));
            assertTrue(CountersignHandler.verdict(embedded.channel).isEmpty());
            assertEquals(List.of(), events);
        }
    }

    @Test
    void aBodyThatTurnsOutToBeLargeGoesOnFromItsBeginning() throws Exception {
        try (Embedded embedded = embedded()) {
            embedded.arrives(CHUNKED + "4\r\nabcd\r\n");
            assertNull(embedded.next());
            embedded.arrives("1\r\ne\r\n");
            assertInstanceOf(HttpRequest.class, embedded.next());
            assertEquals("abcde", content(embedded));
            assertEquals(0, countersign.heldBytes());
            embedded.arrives("2\r\nfg\r\n0\r\nx-trailer: t\r\n\r\n");
            assertEquals("fg", content(embedded));
            LastHttpContent last = assertInstanceOf(LastHttpContent.class, embedded.next());
            assertEquals("t", last.trailingHeaders().get("x-trailer"));
            assertEquals("abcdefg", verifier.next().text());
        }
    }

    @Test
    void smallBodiesAreHeldAsEver() {
        verifier.atEnd = RejectionReason.INVALID_SIGNATURE;
        try (Embedded embedded = embedded()) {
            embedded.arrives(CHUNKED + "4\r\nabcd\r\n0\r\n\r\n");
            assertNull(embedded.next());
            assertTrue(embedded.sent().startsWith("HTTP/1.1 401 "));
            assertEquals(List.of(), events);
        }
    }

    @Test
    void aRejectionIsAnEventAndTheEndOfTheConnection() {
        verifier.atEnd = RejectionReason.INVALID_SIGNATURE;
        try (Embedded embedded = embedded()) {
            embedded.arrives(ANNOUNCED + "abcdefghi");
            assertInstanceOf(HttpRequest.class, embedded.next());
            assertEquals("abcdefghi", content(embedded));
            assertNull(embedded.next(), "there is no end");
            assertRejected(embedded, RejectionReason.INVALID_SIGNATURE);
            String sent = embedded.sent();
            assertTrue(sent.startsWith("HTTP/1.1 401 "), sent);
            assertTrue(sent.contains("connection: close"));
            assertFalse(embedded.channel.isOpen());
        }
    }

    private void assertRejected(Embedded embedded, RejectionReason reason) {
        assertEquals(1, events.size());
        assertEquals(reason, assertInstanceOf(Rejected.class, events.get(0)).reason());
        assertTrue(CountersignHandler.verified(embedded.channel).isEmpty());
    }

    @Test
    void aRejectionWithinTheBody() throws Exception {
        verifier.maxBodyBytes = 6;
        try (Embedded embedded = embedded()) {
            embedded.arrives(ANNOUNCED + "abcdefg");
            assertInstanceOf(HttpRequest.class, embedded.next());
            assertNull(embedded.next());
            assertRejected(embedded, RejectionReason.BODY_TOO_LARGE);
            assertTrue(embedded.sent().startsWith("HTTP/1.1 413 "));
            embedded.arrives("hi");
            assertFalse(embedded.channel.isOpen());
        }
        events.clear();
        try (Embedded embedded = embedded()) {
            embedded.arrives(ANNOUNCED + "abcd");
            assertInstanceOf(HttpRequest.class, embedded.next());
            assertEquals("abcd", content(embedded));
            verifier.next();
            verifier.next().endsItself(RejectionReason.CLOCK_SKEW);
            assertRejected(embedded, RejectionReason.CLOCK_SKEW);
            assertTrue(embedded.sent().startsWith("HTTP/1.1 401 "));
        }
    }

    @Test
    void aResponseThatWasBegunIsCutOff() {
        verifier.atEnd = RejectionReason.INVALID_SIGNATURE;
        try (Embedded embedded = embedded()) {
            embedded.arrives(ANNOUNCED + "abcd");
            embedded.channel.writeOutbound(new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
            assertTrue(embedded.sent().startsWith("HTTP/1.1 200 "));
            embedded.arrives("efghi");
            assertRejected(embedded, RejectionReason.INVALID_SIGNATURE);
            assertEquals("", embedded.sent());
            assertFalse(embedded.channel.isOpen());
        }
    }

    @Test
    void framingThatBreaksIsARejectionToo() {
        try (Embedded embedded = embedded()) {
            embedded.arrives(CHUNKED + "5\r\nabcde\r\nzz\r\n");
            assertInstanceOf(HttpRequest.class, embedded.next());
            assertEquals("abcde", content(embedded));
            assertNull(embedded.next());
            assertRejected(embedded, RejectionReason.CANCELLED);
            assertTrue(embedded.sent().startsWith("HTTP/1.1 400 "));
            assertFalse(embedded.channel.isOpen());
        }
    }

    @Test
    void aClientThatIsGoneCancels() throws Exception {
        try (Embedded embedded = embedded()) {
            embedded.arrives(ANNOUNCED + "abcde");
            embedded.channel.close();
            assertEquals("the client is gone", verifier.next().why);
            assertEquals(List.of(), events, "the channel says so itself");
        }
    }

    @Test
    void overSocketsWithTheRealVerifier() throws Exception {
        try (VerifiedBackend backend =
                VerifiedBackend.http1(settings -> settings.maxHeldBytes(1000).passThroughLargeBodies())) {
            String body = "x".repeat(1_000_000);
            SignedRequest request = backend.signed("POST", "/v1/x", body);
            Answer accepted = RawHttp.exchange(backend.port(), request.text());
            assertEquals(200, accepted.status());
            assertEquals(SignedRequest.DEVICE, accepted.header("x-device"));
            assertEquals(body, accepted.body());
            assertEquals("POST /v1/x", backend.log.next(backend.log.requests));
            Answer replayed = RawHttp.exchange(backend.port(), request.text());
            assertEquals("NONCE_REPLAY", replayed.header("x-synheart-error"));
            Rejected event = assertInstanceOf(Rejected.class, backend.log.next(backend.log.events));
            assertEquals(RejectionReason.NONCE_REPLAY, event.reason());
            assertNull(backend.log.requests.peek());
        }
    }
}
