package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.tck.RawHttp;
import dev.countersign.tck.TestVerdicts;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpServerCodec;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Clients that are gone at any byte. What remains is looked at when the backend closes. */
@ExtendWith(Leaks.class)
@Timeout(120)
class VanishingClientsTest {
    @Test
    void atEachByteOverSockets() throws Exception {
        try (VerifiedBackend backend = VerifiedBackend.http1()) {
            String whole = backend.signed("POST", "/v1/x", "abcdef").text();
            String chunked = backend.signed("POST", "/v1/x", "abcdef").head("Transfer-Encoding: chunked\r\n")
                    + "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n";
            for (String request : new String[] {whole, chunked}) {
                for (int at = 0; at < request.length(); at++) {
                    RawHttp http = new RawHttp(backend.port());
                    http.send(request.substring(0, at));
                    if (at % 2 == 0) {
                        http.reset();
                    } else {
                        http.close();
                    }
                }
            }
            assertEquals(200, RawHttp.exchange(backend.port(), whole).status());
            assertEquals("POST /v1/x", backend.log.next(backend.log.requests));
            assertNull(backend.log.requests.peek(), "no part of a request went on");
        }
    }

    /** Each verification that was begun is cancelled. */
    @Test
    void atEachByteInOneThread() throws Exception {
        ScriptedVerifier verifier = new ScriptedVerifier();
        CountersignHandler.Factory countersign =
                CountersignHandler.builder(VerifiedBackend.routes(verifier)).build();
        String request =
                "POST /v1/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        int headLength = request.indexOf("\r\n\r\n") + 4;
        for (int at = 0; at < request.length(); at++) {
            UnpooledByteBufAllocator buffers = new UnpooledByteBufAllocator(false);
            EmbeddedChannel channel = new EmbeddedChannel();
            channel.config().setAllocator(buffers);
            channel.pipeline().addLast(new HttpServerCodec(), countersign.newHandler());
            for (int i = 0; i < at; i++) {
                channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {(byte) request.charAt(i)}));
            }
            channel.close();
            assertNull(channel.readInbound());
            assertNull(channel.readOutbound());
            if (at < headLength) {
                assertEquals(0, verifier.unread());
            } else {
                ScriptedVerifier.Seen seen = verifier.next();
                assertEquals(0, seen.cancelled.getCount());
                Rejected cancelled = seen.rejection().orElseThrow();
                assertEquals(RejectionReason.CANCELLED, cancelled.reason());
                assertEquals("the client is gone", seen.why);
            }
            assertEquals(0, countersign.heldBytes());
            assertEquals(0, buffers.metric().usedHeapMemory() + buffers.metric().usedDirectMemory());
        }
    }

    @Test
    void aVerdictThatComesAfterTheEndChangesNothing() throws Exception {
        ScriptedVerifier verifier = new ScriptedVerifier();
        CountersignHandler.Factory countersign =
                CountersignHandler.builder(VerifiedBackend.routes(verifier)).build();
        CompletableFuture<Verdict> pending = new CompletableFuture<>();
        verifier.pending = pending;
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives("POST /v1/x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
            embedded.channel.close();
            pending.complete(TestVerdicts.accepted(verifier.next().verified()));
            embedded.channel.runPendingTasks();
            assertNull(embedded.next());
            assertTrue(CountersignHandler.verified(embedded.channel).isEmpty());
        }
    }

    /** Where a server keeps connections whose client has ended its side. */
    @Test
    void aBodyThatEndsWithTheClientsSideIsNone() throws Exception {
        ScriptedVerifier verifier = new ScriptedVerifier();
        for (boolean passesThrough : new boolean[] {false, true}) {
            CountersignHandler.Builder builder =
                    CountersignHandler.builder(VerifiedBackend.routes(verifier)).maxHeldBytes(passesThrough ? 2 : 100);
            CountersignHandler.Factory countersign =
                    passesThrough ? builder.passThroughLargeBodies().build() : builder.build();
            try (Embedded embedded = new Embedded(countersign)) {
                embedded.arrives("POST /v1/x HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc");
                embedded.channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
                assertFalse(embedded.channel.isOpen());
                assertEquals("the client has ended its side within the body", verifier.next().why);
            }
        }
    }
}
