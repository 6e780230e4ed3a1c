package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.BodyUse;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.tck.RawHttp;
import dev.countersign.tck.RawHttp.Answer;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Answers that are out before the body is in. */
@ExtendWith(Leaks.class)
@Timeout(120)
class DrainTest {
    private static final String HEAD = "POST /v1/x HTTP/1.1\r\nContent-Length: 1000\r\n\r\n";

    private final ScriptedVerifier verifier = new ScriptedVerifier();

    private CountersignHandler.Builder builder() {
        verifier.atHead = RejectionReason.CLOCK_SKEW;
        return CountersignHandler.builder(VerifiedBackend.routes(verifier));
    }

    @Test
    void theAnswerArrivesAtAClientThatReadsItFirst() throws Exception {
        try (VerifiedBackend backend = VerifiedBackend.http1();
                RawHttp http = new RawHttp(backend.port())) {
            SignedRequest stale = new SignedRequest("POST", "/v1/x", "", VerifiedBackend.NOW - 301, 1);
            http.send(stale.head("Content-Length: 8000000\r\n"));
            Answer answer = http.read();
            assertEquals("CLOCK_SKEW", answer.header("x-synheart-error"));
            assertEquals("close", answer.header("connection"));
            for (int i = 0; i < 80; i++) {
                http.send("x".repeat(100_000));
            }
            assertTrue(http.isClosedByServer());
        }
    }

    @Test
    void theAnswerArrivesAtAClientThatSendsItsBodyFirst() throws Exception {
        try (VerifiedBackend backend = VerifiedBackend.http1()) {
            SignedRequest stale = new SignedRequest("POST", "/v1/x", "", VerifiedBackend.NOW - 301, 1);
            String whole = stale.head("Content-Length: 8000000\r\n") + "x".repeat(8_000_000);
            for (int i = 0; i < 10; i++) {
                assertEquals(
                        "CLOCK_SKEW", RawHttp.exchange(backend.port(), whole).header("x-synheart-error"));
            }
        }
    }

    @Test
    void itEndsWithTheBody() {
        CountersignHandler.Factory countersign = builder().build();
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(HEAD + "x".repeat(999));
            assertTrue(embedded.sent().startsWith("HTTP/1.1 401 "));
            assertEquals(1, countersign.drainsRunning());
            assertTrue(embedded.channel.isOpen());
            embedded.arrives("x");
            assertFalse(embedded.channel.isOpen());
            assertEquals(0, countersign.drainsRunning());
            assertNull(embedded.next());
        }
    }

    @Test
    void itEndsAtTheLimitOfBytes() {
        CountersignHandler.Factory countersign = builder().maxDrainBytes(500).build();
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(HEAD + "x".repeat(500));
            assertTrue(embedded.channel.isOpen());
            embedded.arrives("x");
            assertFalse(embedded.channel.isOpen());
            assertEquals(0, countersign.drainsRunning());
        }
    }

    @Test
    void itEndsAtTheLimitOfTime() {
        CountersignHandler.Factory countersign =
                builder().maxDrainTime(Duration.ofMillis(700)).build();
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(HEAD);
            embedded.channel.advanceTimeBy(699, TimeUnit.MILLISECONDS);
            embedded.arrives("x");
            assertTrue(embedded.channel.isOpen());
            embedded.channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
            embedded.channel.runScheduledPendingTasks();
            assertFalse(embedded.channel.isOpen());
            assertEquals(0, countersign.drainsRunning());
        }
    }

    @Test
    void onlySoManyAreUnderWay() {
        CountersignHandler.Factory countersign = builder().maxDrains(1).build();
        try (Embedded first = new Embedded(countersign);
                Embedded second = new Embedded(countersign);
                Embedded third = new Embedded(countersign)) {
            first.arrives(HEAD);
            second.arrives(HEAD);
            assertTrue(first.channel.isOpen());
            assertTrue(second.sent().startsWith("HTTP/1.1 401 "));
            assertFalse(second.channel.isOpen());
            first.channel.close();
            assertEquals(0, countersign.drainsRunning());
            third.arrives(HEAD);
            assertTrue(third.channel.isOpen());
        }
    }

    @Test
    void whereNoneIsWantedTheConnectionClosesAtOnce() {
        for (CountersignHandler.Factory none : new CountersignHandler.Factory[] {
            builder().maxDrains(0).build(), builder().maxDrainBytes(0).build()
        }) {
            try (Embedded embedded = new Embedded(none)) {
                embedded.arrives(HEAD);
                assertTrue(embedded.sent().startsWith("HTTP/1.1 401 "));
                assertFalse(embedded.channel.isOpen());
            }
        }
    }

    @Test
    void whoWaitsToBeAskedForTheBodyIsNotWaitedFor() {
        CountersignHandler.Factory countersign = builder().build();
        String expects = HEAD.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(expects);
            assertTrue(embedded.sent().startsWith("HTTP/1.1 401 "));
            assertFalse(embedded.channel.isOpen());
        }
    }

    @Test
    void aConnectionThatIsClosedByTheAnswerIsNotDrained() {
        CountersignHandler.Factory countersign = builder().build();
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
                @Override
                public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
                    ReferenceCountUtil.release(msg);
                    promise.setFailure(new ClosedChannelException());
                    ctx.close();
                }
            });
            embedded.arrives(HEAD);
            assertFalse(embedded.channel.isOpen());
            assertEquals(0, countersign.drainsRunning());
        }
    }

    @Test
    void aDrainReadsByItself() {
        CountersignHandler.Factory countersign = builder().build();
        try (Embedded embedded = new Embedded(false, countersign)) {
            embedded.channel.read();
            int before = embedded.reads;
            embedded.arrives(HEAD);
            assertTrue(embedded.reads > before);
            before = embedded.reads;
            embedded.arrives("x");
            assertTrue(embedded.reads > before);
        }
    }

    @Test
    void aDrainThatBeginsLaterReadsByItselfToo() {
        CompletableFuture<Verdict> pending = new CompletableFuture<>();
        verifier.pending = pending;
        verifier.bodyUse = BodyUse.UNTOUCHED;
        CountersignHandler.Factory countersign =
                CountersignHandler.builder(VerifiedBackend.routes(verifier)).build();
        try (Embedded embedded = new Embedded(false, countersign)) {
            embedded.channel.read();
            embedded.arrives(HEAD + "x");
            int before = embedded.reads;
            pending.complete(ScriptedVerifier.rejection(RejectionReason.INVALID_SIGNATURE));
            assertEquals(1, countersign.drainsRunning());
            assertEquals(before + 1, embedded.reads);
        }
    }

    @Test
    void aRejectionWithinTheBodyIsAnsweredAtOnce() {
        verifier.maxBodyBytes = 10;
        CountersignHandler.Factory countersign =
                CountersignHandler.builder(VerifiedBackend.routes(verifier)).build();
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(HEAD + "x".repeat(10));
            assertEquals("", embedded.sent());
            embedded.arrives("x");
            assertTrue(embedded.sent().startsWith("HTTP/1.1 413 "));
            assertEquals(0, countersign.heldBytes());
            assertEquals(1, countersign.drainsRunning());
        }
    }

    @Test
    void aVerificationThatEndsItselfIsAnsweredAtOnce() throws Exception {
        CountersignHandler.Factory countersign =
                CountersignHandler.builder(VerifiedBackend.routes(verifier)).build();
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives(HEAD + "x".repeat(10));
            assertTrue(countersign.heldBytes() > 0);
            ScriptedVerifier.Seen seen = verifier.next();
            Thread timer = new Thread(() -> seen.endsItself(RejectionReason.CLOCK_SKEW));
            timer.start();
            timer.join();
            embedded.channel.runPendingTasks();
            assertTrue(embedded.sent().startsWith("HTTP/1.1 401 "));
            assertEquals(0, countersign.heldBytes());
            assertNull(embedded.next());
        }
    }

    @Test
    void soIsOneWhoseRequestHadToWait() throws Exception {
        CountersignHandler.Factory countersign =
                CountersignHandler.builder(VerifiedBackend.routes(verifier)).build();
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives("GET /v1/first HTTP/1.1\r\n\r\n" + HEAD + "x");
            embedded.answers();
            embedded.sent();
            assertEquals("/v1/first", verifier.next().target);
            verifier.next().endsItself(RejectionReason.CLOCK_SKEW);
            assertTrue(embedded.sent().startsWith("HTTP/1.1 401 "));
            assertEquals(0, countersign.heldBytes());
        }
    }
}
