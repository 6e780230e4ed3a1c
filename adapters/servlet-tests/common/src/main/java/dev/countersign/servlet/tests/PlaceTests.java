package dev.countersign.servlet.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.api.route.Routes;
import dev.countersign.servlet.CountersignFilter;
import dev.countersign.testkit.RawHttp.Answer;
import jakarta.servlet.http.HttpServletResponse;
import org.junit.jupiter.api.Test;

/** Where the filter is: in an application with a context path, behind a filter for CORS. */
public abstract class PlaceTests extends ServletTests {
    /** For subclasses. */
    protected PlaceTests() {}

    private WebApp app(Routes routes) {
        return new WebApp().contextPath("/app").filter(countersign(routes)).servlet("/", (request, response) -> {
            served.incrementAndGet();
            response.getOutputStream()
                    .print(CountersignFilter.find(request)
                            .map(verified -> verified.path())
                            .orElse("open"));
        });
    }

    /** Patterns that can match nothing there keep the application from starting. */
    @Test
    public void patternsOutsideTheContextPathAreRefused() {
        assertThrows(
                Exception.class, () -> start(app(Routes.by(scheme.verifier()).protect("/api/**"))));
        assertThrows(
                Exception.class, () -> start(app(Routes.by(scheme.verifier()).protectAllExcept("/health"))));
        assertThrows(
                Exception.class, () -> start(app(Routes.by(scheme.verifier()).protectAllExcept("/apple"))));
    }

    /** Patterns have it in front, and signatures too. */
    @Test
    public void patternsAndSignaturesHaveTheContextPath() throws Exception {
        start(app(Routes.by(scheme.verifier()).protect("/app/api/**")));
        assertEquals("/app/api/x", get("/app/api/x").text());
        expect(400, unsigned("/app/api/x"));
        expect(400, unsigned("/app/API/x"));
        assertEquals("open", unsigned("/app/x").text());
        int before = served.get();
        Answer moved = send("GET /app/api/x HTTP/1.1\r\nHost: h\r\n" + signature("GET", "/api/x", "") + "\r\n");
        expect(401, moved);
        assertEquals(before, served.get());
    }

    /** Escaped, with parameters or around: the context path moves no border either. */
    @Test
    public void anotherNameOfTheContextPathOpensNothing() throws Exception {
        start(app(Routes.by(scheme.verifier()).protectAllExcept("/app/open/**")));
        for (String target : new String[] {
            "/%61pp/x",
            "/app;a/x",
            "/app/open/..;/x",
            "/app/open/../x",
            "/x/../app/x",
            "//app/x",
            "/app/open/..%2fx",
            "/app//x"
        }) {
            Answer answer = unsigned(target);
            assertEquals(0, served.get(), () -> target + " " + answer);
        }
        assertEquals("open", unsigned("/app/open/x").text());
        // One form, and in the application: the server finds it there, and so do the routes.
        expect(200, get("/app/%78"));
    }

    private WebApp behindCors(boolean isInFront) {
        WebApp app = new WebApp();
        if (isInFront) {
            app.step((request, response, chain) -> {
                if (request.getHeader("Origin") != null) {
                    response.setHeader("Access-Control-Allow-Origin", "https://app.example");
                }
                boolean isPreflight = request.getMethod().equals("OPTIONS")
                        && request.getHeader("Origin") != null
                        && request.getHeader("Access-Control-Request-Method") != null;
                if (isPreflight) {
                    response.setHeader("Access-Control-Allow-Headers", "X-App-ID");
                    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
                } else {
                    chain.doFilter(request, response);
                }
            });
        }
        return app.filter(countersign(allExceptOpen())).servlet("/", (request, response) -> served.incrementAndGet());
    }

    private static final String ORIGIN = "Origin: https://app.example\r\n";
    private static final String PREFLIGHT = ORIGIN + "Access-Control-Request-Method: POST\r\n";

    /** Preflight requests are not signed: a filter in front answers them, and decorates refusals. */
    @Test
    public void aFilterForCorsInFrontAnswersPreflights() throws Exception {
        start(behindCors(true));
        Answer preflight = send(plain("OPTIONS", "/api/x", PREFLIGHT));
        expect(204, preflight);
        assertEquals("X-App-ID", preflight.header("access-control-allow-headers"));
        Answer refused = send(plain("POST", "/api/x", ORIGIN + "Content-Length: 0\r\n"));
        expect(400, refused);
        assertEquals("https://app.example", refused.header("access-control-allow-origin"));
        assertEquals(0, served.get());
        Answer signed = send(signed("POST", "/api/x", ORIGIN, "x"));
        expect(200, signed);
        assertEquals("https://app.example", signed.header("access-control-allow-origin"));
    }

    /** Without one it is a request like any other. */
    @Test
    public void aPreflightIsVerifiedLikeAnyRequest() throws Exception {
        start(behindCors(false));
        expect(400, send(plain("OPTIONS", "/api/x", PREFLIGHT)));
        assertEquals(0, served.get());
        expect(200, send(signed("OPTIONS", "/api/x", PREFLIGHT, "")));
        assertEquals(1, served.get());
    }

    /** An escaped slash comes through to the application, and the request counts only then. */
    @Test
    public void anEscapedSlashComesThrough() throws Exception {
        start(new WebApp().filter(countersign(allExceptOpen())).servlet("/", (request, response) -> {
            served.incrementAndGet();
            String info = request.getPathInfo();
            response.getOutputStream()
                    .print(request.getServletPath() + (info == null ? "" : info) + " "
                            + CountersignFilter.require(request).path());
        }));
        for (String target : new String[] {"/files/a%2Fb", "/files/a%2fb", "/files//a%2F%2Fb;v=1"}) {
            Answer answer = get(target);
            expect(200, answer);
            assertEquals(target, answer.text().split(" ", 2)[1]);
        }
        assertEquals(3, served.get());
    }
}
