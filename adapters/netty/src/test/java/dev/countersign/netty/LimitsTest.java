package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.route.Routes;
import dev.countersign.tck.RawHttp;
import dev.countersign.tck.RawHttp.Answer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** How much is held, of one body and of all together. */
@ExtendWith(Leaks.class)
@Timeout(120)
class LimitsTest {
    private static final int KIB = 1024;

    @Test
    void aBodyIsHeldUpToTheLimit() throws Exception {
        try (VerifiedBackend backend = VerifiedBackend.http1()) {
            String most = "x".repeat(1 << 20);
            assertEquals(
                    most,
                    RawHttp.exchange(
                                    backend.port(),
                                    backend.signed("POST", "/v1/x", most).text())
                            .body());
            SignedRequest tooLong = backend.signed("POST", "/v1/x", most + "y");
            assertTooLarge(RawHttp.exchange(backend.port(), tooLong.text()));
            String chunked = tooLong.head("Transfer-Encoding: chunked\r\n") + "100001\r\n" + most + "y\r\n0\r\n\r\n";
            assertTooLarge(RawHttp.exchange(backend.port(), chunked));
            assertEquals("POST /v1/x", backend.log.next(backend.log.requests));
            assertNull(backend.log.requests.peek());
        }
    }

    private static void assertTooLarge(Answer answer) {
        assertEquals(413, answer.status());
        assertEquals("BODY_TOO_LARGE", answer.header("x-synheart-error"));
        assertEquals("close", answer.header("connection"));
    }

    @Test
    void whatAVerificationIsEndedForStandsInItsDetail() throws Exception {
        ScriptedVerifier verifier = new ScriptedVerifier();
        CountersignHandler.Factory countersign = CountersignHandler.builder(VerifiedBackend.routes(verifier))
                .maxHeldBytes(4)
                .build();
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives("POST /v1/x HTTP/1.1\r\nContent-Length: 5\r\n\r\n");
            assertEquals("more than maxHeldBytes, 4", verifier.next().why);
            assertTrue(embedded.sent().startsWith("HTTP/1.1 413 "));
        }
        try (Embedded embedded = new Embedded(countersign)) {
            embedded.arrives("POST /v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n");
            assertEquals("", embedded.sent());
            embedded.arrives("1\r\ne\r\n");
            ScriptedVerifier.Seen seen = verifier.next();
            assertEquals("more than maxHeldBytes, 4", seen.why);
            assertEquals("abcd", seen.text());
            assertTrue(embedded.sent().startsWith("HTTP/1.1 413 "));
        }
        assertEquals(0, countersign.heldBytes());
    }

    /** Large bodies that are not complete take three quarters; then small requests still pass, and large ones get 503. */
    @Test
    void allBodiesTogetherHaveABudget() throws Exception {
        long budget = 4 << 20;
        try (VerifiedBackend backend = VerifiedBackend.http1(settings -> settings.memoryBudget(budget))) {
            List<RawHttp> large = new ArrayList<>();
            int refused = 0;
            for (int i = 0; i < 8; i++) {
                RawHttp http = new RawHttp(backend.port());
                large.add(http);
                http.send(
                        backend.signed("POST", "/v1/x", "").head("Content-Length: 1000000\r\n") + "x".repeat(999_999));
                long arrived = Math.min(i + 1, 3) * 999_999L;
                backend.server.until(() -> backend.countersign.heldBytes() >= arrived);
                assertTrue(backend.countersign.heldBytes() <= budget / 4 * 3);
            }
            for (int i = 0; i < 20; i++) {
                String small = "y".repeat(10 * KIB);
                assertEquals(
                        small,
                        RawHttp.exchange(
                                        backend.port(),
                                        backend.signed("POST", "/v1/x", small).text())
                                .body());
            }
            for (RawHttp http : large.subList(3, 8)) {
                Answer answer = http.read();
                assertEquals(503, answer.status());
                assertEquals("1", answer.header("retry-after"));
                refused++;
            }
            assertEquals(5, refused);
            for (RawHttp http : large) {
                http.close();
            }
        }
    }

    @Test
    void theBudgetIsTakenAndGivenBack() {
        MemoryBudget budget = new MemoryBudget(256 * KIB);
        assertTrue(budget.take(64 * KIB, 0));
        assertTrue(budget.take(128 * KIB, 64 * KIB));
        assertFalse(budget.take(1, 64 * KIB), "three quarters are used");
        assertFalse(budget.take(64 * KIB + 1, 0));
        assertTrue(budget.take(64 * KIB, 0), "the last quarter is for the beginnings of bodies");
        assertFalse(budget.take(1, 0));
        budget.give(256 * KIB);
        assertEquals(0, budget.used());
    }

    @Test
    void aHeldBodyTakesWhatItsBuffersTake() {
        UnpooledByteBufAllocator buffers = new UnpooledByteBufAllocator(false);
        MemoryBudget budget = new MemoryBudget(1 << 20);
        HeldBody body = new HeldBody(buffers, budget);
        ByteBuf piece = Unpooled.wrappedBuffer(new byte[1000]);
        for (int i = 0; i < 300; i++) {
            assertTrue(body.add(piece));
            assertEquals(
                    budget.used(),
                    buffers.metric().usedHeapMemory() + buffers.metric().usedDirectMemory());
            assertTrue(budget.used() <= 2 * body.size() + HeldBody.FIRST_CHUNK);
        }
        assertEquals(300_000, body.size());
        assertEquals(1000, piece.readableBytes());
        long before = body.size();
        for (ByteBuf chunk = body.poll(); chunk != null; chunk = body.poll()) {
            assertEquals(before - chunk.readableBytes(), body.size());
            before = body.size();
            chunk.release();
        }
        assertTrue(body.isEmpty());
        assertEquals(0, budget.used());
        assertTrue(body.add(piece));
        body.release();
        body.release();
        assertEquals(0, budget.used());
        assertEquals(0, buffers.metric().usedHeapMemory() + buffers.metric().usedDirectMemory());
    }

    @Test
    void aBodyOfSixtyFourKibibytesNeedsNoMoreThanThat() {
        MemoryBudget budget = new MemoryBudget(MemoryBudget.SMALL);
        HeldBody body = new HeldBody(UnpooledByteBufAllocator.DEFAULT, budget);
        ByteBuf piece = Unpooled.wrappedBuffer(new byte[KIB]);
        for (int i = 0; i < 64; i++) {
            assertTrue(body.add(piece));
        }
        assertFalse(body.add(piece));
        assertEquals(MemoryBudget.SMALL, budget.used());
        body.release();
    }

    @Test
    void settingsOutOfTheirRangeAreRefused() {
        CountersignHandler.Builder builder =
                CountersignHandler.builder(Routes.by(new ScriptedVerifier()).protectAllExcept());
        assertThrows(IllegalArgumentException.class, () -> builder.maxHeldBytes(-1));
        assertThrows(IllegalArgumentException.class, () -> builder.memoryBudget(64 * KIB - 1));
        assertThrows(IllegalArgumentException.class, () -> builder.maxDrainBytes(-1));
        assertThrows(IllegalArgumentException.class, () -> builder.maxDrains(-1));
        assertThrows(IllegalArgumentException.class, () -> builder.maxDrainTime(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> builder.maxDrainTime(Duration.ofSeconds(61)));
        assertTrue(builder.build().toString().startsWith("CountersignHandler.Factory[Routes["));
    }
}
