package dev.countersign.servlet.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.route.Routes;
import dev.countersign.servlet.CountersignFilter;
import dev.countersign.testkit.RawHttp.Answer;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Later dispatches: from an open path to an open one, and from a verified request to anything. */
public abstract class DispatchTests extends ServletTests {
    private final List<String> ran = new CopyOnWriteArrayList<>();

    /** For subclasses. */
    protected DispatchTests() {}

    private WebApp app(Routes routes) {
        return new WebApp()
                .filter(countersign(routes))
                .servlet("/api/to", (request, response) -> {
                    ran.add(request.getDispatcherType() + " api " + isVerified(request));
                    response.getOutputStream().print("api");
                })
                .servlet("/open/to", (request, response) -> {
                    ran.add(request.getDispatcherType() + " open " + isVerified(request));
                    response.getOutputStream().print("open");
                })
                .servlet("/", (request, response) -> {
                    String to = request.getParameter("to");
                    if (request.getDispatcherType() == DispatcherType.REQUEST && to != null) {
                        String how = request.getParameter("how");
                        if ("async".equals(how)) {
                            request.startAsync().dispatch(to);
                        } else if ("include".equals(how)) {
                            request.getRequestDispatcher(to).include(request, response);
                        } else if ("error".equals(how)) {
                            response.sendError(410);
                        } else {
                            request.getRequestDispatcher(to).forward(request, response);
                        }
                    } else {
                        ran.add(request.getDispatcherType() + " other " + isVerified(request));
                        response.getOutputStream().print("other");
                    }
                });
    }

    private static boolean isVerified(HttpServletRequest request) {
        return CountersignFilter.find(request).isPresent();
    }

    /** In both modes, and whatever the way to the protected handler. */
    @Test
    public void anOpenRequestIsDispatchedToNoProtectedPath() throws Exception {
        start(app(Routes.by(scheme.verifier()).protect("/api/**")));
        for (String how : List.of("forward", "include", "async")) {
            for (String to :
                    List.of("/api/to", "/open/../api/to", "/api/to;x", "/api/%74o", "/x/..;/api/to", "//api/to")) {
                Answer answer = unsigned(
                        "/from?how=" + how + "&to=" + to.replace("%", "%25").replace(";", "%3B"));
                assertTrue(
                        answer.status() >= 400 || !answer.text().contains("api"), () -> how + " " + to + " " + answer);
            }
        }
        assertTrue(ran.stream().noneMatch(each -> each.contains("api")), ran::toString);
        expect(500, unsigned("/from?how=forward&to=/api/to"));
        expect(500, unsigned("/from?how=include&to=/api/to"));
        expect(500, unsigned("/from?how=async&to=/api/to"));
    }

    /** Where all but some is protected. */
    @Test
    public void anOpenRequestIsDispatchedToAnOpenPathAlone() throws Exception {
        start(app(allExceptOpen()));
        for (String how : List.of("forward", "include", "async")) {
            ran.clear();
            Answer open = unsigned("/open/from?how=" + how + "&to=/open/to");
            expect(200, open);
            assertEquals("open", open.text());
            assertEquals(1, ran.size(), ran::toString);
            assertTrue(ran.get(0).endsWith("open false"), ran::toString);
            expect(500, unsigned("/open/from?how=" + how + "&to=/api/to"));
            expect(500, unsigned("/open/from?how=" + how + "&to=/elsewhere"));
            assertEquals(1, ran.size(), ran::toString);
        }
    }

    /** Verified once, for all its dispatches. */
    @Test
    public void aVerifiedRequestIsDispatchedToAnything() throws Exception {
        start(app(allExceptOpen()));
        for (String how : List.of("forward", "include", "async")) {
            for (String to : List.of("/api/to", "/open/to", "/other")) {
                ran.clear();
                expect(200, get("/from?how=" + how + "&to=" + to));
                assertEquals(1, ran.size(), ran::toString);
                assertTrue(ran.get(0).endsWith("true"), ran::toString);
            }
        }
        assertEquals(9, scheme.events().size(), "verified once each");
    }

    /** An error page, for open and for verified requests, and none for one that was refused. */
    @Test
    public void anErrorPageIsShownToWhoPassed() throws Exception {
        start(app(allExceptOpen())
                .errorPage(410, "/api/to")
                .errorPage(400, "/api/to")
                .errorPage(401, "/api/to"));
        Answer verified = get("/x?how=error&to=x");
        expect(410, verified);
        assertEquals("api", verified.text());
        Answer open = unsigned("/open/x?how=error&to=x");
        expect(410, open);
        assertEquals("api", open.text());
        assertEquals(List.of("ERROR api true", "ERROR api false"), ran);
        Answer refused = unsigned("/x");
        expect(400, refused);
        assertTrue(refused.text().startsWith("{"), refused::toString);
        assertEquals(2, ran.size());
    }

    /** What was sent is refused before the filter: then the page about it is left out. */
    @Test
    public void anErrorInFrontHasNoPage() throws Exception {
        start(new WebApp()
                .step((request, response, chain) -> {
                    if (request.getDispatcherType() == DispatcherType.REQUEST) {
                        response.sendError(410);
                    } else {
                        chain.doFilter(request, response);
                    }
                })
                .filter(countersign(allExceptOpen()))
                .errorPage(410, "/page")
                .servlet("/", (request, response) -> served.incrementAndGet()));
        Answer answer = unsigned("/x");
        expect(410, answer);
        assertEquals("", answer.text());
        assertEquals(0, served.get());
    }
}
