package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.route.Routes;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the filter lets through unverified, whatever stands in front of it and whatever the container makes of a path. */
@Timeout(60)
class BorderTest {
    private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final JettyServer server = new JettyServer();
    private final List<String> served = new CopyOnWriteArrayList<>();
    private final List<String> methods = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        server.close();
    }

    private void start(Routes routes) throws Exception {
        server.context.getServletHandler().setDecodeAmbiguousURIs(true);
        server.filter(routes).servlet("/", this::serve).start();
    }

    private void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        methods.add(request.getMethod());
        served.add((CountersignFilter.find(request).isPresent() ? "verified " : "open ")
                + ContainerRequest.of(request).getRequestURI());
        response.getOutputStream().print(String.valueOf(request.getParameter("amount")));
    }

    private void inFront(Filter filter) {
        FilterHolder holder = new FilterHolder(filter);
        holder.setAsyncSupported(true);
        server.context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST));
    }

    private Answer send(String head, String body) throws IOException {
        return RawHttp.exchange(
                server.port(), head + "Host: h\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    private static Routes allExcept(ScriptedVerifier verifier) {
        return Routes.by(verifier).protectAllExcept("/open/**", "/health");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/secret",
                "//api/secret",
                "/;/api/secret",
                "/api%2Fsecret",
                "/%2fapi/secret",
                "http://h//api/secret",
                "http://h/api/secret",
                "/open/..;/api/secret",
                "/open/../api/secret",
                "/open/%2e%2e/api/secret",
                "/v1/files/../../x",
                "/v1/jobs/..;/..;",
                "/Health",
                "/health/"
            })
    void nothingUnsignedReachesTheApplication(String target) throws Exception {
        start(allExcept(verifier));
        verifier.atHead = RejectionReason.MALFORMED_HEADER;
        assertEquals(400, send("GET " + target + " HTTP/1.1\r\n", "").status());
        assertEquals(List.of(), served);
        assertEquals(1, verifier.unread(), "it was the verifier that refused");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/secret", "/API/secret", "/api/", "//x", "/x/%2e%2e/api/secret", "/x;y", "/open%2Fx"})
    void whereAPartIsProtectedSoIsWhatCouldBeThatPart(String target) throws Exception {
        start(Routes.by(verifier).protect("/api/**"));
        verifier.atHead = RejectionReason.MALFORMED_HEADER;
        assertEquals(400, send("GET " + target + " HTTP/1.1\r\n", "").status());
        assertEquals(1, verifier.unread());
        assertEquals(200, send("GET /x HTTP/1.1\r\n", "").status());
        assertEquals(List.of("open /x"), served);
    }

    @Test
    void whatIsOpenPasses() throws Exception {
        start(allExcept(verifier));
        assertEquals(200, send("GET /health HTTP/1.1\r\n", "").status());
        assertEquals(200, send("POST /open/x?y HTTP/1.1\r\n", "abc").status());
        assertEquals(List.of("open /health", "open /open/x"), served);
        assertEquals(0, verifier.unread());
    }

    @Test
    void aDoubtfulPathIsRefusedWhereThereAreSeveralSchemes() throws Exception {
        ScriptedVerifier sessions = new ScriptedVerifier();
        start(Routes.by(verifier).route("/partner/**", sessions).protectAllExcept());
        assertEquals(400, send("GET /partner/..;/x HTTP/1.1\r\n", "").status());
        assertEquals(0, verifier.unread() + sessions.unread());
        assertEquals(200, send("GET /partner/x HTTP/1.1\r\n", "").status());
        assertEquals(1, sessions.unread());
        assertEquals(200, send("GET /x HTTP/1.1\r\n", "").status());
        assertEquals(1, verifier.unread());
    }

    @Test
    void whatWrappersSayChangesNothing() throws Exception {
        inFront((request, response, chain) -> chain.doFilter(
                new HttpServletRequestWrapper((HttpServletRequest) request) {
                    @Override
                    public String getRequestURI() {
                        return "/open" + super.getRequestURI();
                    }

                    @Override
                    public String getMethod() {
                        return "DELETE";
                    }

                    @Override
                    public String getHeader(String name) {
                        return "other";
                    }
                },
                response));
        start(allExcept(verifier));
        assertEquals(200, send("POST /transfer?x=1 HTTP/1.1\r\n", "abc").status());
        ScriptedVerifier.Seen seen = verifier.next();
        assertEquals("POST", seen.method);
        assertEquals("/transfer?x=1", seen.target);
        assertEquals(List.of("verified /transfer"), served);
        assertEquals(List.of("POST"), methods, "what was signed, to the application too");
    }

    @ParameterizedTest
    @ValueSource(strings = {"parameter", "reader", "part", "all"})
    void aBodyThatWasReadInFrontIsAFaultOfTheSetUp(String how) throws Exception {
        inFront((request, response, chain) -> {
            switch (how) {
                case "parameter" -> request.getParameter("amount");
                case "reader" -> request.getReader();
                case "part" -> request.getInputStream().read();
                default -> request.getInputStream().readAllBytes();
            }
            chain.doFilter(request, response);
        });
        start(allExcept(verifier));
        Answer answer = send("POST /x HTTP/1.1\r\n" + FORM, "amount=10");
        assertEquals(500, answer.status());
        assertTrue(
                answer.text().contains("map CountersignFilter in front of everything that reads bodies"), answer::text);
        assertEquals(List.of(), served);
        ScriptedVerifier.Seen seen = verifier.next();
        assertTrue(String.valueOf(seen.failure.get()).contains("before it was verified"));
        assertFalse(seen.finished);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "\r\n"})
    void anEmptyBodyIsNoFault(String framing) throws Exception {
        start(allExcept(verifier));
        assertEquals(
                200,
                RawHttp.exchange(server.port(), "POST /x HTTP/1.1\r\nHost: h\r\n" + framing)
                        .status());
    }

    @Test
    void theSignedFormComesBeforeTheUnsignedQuery() throws Exception {
        start(allExcept(verifier));
        assertEquals(
                "10",
                send("POST /x?amount=1000 HTTP/1.1\r\n" + FORM, "amount=10").text());
    }

    @Test
    void patternsMustBeBelowTheContextPath() throws Exception {
        server.context.setContextPath("/app");
        server.filter(Routes.by(verifier).protect("/api/**")).servlet("/", this::serve);
        Exception refused = org.junit.jupiter.api.Assertions.assertThrows(Exception.class, server::start);
        assertTrue(String.valueOf(refused).contains("write \"/app/api/**\" for \"/api/**\""), refused::toString);
    }

    @Test
    void largeBodiesLeaveRoomForSmallOnes() throws Exception {
        CountersignFilter filter =
                JettyServer.settings(allExcept(verifier)).bodyMemory(1 << 20).build();
        server.filter(filter, "/*", true).servlet("/", this::serve).start();
        String chunk = "x".repeat(600_000);
        try (RawHttp first = new RawHttp(server.port())) {
            first.send("POST /first HTTP/1.1\r\nHost: h\r\nContent-Length: 700000\r\n\r\n" + chunk);
            ScriptedVerifier.Seen large = verifier.next();
            awaitBytes(large, chunk.length());
            try (RawHttp second = new RawHttp(server.port())) {
                second.send("POST /second HTTP/1.1\r\nHost: h\r\nContent-Length: 600000\r\n\r\n" + chunk);
                Answer full = second.read();
                assertEquals(503, full.status());
                assertEquals("1", full.header("Retry-After"));
            }
            assertTrue(verifier.next().cancelled.getCount() == 0);
            assertEquals(200, send("POST /small HTTP/1.1\r\n", "abc").status());
            first.send("x".repeat(100_000));
            assertEquals(200, first.read().status());
        }
        assertEquals(List.of("verified /small", "verified /first"), served);
        assertEquals(0, filter.bodyMemoryUsed());
    }

    /** Bounded by the time limit of the class. */
    private static void awaitBytes(ScriptedVerifier.Seen seen, int count) {
        while (seen.size() < count) {
            Thread.onSpinWait();
        }
    }
}
