package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.PublicCode;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.Verdict;
import dev.countersign.api.VerifiedRequest;
import dev.countersign.api.route.Routes;
import dev.countersign.servlet.ScriptedVerifier.Seen;
import dev.countersign.tck.RawHttp;
import dev.countersign.tck.RawHttp.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The filter's own part: what it shows to the verifier, and what it does with the verdict. */
@Timeout(60)
class CountersignFilterTest {
    private static final RequestHead HEAD = RequestHead.of("POST", "/", List.of());

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final AtomicInteger served = new AtomicInteger();
    private final BlockingQueue<Optional<VerifiedRequest>> verified = new LinkedBlockingQueue<>();
    private JettyServer server;

    @BeforeEach
    void start() throws Exception {
        server = JettyServer.start(verifier, (request, response) -> {
            served.incrementAndGet();
            verified.add(CountersignFilter.find(request));
            response.getOutputStream().write(request.getInputStream().readAllBytes());
        });
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Answer exchange(String request) throws IOException {
        return RawHttp.exchange(server.port(), request);
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
    }

    private static String post(String body) {
        return "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/a%2Fb",
                "/a%2fb",
                "//x//y",
                "/a/./b/../c",
                "/a;p=1/b;q",
                "/a/..;/b",
                "/%0A",
                "/a%5cb",
                "/%e2%82%ac",
                "/%ff",
                "/%41",
                "/a?",
                "/a?x=1&y=%20+",
                "/a?b?c",
                "/ingest/v1/hsi"
            })
    void theTargetIsSeenAsSent(String target) throws Exception {
        assertEquals(200, exchange(get(target)).status());
        assertEquals(target, verifier.next().target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://h/a%2Fb?x", "https://h/a%2Fb?x"})
    void anAbsoluteTargetIsSeenAsItsPathAndQuery(String target) throws Exception {
        assertEquals(200, exchange(get(target)).status());
        assertEquals("/a%2Fb?x", verifier.next().target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "post", "Post", "PUT", "DELETE", "OPTIONS", "M-SEARCH", "X"})
    void theMethodIsSeenAsSentAndOverridesMeanNothing(String method) throws Exception {
        String head = method + " / HTTP/1.1\r\nHost: h\r\nX-HTTP-Method-Override: PATCH\r\nX-Method-Override: PATCH\r\n"
                + "Content-Length: 0\r\n\r\n";
        assertEquals(200, exchange(head).status());
        assertEquals(method, verifier.next().method);
    }

    @Test
    void everyHeaderLineIsAValueOfItsOwn() throws Exception {
        assertEquals(
                200,
                exchange("GET / HTTP/1.1\r\nHost: h\r\nX-App-ID: one\r\nx-APP-id:  two, three \r\nX-App-ID:\r\n\r\n")
                        .status());
        Seen seen = verifier.next();
        assertEquals(List.of("one", "two, three", ""), seen.appIds);
        assertEquals(List.of(), seen.signatures);
    }

    @Test
    void aHeaderOfAnEarlierRequestOnTheConnectionIsNotTakenForALaterOneInAnotherCase() throws Exception {
        try (RawHttp http = new RawHttp(server.port())) {
            for (String value : List.of("AbC=", "aBc=", "ABC=", "AbC=")) {
                http.send("GET / HTTP/1.1\r\nHost: h\r\nX-Synheart-Signature: " + value + "\r\n\r\n");
                assertEquals(200, http.read().status());
                assertEquals(List.of(value), verifier.next().signatures);
            }
        }
    }

    @Test
    void theBodyIsVerifiedWholeAndHandedOnUnchanged() throws Exception {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < 300_000; i++) {
            body.append((char) (i * 31 % 256));
        }
        Answer answer = exchange(post(body.toString()));
        assertEquals(body.toString(), answer.body());
        Seen seen = verifier.next();
        assertEquals(body.toString(), seen.text());
        assertEquals(300_000, seen.announced);
        assertTrue(seen.finished);
    }

    @Test
    void aChunkedBodyIsSeenWithoutItsFraming() throws Exception {
        Answer answer = exchange("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("3", "abc")
                + chunk("5;ext=1", "defgh") + "0\r\nTrailer: x\r\n\r\n");
        assertEquals("abcdefgh", answer.body());
        Seen seen = verifier.next();
        assertEquals("abcdefgh", seen.text());
        assertEquals(-1, seen.announced);
    }

    private static String chunk(String size, String data) {
        return size + "\r\n" + data + "\r\n";
    }

    @Test
    void aContentEncodingIsNotUndone() throws Exception {
        assertEquals(
                "not gzip",
                exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip")
                        .body());
        assertEquals("not gzip", verifier.next().text());
    }

    @Test
    void theApplicationLearnsWhatWasVerified() throws Exception {
        assertEquals(200, exchange(get("/v1/x?q=1")).status());
        VerifiedRequest expected = verifier.next().verified();
        assertEquals(Optional.of(expected), verified.take());
    }

    @Test
    void anAcceptedRequestCarriesThePublicAttribute() throws Exception {
        BlockingQueue<Object> attributes = new LinkedBlockingQueue<>();
        try (JettyServer other = JettyServer.start(verifier, (request, response) -> {
            attributes.add(request.getAttribute(CountersignFilter.ATTRIBUTE));
            attributes.add(CountersignFilter.require(request));
        })) {
            assertEquals(200, RawHttp.exchange(other.port(), get("/")).status());
        }
        VerifiedRequest expected = verifier.next().verified();
        assertEquals(expected, attributes.take());
        assertEquals(expected, attributes.take());
    }

    @Test
    void nothingElseCanMakeARequestLookVerified() throws Exception {
        BlockingQueue<Object> found = new LinkedBlockingQueue<>();
        try (JettyServer open = new JettyServer()
                .servlet("/", (request, response) -> {
                    request.setAttribute(CountersignFilter.ATTRIBUTE, "x");
                    request.setAttribute("dev.countersign.servlet.passed", "x");
                    found.add(CountersignFilter.find(request));
                    found.add(assertThrows(IllegalStateException.class, () -> CountersignFilter.require(request)));
                })
                .start()) {
            assertEquals(200, RawHttp.exchange(open.port(), get("/")).status());
        }
        assertEquals(Optional.empty(), found.take());
        assertTrue(found.take() instanceof IllegalStateException);
    }

    @ParameterizedTest
    @EnumSource(RejectionReason.class)
    void aRejectionIsAnsweredAsItSays(RejectionReason reason) throws Exception {
        verifier.atEnd = reason;
        assertAnswer(reason, exchange(post("abc")));
        verifier.atEnd = null;
        verifier.atHead = reason;
        assertAnswer(reason, exchange(post("abc")));
        assertEquals(0, served.get());
    }

    private static void assertAnswer(RejectionReason reason, Answer answer) {
        var expected = ScriptedVerifier.rejection(reason).answer();
        assertEquals(expected.status(), answer.status());
        assertEquals(new String(expected.body(), StandardCharsets.UTF_8), answer.text());
        expected.headers().forEach((name, value) -> assertEquals(List.of(value), answer.headers(name), name));
        assertEquals(
                reason.publicCode() == PublicCode.CLOCK_SKEW ? 1 : 0,
                answer.headers("x-server-timestamp").size());
    }

    @Test
    void headGetsNoBody() throws Exception {
        verifier.atEnd = RejectionReason.INVALID_SIGNATURE;
        try (RawHttp http = new RawHttp(server.port())) {
            http.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
            Answer answer = http.read(true);
            assertEquals(401, answer.status());
            assertEquals(
                    ScriptedVerifier.rejection(RejectionReason.INVALID_SIGNATURE)
                            .answer()
                            .body()
                            .length,
                    Integer.parseInt(answer.header("content-length")));
            http.send(get("/")); // were there a body, it would be in front of this answer's status line
            assertEquals(401, http.read().status());
        }
    }

    @Test
    void aFaultyHeadIsAnsweredBeforeAByteOfTheBodyIsRead() throws Exception {
        verifier.atHead = RejectionReason.MISSING_HEADER;
        try (RawHttp http = new RawHttp(server.port())) {
            http.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"); // and no body
            Answer answer = http.read();
            assertEquals(400, answer.status());
            assertEquals("close", answer.header("connection"));
            assertTrue(http.isClosedByServer());
        }
        Seen seen = verifier.next();
        assertEquals(0, seen.body.size());
        assertFalse(seen.finished);
    }

    @Test
    void aFaultyHeadIsAnsweredWithoutAskingForTheBody() throws Exception {
        verifier.atHead = RejectionReason.CLOCK_SKEW;
        Answer answer =
                exchange("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
        assertEquals(401, answer.status());
        assertEquals("close", answer.header("connection"));
    }

    @Test
    void aGoodHeadThatWaitsIsAskedForItsBody() throws Exception {
        try (RawHttp http = new RawHttp(server.port())) {
            http.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
            assertEquals(100, http.read().status());
            http.send("abc");
            assertEquals("abc", http.read().body());
        }
        assertEquals("abc", verifier.next().text());
    }

    @Test
    void aConnectionGoesOnAfterARejectionThatLeftNothingUnread() throws Exception {
        verifier.atEnd = RejectionReason.NONCE_REPLAY;
        try (RawHttp http = new RawHttp(server.port())) {
            http.send(post("abc"));
            Answer answer = http.read();
            assertEquals(401, answer.status());
            assertEquals("", answer.header("connection"));
            verifier.atEnd = null;
            verifier.atHead = RejectionReason.MISSING_HEADER;
            http.send(get("/"));
            assertEquals(400, http.read().status());
            verifier.atHead = null;
            http.send(post("abc"));
            assertEquals("abc", http.read().body());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBodyOverTheLimitIsReadNoFurther(boolean chunked) throws Exception {
        verifier.maxBodyBytes = 100_000;
        try (RawHttp http = new RawHttp(server.port())) {
            http.send("POST / HTTP/1.1\r\nHost: h\r\n"
                    + (chunked ? "Transfer-Encoding: chunked" : "Content-Length: 900000000") + "\r\n\r\n"
                    + (chunked ? "35a4e900\r\n" : "") + "x".repeat(100_001)); // the rest never comes
            Answer answer = http.read();
            assertEquals(413, answer.status());
            assertEquals("close", answer.header("connection"));
            assertTrue(http.isClosedByServer());
        }
        Seen seen = verifier.next();
        assertTrue(seen.body.size() <= 100_000 + BodyBuffer.LARGEST_CHUNK, () -> seen.body.size() + " bytes read");
        assertFalse(seen.finished);
        assertEquals(0, served.get());
    }

    /** Its timestamp is not fresh any more, say: the next byte is answered with why, and so is none. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aVerificationThatEndsItselfWhileTheBodyIsOnItsWayIsAnswered(boolean byteComes) throws Exception {
        server.idleTimeout(byteComes ? 30_000 : 300);
        try (RawHttp http = new RawHttp(server.port())) {
            http.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc");
            Seen seen = verifier.next();
            assertTrue(seen.firstBytes.await(20, TimeUnit.SECONDS));
            seen.endsItself(RejectionReason.CLOCK_SKEW);
            if (byteComes) {
                http.send("d");
            }
            assertAnswer(RejectionReason.CLOCK_SKEW, http.read());
            assertFalse(seen.finished);
        }
        assertEquals(0, served.get());
    }

    /** A read that waits for bytes can not be ended, but nothing is kept for it. */
    @Test
    void aVerificationThatEndsItselfWhileAReadWaitsKeepsNothing() throws Exception {
        CountDownLatch waits = new CountDownLatch(1);
        CountDownLatch byteComes = new CountDownLatch(1);
        InputStream trickling = new InputStream() {
            private int left = 300_000;

            @Override
            public int read(byte[] to, int offset, int length) {
                if (left == 0) {
                    waits.countDown();
                    try {
                        assertTrue(byteComes.await(20, TimeUnit.SECONDS));
                    } catch (InterruptedException stopped) {
                        return -1;
                    }
                    return 1;
                }
                int count = Math.min(length, left);
                left -= count;
                return count;
            }

            @Override
            public int read() {
                throw new UnsupportedOperationException("one byte at a time");
            }
        };
        BodyBuffer body = new BodyBuffer(new BodyMemory(1 << 20));
        Seen slow = new Seen(verifier, HEAD);
        CompletableFuture<Optional<Rejected>> end = CompletableFuture.supplyAsync(() -> {
            try {
                return Optional.ofNullable(BlockingVerification.readBody(trickling, body, slow));
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        });
        assertTrue(waits.await(20, TimeUnit.SECONDS));
        assertTrue(body.capacity() >= 300_000);
        slow.endsItself(RejectionReason.CLOCK_SKEW);
        assertEquals(0, body.capacity());
        assertFalse(end.isDone());
        byteComes.countDown();
        assertEquals(
                slow.rejection().orElseThrow(), end.get(20, TimeUnit.SECONDS).orElseThrow());
        assertEquals(0, body.capacity());
        assertThrows(IllegalStateException.class, body::reader);
    }

    /** The bytes of a body whose verification ends well are those that are handed on. */
    @Test
    void aVerificationThatIsAcceptedKeepsTheBody() throws Exception {
        BodyBuffer body = new BodyBuffer(new BodyMemory(1 << 20));
        Seen good = new Seen(verifier, HEAD);
        assertNull(BlockingVerification.readBody(new ByteArrayInputStream(new byte[5000]), body, good));
        good.isAccepted();
        assertEquals(5000, body.reader().readAllBytes().length);
    }

    @Test
    void aBodyThatIsCutCancelsTheVerification() throws Exception {
        for (String cut : List.of(
                "Content-Length: 10\r\n\r\nabc",
                "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
                "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
                "Transfer-Encoding: chunked\r\n\r\nabc\r\n",
                "Transfer-Encoding: chunked\r\n\r\nzz\r\n")) {
            try (RawHttp http = new RawHttp(server.port())) {
                http.send("POST / HTTP/1.1\r\nHost: h\r\n" + cut).endOfInput();
                assertEquals(400, http.read().status(), cut);
            }
            Seen seen = verifier.next();
            assertTrue(seen.cancelled.await(20, TimeUnit.SECONDS), cut);
            assertFalse(seen.finished, cut);
        }
        assertEquals(0, served.get());
    }

    @Test
    void aClientThatIsGoneCancelsTheVerification() throws Exception {
        RawHttp http = new RawHttp(server.port());
        http.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
        Seen seen = verifier.next();
        assertTrue(seen.firstBytes.await(20, TimeUnit.SECONDS));
        http.reset();
        assertTrue(seen.cancelled.await(20, TimeUnit.SECONDS));
        assertFalse(seen.finished);
        assertEquals(0, served.get());
    }

    @Test
    @Tag("blocking")
    void aThreadThatIsInterruptedWhileItWaitsGivesUp() throws Exception {
        CompletableFuture<Verdict> never = new CompletableFuture<>();
        verifier.pending = never;
        BlockingQueue<Boolean> interrupted = new LinkedBlockingQueue<>();
        BlockingQueue<Thread> worker = new LinkedBlockingQueue<>();
        try (JettyServer other = new JettyServer()) {
            other.context.addFilter(
                    new FilterHolder((request, response, chain) -> {
                        worker.add(Thread.currentThread());
                        try {
                            chain.doFilter(request, response);
                        } finally {
                            interrupted.add(Thread.interrupted());
                        }
                    }),
                    "/*",
                    null);
            other.filter(verifier, "/*")
                    .servlet("/", (request, response) -> served.incrementAndGet())
                    .start();
            try (RawHttp http = new RawHttp(other.port())) {
                http.send(post("abc"));
                Seen seen = verifier.next();
                assertTrue(seen.finish.await(20, TimeUnit.SECONDS));
                worker.take().interrupt();
                assertEquals(503, http.read().status());
                assertEquals(0, seen.cancelled.getCount());
            }
        }
        assertEquals(true, interrupted.poll(20, TimeUnit.SECONDS));
        assertEquals(0, served.get());
        assertNull(never.getNow(null));
    }

    @Test
    void aTargetSourceOfTheContainersOwnIsUsed() throws Exception {
        try (JettyServer other = new JettyServer()) {
            other.context.addFilter(
                    new FilterHolder(JettyServer.settings(Routes.by(verifier).protectAllExcept())
                            .rawTargetSource(request -> "/own" + request.getRequestURI())
                            .build()),
                    "/*",
                    null);
            other.servlet("/", (request, response) -> served.incrementAndGet()).start();
            assertEquals(200, RawHttp.exchange(other.port(), get("/x")).status());
        }
        assertEquals("/own/x", verifier.next().target);
    }
}
