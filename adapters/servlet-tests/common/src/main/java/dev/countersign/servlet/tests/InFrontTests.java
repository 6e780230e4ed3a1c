package dev.countersign.servlet.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.route.Routes;
import dev.countersign.servlet.CountersignFilter;
import dev.countersign.testkit.RawHttp.Answer;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What stands in front of the filter: what reads bodies is named in words, what rewrites requests moves nothing. */
public abstract class InFrontTests extends ServletTests {
    private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";
    private static final String PLACE = "map CountersignFilter in front of everything that reads bodies";

    private final List<Throwable> thrown = new CopyOnWriteArrayList<>();

    /** For subclasses. */
    protected InFrontTests() {}

    private interface Reader {
        void read(HttpServletRequest request) throws IOException;
    }

    private void startBehind(Reader reader) throws Exception {
        start(new WebApp()
                .step((request, response, chain) -> {
                    try {
                        chain.doFilter(request, response);
                    } catch (ServletException failure) {
                        thrown.add(failure);
                        throw failure;
                    }
                })
                .step((request, response, chain) -> {
                    if (request.getDispatcherType() == DispatcherType.REQUEST) {
                        reader.read(request);
                    }
                    chain.doFilter(request, response);
                })
                .filter(countersign(allExceptOpen()))
                .servlet("/", (request, response) -> {
                    served.incrementAndGet();
                    response.getOutputStream().print(body(request));
                }));
    }

    private void expectFault(String request) throws IOException {
        int before = scheme.events().size();
        thrown.clear();
        Answer answer = send(request);
        expect(500, answer);
        assertEquals(0, served.get());
        // What only shows when a body has ended is in the event and the context's log where nobody waits for it: an
        // exception
        // would need one more dispatch, which the application might get.
        assertTrue(thrown.size() == 1 || (asynchronous && thrown.isEmpty()), thrown::toString);
        for (Throwable named : thrown) {
            String message = String.valueOf(named.getMessage());
            assertTrue(message.contains(PLACE), message);
        }
        assertEquals(before + 1, scheme.events().size());
        VerificationEvent event = scheme.events().get(before);
        assertEquals(RejectionReason.INTERNAL, event.reason().orElseThrow());
        String cause = event.cause().orElseThrow().getMessage();
        assertTrue(cause != null && cause.contains(PLACE), () -> "the cause: " + cause);
    }

    /** A filter that asks for a parameter of a form. */
    @Test
    public void aFilterThatReadsAParameterIsNamed() throws Exception {
        startBehind(request -> request.getParameter("a"));
        expectFault(signed("POST", "/x", FORM, "a=1"));
        expectFault(signed("POST", "/x", FORM + CHUNKED, "a=1"));
        expect(200, send(signed("POST", "/x", "Content-Type: text/plain\r\n", "a=1"))); // nothing was read for it
        expect(200, send(signed("POST", "/x", FORM, "")));
    }

    /** A filter that makes parameters of the form of a PUT, as frameworks have. */
    @Test
    public void aFilterThatReadsTheFormOfAPutIsNamed() throws Exception {
        startBehind(request -> {
            if (request.getMethod().equals("PUT")) {
                assertEquals("a=1", body(request));
            }
        });
        expectFault(signed("PUT", "/x", FORM, "a=1"));
        expectFault(signed("PUT", "/x", FORM + CHUNKED, "a=1"));
        expect(200, send(signed("POST", "/x", FORM, "a=1")));
    }

    /** A filter that opens the reader, whatever it reads. */
    @Test
    public void aFilterThatOpensTheReaderIsNamed() throws Exception {
        startBehind(request -> {
            String first = request.getReader().readLine();
            assertEquals("abc", first);
        });
        expectFault(signed("POST", "/x", "", "abc"));
        expectFault(signed("POST", "/x", CHUNKED, "abc"));
    }

    /** A filter that reads some bytes and leaves the others. */
    @Test
    public void aFilterThatReadsInPartIsNamedWhereTheLengthIsKnown() throws Exception {
        startBehind(request -> assertEquals('a', request.getInputStream().read()));
        expectFault(signed("POST", "/x", "", "abc"));
        // A chunked body that was read in part looks like another body.
        Answer answer = send(signed("POST", "/x", CHUNKED, "abc"));
        expect(401, answer);
        assertEquals("INVALID_SIGNATURE", answer.header("x-synheart-error"));
        assertEquals(0, served.get());
    }

    /** Where there is nothing to read, nothing is missing. */
    @Test
    public void anEmptyBodyThatWasReadIsNoFault() throws Exception {
        startBehind(request -> assertEquals("", body(request)));
        expect(200, send(signed("POST", "/x", "Content-Length: 0\r\n", "")));
        expect(200, send(signed("GET", "/x", "", "")));
        assertEquals(2, served.get());
    }

    /** An empty chunked body that nobody has read. */
    @Test
    public void anEmptyChunkedBodyIsNoFault() throws Exception {
        startBehind(request -> {});
        for (int i = 0; i < 20; i++) {
            expect(200, send(signed("POST", "/x", CHUNKED, "")));
            expect(200, send(signed("POST", "/x", "Content-Length: 0\r\n", "")));
        }
        assertEquals(40, served.get());
    }

    /** What is signed comes before what is not. */
    @Test
    public void aParameterOfTheFormComesBeforeTheQuery() throws Exception {
        start(new WebApp()
                .filter(countersign(allExceptOpen()))
                .servlet(
                        "/",
                        (request, response) -> response.getOutputStream()
                                .print(request.getParameter("amount")
                                        + List.of(request.getParameterValues("amount"))
                                        + request.getParameter("b"))));
        Answer answer = send(signed("POST", "/x?amount=1000&b=2", FORM, "amount=10"));
        expect(200, answer);
        assertEquals("10[10, 1000]2", answer.text());
    }

    /** As filters for forwarded headers wrap a request. */
    private static final class Rewritten extends HttpServletRequestWrapper {
        Rewritten(HttpServletRequest request) {
            super(request);
        }

        @Override
        public String getRequestURI() {
            return getHeader("X-Forwarded-Prefix") + super.getRequestURI();
        }

        @Override
        public String getContextPath() {
            return getHeader("X-Forwarded-Prefix");
        }

        @Override
        public String getQueryString() {
            return "rewritten";
        }

        @Override
        public String getMethod() {
            return "GET";
        }

        @Override
        public String getServletPath() {
            return "/open";
        }
    }

    private void startBehindRewriting(Routes routes) throws Exception {
        start(new WebApp()
                .step((request, response, chain) -> chain.doFilter(new Rewritten(request), response))
                .filter(countersign(routes))
                .servlet(
                        "/drafts/*",
                        (request, response) -> response.getOutputStream().print("where the wrapper says"))
                .servlet("/", (request, response) -> {
                    served.incrementAndGet();
                    response.getOutputStream()
                            .print(CountersignFilter.find(request)
                                    .map(verified -> verified.method() + " " + verified.path())
                                    .orElse("open"));
                }));
    }

    /** The signature covers what was sent, not what a header makes of it. */
    @Test
    public void aForwardedPrefixMovesNoSignature() throws Exception {
        startBehindRewriting(allExceptOpen());
        String prefix = "X-Forwarded-Prefix: /drafts\r\n";
        String drafts = "POST /transfer HTTP/1.1\r\nHost: h\r\n" + signature("POST", "/drafts/transfer", "") + prefix
                + "Content-Length: 0\r\n\r\n";
        Answer rejected = send(drafts);
        expect(401, rejected);
        assertEquals(0, served.get());
        Answer verified = send(signed("POST", "/transfer", prefix, "abc"));
        expect(200, verified);
        assertEquals("POST /transfer", verified.text());
    }

    /** The border lies where the container read it. */
    @Test
    public void aForwardedPrefixMovesNoBorder() throws Exception {
        startBehindRewriting(allExceptOpen());
        expect(400, send(plain("GET", "/transfer", "X-Forwarded-Prefix: /open\r\n")));
        assertEquals(0, served.get());
        Answer open = send(plain("GET", "/open/x", "X-Forwarded-Prefix: /closed\r\n"));
        expect(200, open);
        assertEquals("open", open.text());
    }
}
