package dev.countersign.servlet.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What was signed for one client is stored by no shared cache, unless the application says otherwise. */
public abstract class CachingTests extends ServletTests {
    private static final byte[] LARGE = new byte[300_000];

    /** For subclasses. */
    protected CachingTests() {}

    private static Map<String, WebApp.Application> answers() {
        Map<String, WebApp.Application> answers = new LinkedHashMap<>();
        answers.put("empty", (request, response) -> {});
        answers.put("status", (request, response) -> response.setStatus(204));
        answers.put("writer", (request, response) -> response.getWriter().print("x"));
        answers.put(
                "writer-println", (request, response) -> response.getWriter().println("x"));
        answers.put("writer-closed", (request, response) -> {
            response.getWriter().print("x");
            response.getWriter().close();
        });
        answers.put("stream", (request, response) -> response.getOutputStream().write('x'));
        answers.put(
                "stream-print",
                (request, response) -> response.getOutputStream().println("x"));
        answers.put(
                "stream-closed",
                (request, response) -> response.getOutputStream().close());
        answers.put("stream-flushed", (request, response) -> {
            response.getOutputStream().write('x');
            response.getOutputStream().flush();
            response.getOutputStream().write('y');
        });
        answers.put("flushed", (request, response) -> response.flushBuffer());
        for (int size : new int[] {1_000, 5_000, 8_000, 10_000, 20_000, 32_000, 64_000}) {
            answers.put(
                    "once-" + size,
                    (request, response) -> response.getOutputStream().write(new byte[size]));
            answers.put(
                    "text-once-" + size,
                    (request, response) -> response.getWriter().print("x".repeat(size)));
        }
        answers.put("large", (request, response) -> response.getOutputStream().write(LARGE));
        answers.put("large-in-pieces", (request, response) -> {
            for (int i = 0; i < LARGE.length; i += 1_000) {
                response.getOutputStream().write(LARGE, i, 1_000);
            }
        });
        answers.put("large-text", (request, response) -> response.getWriter().print("x".repeat(LARGE.length)));
        answers.put("large-text-above-ascii", (request, response) -> {
            response.setCharacterEncoding("UTF-8");
            response.getWriter().print("\u20ac".repeat(LARGE.length));
        });
        answers.put("format", (request, response) -> response.getWriter().format("%s", "x".repeat(LARGE.length)));
        answers.put("append", (request, response) -> response.getWriter().append("x".repeat(LARGE.length)));
        answers.put("length", (request, response) -> {
            response.setContentLength(1);
            response.getOutputStream().write('x');
        });
        answers.put("length-header", (request, response) -> {
            response.setHeader("Content-Length", "1");
            response.getWriter().print("x");
        });
        answers.put("length-int-header", (request, response) -> {
            response.setIntHeader("Content-Length", 1);
            response.getOutputStream().write('x');
        });
        answers.put("length-zero", (request, response) -> response.setContentLengthLong(0));
        answers.put("small-buffer", (request, response) -> {
            response.setBufferSize(16);
            response.getOutputStream().write(new byte[64]);
        });
        answers.put("error", (request, response) -> response.sendError(404));
        answers.put("error-text", (request, response) -> response.sendError(409, "x"));
        answers.put("redirect", (request, response) -> response.sendRedirect("/elsewhere"));
        answers.put("reset", (request, response) -> {
            response.getOutputStream().write('x');
            response.reset();
            response.getWriter().print("y");
        });
        answers.put("async", (request, response) -> {
            AsyncContext async = request.startAsync();
            async.start(() -> {
                write((HttpServletResponse) async.getResponse());
                async.complete();
            });
        });
        answers.put("async-original", (request, response) -> {
            AsyncContext async = request.startAsync(request, response);
            async.start(async::complete);
        });
        answers.put(
                "include",
                (request, response) ->
                        request.getRequestDispatcher("/api/writer").include(request, response));
        answers.put(
                "forward",
                (request, response) ->
                        request.getRequestDispatcher("/api/large").forward(request, response));
        return answers;
    }

    private static void write(HttpServletResponse response) {
        try {
            response.getOutputStream().write('x');
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static WebApp with(WebApp app, Map<String, WebApp.Application> answers) {
        answers.forEach((name, answer) -> app.servlet("/api/" + name, answer));
        return app;
    }

    private Answer answer(String method, String target) throws IOException {
        try (RawHttp http = new RawHttp(port())) {
            http.send(signed(method, target, "", ""));
            return http.read(method.equals("HEAD"));
        }
    }

    /** However it is written. */
    @Test
    public void anAcceptedRequestIsNotStored() throws Exception {
        start(with(new WebApp().filter(countersign(allExceptOpen())), answers()));
        for (String name : answers().keySet()) {
            for (String method : List.of("GET", "HEAD", "POST")) {
                Answer answer = answer(method, "/api/" + name);
                List<String> values = answer.headers("cache-control");
                assertTrue(
                        !values.isEmpty() && values.stream().allMatch(value -> value.contains("no-store")),
                        () -> method + " " + name + ": " + answer.status() + " " + answer.headers());
                assertTrue(answer.status() < 500, () -> method + " " + name + ": " + answer);
            }
        }
    }

    /** Who says whether it may be stored has said it. */
    @Test
    public void whatTheApplicationSaysStays() throws Exception {
        Map<String, WebApp.Application> own = new LinkedHashMap<>();
        own.put("cache-control", (request, response) -> response.setHeader("Cache-Control", "max-age=5"));
        own.put("late", (request, response) -> {
            response.getOutputStream().write('x');
            response.addHeader("cache-control", "private");
        });
        own.put("late-set", (request, response) -> {
            response.getWriter().print("x");
            response.setHeader("Cache-Control", "max-age=6");
        });
        own.put("late-expires", (request, response) -> {
            response.getOutputStream().write('x');
            response.setDateHeader("Expires", 1_700_000_000_000L);
        });
        own.put("late-if-absent", (request, response) -> {
            response.getOutputStream().write('x');
            if (!response.containsHeader("Cache-Control")
                    && response.getHeader("Cache-Control") == null
                    && response.getHeaders("Cache-Control").isEmpty()) {
                response.addHeader("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate");
                response.addHeader("Pragma", "no-cache");
                response.addHeader("Expires", "0");
            }
        });
        own.put("twice", (request, response) -> {
            response.getOutputStream().write('x');
            response.addHeader("Cache-Control", "private");
            response.addHeader("Cache-Control", "max-age=7");
        });
        own.put("expires", (request, response) -> response.setDateHeader("Expires", 1_700_000_000_000L));
        own.put("pragma", (request, response) -> response.setHeader("Pragma", "x"));
        own.put("large", (request, response) -> {
            response.setHeader("Cache-Control", "max-age=5");
            response.getOutputStream().write(LARGE);
        });
        own.put("redirect", (request, response) -> {
            response.setHeader("Cache-Control", "max-age=5");
            response.sendRedirect("/elsewhere");
        });
        start(with(new WebApp().filter(countersign(allExceptOpen())), own));
        assertEquals(List.of("max-age=5"), answer("GET", "/api/cache-control").headers("cache-control"));
        assertEquals(List.of("private"), answer("GET", "/api/late").headers("cache-control"));
        assertEquals(List.of("max-age=6"), answer("GET", "/api/late-set").headers("cache-control"));
        assertEquals(
                List.of("private", "max-age=7"), answer("GET", "/api/twice").headers("cache-control"));
        Answer ifAbsent = answer("GET", "/api/late-if-absent");
        assertEquals(List.of("no-cache, no-store, max-age=0, must-revalidate"), ifAbsent.headers("cache-control"));
        assertEquals(List.of("no-cache"), ifAbsent.headers("pragma"));
        assertEquals(List.of("0"), ifAbsent.headers("expires"));
        Answer late = answer("GET", "/api/late-expires");
        assertEquals(1, late.headers("expires").size());
        // Where a container cannot take a header back, what was the safe value stays.
        List<String> beside = late.headers("cache-control");
        assertTrue(beside.isEmpty() || beside.equals(List.of("no-store")), beside::toString);
        assertEquals(List.of("max-age=5"), answer("GET", "/api/large").headers("cache-control"));
        assertEquals(List.of("max-age=5"), answer("GET", "/api/redirect").headers("cache-control"));
        assertEquals(List.of(), answer("GET", "/api/expires").headers("cache-control"));
        assertEquals(1, answer("GET", "/api/expires").headers("expires").size());
        assertEquals(List.of(), answer("GET", "/api/pragma").headers("cache-control"));
        assertEquals(List.of("x"), answer("GET", "/api/pragma").headers("pragma"));
    }

    /** A filter in front that has spoken already, as security frameworks do, and one behind. */
    @Test
    public void whatAFilterSaysStays() throws Exception {
        start(new WebApp()
                .step((request, response, chain) -> {
                    response.setHeader("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate");
                    response.setHeader("Pragma", "no-cache");
                    chain.doFilter(request, response);
                })
                .filter(countersign(allExceptOpen()))
                .servlet("/", (request, response) -> response.getWriter().print("x")));
        assertEquals(
                List.of("no-cache, no-store, max-age=0, must-revalidate"),
                answer("GET", "/x").headers("cache-control"));
    }

    /** Open requests are the application's own, and refusals are never stored. */
    @Test
    public void openRequestsAreLeftAlone() throws Exception {
        start(new WebApp()
                .filter(countersign(allExceptOpen()))
                .servlet(
                        "/",
                        (request, response) -> response.getOutputStream().write("x".getBytes(StandardCharsets.UTF_8))));
        assertEquals(List.of(), unsigned("/open/x").headers("cache-control"));
        assertEquals(List.of("no-store"), unsigned("/x").headers("cache-control"));
    }
}
