package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.route.Routes;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee10.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A request is verified once, on its first dispatch, and no later dispatch lets an unverified one through. */
@Timeout(60)
class DispatchTest {
    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final JettyServer server = new JettyServer();
    private final AtomicInteger served = new AtomicInteger();

    @AfterEach
    void stop() {
        server.close();
    }

    private Answer post(String target) throws IOException {
        return RawHttp.exchange(
                server.port(), "POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    }

    private static JettyServer.Application echo() {
        return (request, response) -> {
            CountersignFilter.require(request);
            response.getOutputStream().write(request.getInputStream().readAllBytes());
        };
    }

    @Test
    void aVerifiedRequestIsForwardedWithItsBodyAndNotVerifiedAgain() throws Exception {
        server.filter(verifier, "/*")
                .servlet("/to", echo())
                .servlet(
                        "/from",
                        (request, response) ->
                                request.getRequestDispatcher("/to?x=1").forward(request, response))
                .start();
        Answer answer = post("/from");
        assertEquals("abc", answer.text());
        assertEquals("/from", verifier.next().target);
        assertEquals(0, verifier.unread());
    }

    @Test
    void aForwardAddsItsParametersToThoseOfTheForm() throws Exception {
        server.filter(verifier, "/*")
                .servlet(
                        "/to",
                        (request, response) -> response.getWriter()
                                .print(List.of(request.getParameterValues("a")) + request.getParameter("b")))
                .servlet(
                        "/from",
                        (request, response) ->
                                request.getRequestDispatcher("/to?a=3").forward(request, response))
                .start();
        Answer answer = RawHttp.exchange(
                server.port(),
                "POST /from?a=1 HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                        + "Content-Length: 7\r\n\r\na=2&b=4");
        assertEquals("[3, 2, 1]4", answer.text());
    }

    @Test
    void aVerifiedRequestIncludesWithoutBeingVerifiedAgain() throws Exception {
        server.filter(verifier, "/*")
                .servlet("/to", echo())
                .servlet(
                        "/from",
                        (request, response) ->
                                request.getRequestDispatcher("/to").include(request, response))
                .start();
        assertEquals("abc", post("/from").text());
        assertEquals("/from", verifier.next().target);
        assertEquals(0, verifier.unread());
    }

    @Test
    void anUnverifiedRequestCannotBeForwardedOrIncluded() throws Exception {
        server.filter(Routes.by(verifier).protect("/protected/**"))
                .servlet("/protected/to", (request, response) -> served.incrementAndGet())
                .servlet(
                        "/forward",
                        (request, response) ->
                                request.getRequestDispatcher("/protected/to").forward(request, response))
                .servlet(
                        "/include",
                        (request, response) ->
                                request.getRequestDispatcher("/protected/to").include(request, response))
                .servlet("/async", (request, response) -> request.startAsync().dispatch("/protected/to"))
                .start();
        assertEquals(500, post("/forward").status());
        assertEquals(500, post("/include").status());
        assertEquals(500, post("/async").status());
        assertEquals(0, served.get());
        assertEquals(0, verifier.unread());
    }

    @Test
    void aRequestVerifiedByAnotherVerifierCannotBeForwarded() throws Exception {
        ScriptedVerifier other = new ScriptedVerifier();
        server.filter(Routes.by(other).protect("/other/**"))
                .filter(Routes.by(verifier).protect("/protected/**"))
                .servlet("/protected/to", (request, response) -> served.incrementAndGet())
                .servlet(
                        "/other/from",
                        (request, response) ->
                                request.getRequestDispatcher("/protected/to").forward(request, response))
                .start();
        assertEquals(500, post("/other/from").status());
        assertEquals("/other/from", other.next().target);
        assertEquals(0, served.get());
        assertEquals(0, verifier.unread());
    }

    @Test
    void twoFiltersOfOneVerifierVerifyOnceAndOfTwoVerifiersTwice() throws Exception {
        ScriptedVerifier other = new ScriptedVerifier();
        server.filter(verifier, "/*")
                .filter(verifier, "/*")
                .filter(other, "/*")
                .servlet("/to", echo())
                .start();
        assertEquals("abc", post("/to").text());
        assertEquals("abc", verifier.next().text());
        assertEquals(0, verifier.unread());
        assertEquals("abc", other.next().text());
        assertEquals(0, other.unread());
    }

    @Test
    void anErrorPageIsShownForAVerifiedRequestAlone() throws Exception {
        ErrorPageErrorHandler pages = new ErrorPageErrorHandler();
        pages.addErrorPage(404, "/error");
        pages.addErrorPage(410, "/error");
        server.context.setErrorHandler(pages);
        server.context.addFilter(
                new FilterHolder((request, response, chain) -> {
                    if (((jakarta.servlet.http.HttpServletRequest) request)
                            .getRequestURI()
                            .equals("/stopped")) {
                        ((jakarta.servlet.http.HttpServletResponse) response).sendError(410);
                    } else {
                        chain.doFilter(request, response);
                    }
                }),
                "/*",
                EnumSet.of(DispatcherType.REQUEST));
        server.filter(verifier, "/*")
                .servlet("/error", (request, response) -> {
                    served.incrementAndGet();
                    response.getWriter()
                            .print("page " + CountersignFilter.require(request).path());
                })
                .servlet("/fails", (request, response) -> response.sendError(404))
                .start();
        Answer verified = post("/fails");
        assertEquals(404, verified.status());
        assertEquals("page /fails", verified.text());
        assertEquals("/fails", verifier.next().target);
        Answer unverified = post("/stopped");
        assertEquals(410, unverified.status());
        assertEquals("", unverified.text());
        assertEquals(1, served.get());
        assertEquals(0, verifier.unread());
    }

    @Test
    void aRejectionHasNoErrorPage() throws Exception {
        ErrorPageErrorHandler pages = new ErrorPageErrorHandler();
        pages.addErrorPage(401, "/error");
        server.context.setErrorHandler(pages);
        server.filter(verifier, "/*")
                .servlet("/error", (request, response) -> served.incrementAndGet())
                .start();
        verifier.atEnd = RejectionReason.INVALID_SIGNATURE;
        assertTrue(post("/x").text().startsWith("{"));
        assertEquals(0, served.get());
    }

    @Test
    void anAsynchronousRequestComesBackWithItsBodyAndIsNotVerifiedAgain() throws Exception {
        BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
        server.filter(verifier, "/*")
                .servlet("/again", echo())
                .servlet("/later", (request, response) -> {
                    AsyncContext async = request.startAsync();
                    Thread thread = new Thread(() -> async.dispatch("/again"));
                    threads.add(thread);
                    thread.start();
                })
                .servlet("/itself", (request, response) -> {
                    if (request.getDispatcherType() == DispatcherType.REQUEST) {
                        request.startAsync().dispatch();
                    } else {
                        echo().serve(request, response);
                    }
                })
                .start();
        assertEquals("abc", post("/later").text());
        assertEquals("/later", verifier.next().target);
        assertNotSame(Thread.currentThread(), threads.take());
        assertEquals("abc", post("/itself").text());
        assertEquals("/itself", verifier.next().target);
        assertEquals(0, verifier.unread());
    }

    @Test
    void anAsynchronousRequestIsReadFromAnotherThread() throws Exception {
        server.filter(verifier, "/*")
                .servlet("/", (request, response) -> {
                    AsyncContext async = request.startAsync();
                    async.start(() -> {
                        try {
                            byte[] body = async.getRequest().getInputStream().readAllBytes();
                            async.getResponse().getOutputStream().write(body);
                            async.getResponse()
                                    .getOutputStream()
                                    .write(CountersignFilter.require(async.getRequest())
                                            .path()
                                            .getBytes(StandardCharsets.UTF_8));
                        } catch (IOException failure) {
                            throw new java.io.UncheckedIOException(failure);
                        } finally {
                            async.complete();
                        }
                    });
                })
                .start();
        assertEquals("abc/x", post("/x").text());
    }
}
