package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.BodyUse;
import dev.countersign.api.Caller;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.route.Routes;
import dev.countersign.servlet.ScriptedVerifier.Seen;
import dev.countersign.tck.RawHttp;
import dev.countersign.tck.RawHttp.Answer;
import dev.countersign.tck.TestVerdicts;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A filter in asynchronous mode: no thread waits for body or store, and the application does not see the difference. */
@Timeout(60)
class AsynchronousModeTest {
    private static final int THREADS = 8;

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final JettyServer server = new JettyServer(THREADS);
    private final List<String> seenByFilters = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        server.close();
    }

    private CountersignFilter start(RequestVerifier by) throws Exception {
        CountersignFilter filter = CountersignFilter.builder(Routes.by(by).protectAllExcept("/open"))
                .asynchronous()
                .build();
        server.filter(filter, "/*", true).servlet("/", (request, response) -> {
            byte[] body = request.getInputStream().readAllBytes();
            String signer = CountersignFilter.find(request)
                    .map(verified -> verified.path() + " ")
                    .orElse("nobody ");
            response.getOutputStream().print(signer + request.getDispatcherType() + " " + body.length);
        });
        server.context.getServletHandler().setDecodeAmbiguousURIs(true);
        server.start();
        return filter;
    }

    private static String post(String target, String body) {
        return "POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    @Test
    void bodiesThatDoNotComeAndStoresThatDoNotAnswerHoldNoThread() throws Exception {
        CompletableFuture<Verdict> later = new CompletableFuture<>();
        CountersignFilter filter = start(verifier);
        List<RawHttp> waiting = new ArrayList<>();
        try {
            for (int i = 0; i < 3 * THREADS; i++) { // their bodies do not come
                RawHttp http = new RawHttp(server.port());
                waiting.add(http);
                http.send("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
                assertTrue(verifier.next().firstBytes.await(20, TimeUnit.SECONDS));
            }
            verifier.pending = later;
            for (int i = 0; i < 3 * THREADS; i++) { // their verdicts do not
                RawHttp http = new RawHttp(server.port());
                waiting.add(http);
                http.send(post("/stored", "abc"));
                assertTrue(verifier.next().finish.await(20, TimeUnit.SECONDS));
            }
            assertEquals(
                    "nobody REQUEST 3",
                    RawHttp.exchange(server.port(), post("/open", "abc")).text());
            assertTrue(filter.bodyMemoryUsed() > 0);

            verifier.pending = null;
            later.complete(TestVerdicts.accepted(new Seen(verifier, head("/stored")).verified()));
            for (RawHttp http : waiting.subList(0, 3 * THREADS)) {
                http.send("123456");
            }
            for (int i = 0; i < waiting.size(); i++) {
                String expected = i < 3 * THREADS ? "/slow REQUEST 9" : "/stored REQUEST 3";
                assertEquals(expected, waiting.get(i).read().text());
            }
        } finally {
            for (RawHttp http : waiting) {
                http.close();
            }
        }
        assertEquals(0, filter.bodyMemoryUsed());
    }

    private static RequestHead head(String target) {
        return RequestHead.of("POST", target, List.of());
    }

    @Test
    void aVerificationThatEndsItselfIsAnsweredWhileNothingComes() throws Exception {
        CountersignFilter filter = start(verifier);
        try (RawHttp http = new RawHttp(server.port())) {
            http.send("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
            Seen seen = verifier.next();
            assertTrue(seen.firstBytes.await(20, TimeUnit.SECONDS));
            seen.endsItself(RejectionReason.CLOCK_SKEW);
            Answer answer = http.read();
            assertEquals(401, answer.status(), answer::toString);
            assertEquals(0, filter.bodyMemoryUsed());
            http.send("123456"); // what is still on its way is dropped, and then the connection closes
            assertTrue(http.isClosedByServer());
        }
    }

    @Test
    void filtersBehindItSeeAFirstDispatchAndRunOnce() throws Exception {
        JettyServer behind = server;
        start(verifier);
        Filter once = (request, response, chain) -> {
            // As frameworks do it, which leave asynchronous dispatches out.
            if (request.getDispatcherType() != DispatcherType.ASYNC) {
                seenByFilters.add(request.getDispatcherType() + " " + ((HttpServletRequest) request).getRequestURI());
            }
            chain.doFilter(request, response);
        };
        behind.context.addFilter(new FilterHolder(once), "/*", EnumSet.allOf(DispatcherType.class));
        for (String target : List.of("/a", "/a%2Fb", "/a//b;c", "/a%20b")) {
            seenByFilters.clear();
            Answer answer = RawHttp.exchange(server.port(), post(target, "abc"));
            assertEquals(target + " REQUEST 3", answer.text());
            assertEquals(List.of("REQUEST " + target), seenByFilters);
        }
    }

    @Test
    void anApplicationThatIsAsynchronousItselfIsDispatchedAsEver() throws Exception {
        server.servlet("/own", (request, response) -> {
            if (request.getDispatcherType() == DispatcherType.REQUEST) {
                seenByFilters.add("first");
                request.startAsync().dispatch();
            } else {
                seenByFilters.add(request.getDispatcherType() + " "
                        + request.getInputStream().readAllBytes().length);
                CountersignFilter.require(request);
            }
        });
        start(verifier);
        assertEquals(200, RawHttp.exchange(server.port(), post("/own", "abc")).status());
        assertEquals(List.of("first", "ASYNC 3"), seenByFilters);
    }

    @Test
    void withoutSupportItSaysWhatToChange() throws Exception {
        CountersignFilter filter = CountersignFilter.builder(Routes.by(verifier).protectAllExcept())
                .asynchronous()
                .build();
        server.filter(filter, "/*", false)
                .servlet("/", (request, response) -> seenByFilters.add("served"))
                .start();
        Answer answer = RawHttp.exchange(server.port(), post("/x", "abc"));
        assertEquals(500, answer.status());
        assertTrue(answer.text().contains("supporting asynchronous mode"), answer::text);
        assertEquals(List.of(), seenByFilters);
    }

    @Test
    void aSchemeThatSignsNoBodyLeavesItToTheApplication() throws Exception {
        start(new HeadOnly(verifier));
        assertEquals(
                "/x REQUEST 3",
                RawHttp.exchange(server.port(), post("/x", "abc")).text());
        Seen seen = verifier.next();
        assertEquals("", seen.text());
        verifier.atEnd = RejectionReason.INVALID_SIGNATURE;
        try (RawHttp http = new RawHttp(server.port())) {
            http.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
            assertEquals(401, http.read().status());
        }
    }

    /** As a scheme that signs the head alone. */
    static final class HeadOnly implements RequestVerifier {
        private final RequestVerifier verifier;

        HeadOnly(RequestVerifier verifier) {
            this.verifier = verifier;
        }

        @Override
        public BodyUse bodyUse() {
            return BodyUse.UNTOUCHED;
        }

        @Override
        public Verification begin(RequestHead head, Caller caller) {
            return verifier.begin(head, caller);
        }

        @Override
        public Verdict verify(RequestHead head, ByteBuffer body, @Nullable Object attachment) {
            return verifier.verify(head, body, attachment);
        }

        @Override
        public CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller) {
            return verifier.verifyAsync(head, body, caller);
        }

        @Override
        public void close() {}
    }
}
