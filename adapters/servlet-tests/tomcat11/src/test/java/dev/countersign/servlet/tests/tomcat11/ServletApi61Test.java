package dev.countersign.servlet.tests.tomcat11;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.servlet.tests.ServletServers;
import dev.countersign.servlet.tests.ServletTests;
import dev.countersign.servlet.tests.WebApp;
import dev.countersign.testkit.RawHttp.Answer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Methods that the servlet API has from 6.1 on, past which the filter's wrappers must not be got round. */
class ServletApi61Test extends ServletTests {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }

    @Test
    void redirectsWithAStatusAreNotStored() throws Exception {
        start(new WebApp()
                .filter(countersign(allExceptOpen()))
                .servlet("/status", (request, response) -> response.sendRedirect("/elsewhere", 303))
                .servlet("/kept", (request, response) -> {
                    response.getWriter().print("look there");
                    response.sendRedirect("/elsewhere", 301, false);
                })
                .servlet("/cleared", (request, response) -> {
                    response.getWriter().print("gone");
                    response.sendRedirect("/elsewhere", false);
                })
                .servlet("/own", (request, response) -> {
                    response.setHeader("Cache-Control", "max-age=5");
                    response.sendRedirect("/elsewhere", 308);
                }));
        Answer status = get("/status");
        expect(303, status);
        assertEquals(List.of("no-store"), status.headers("cache-control"));
        Answer kept = get("/kept");
        expect(301, kept);
        assertEquals("look there", kept.text());
        assertEquals(List.of("no-store"), kept.headers("cache-control"));
        Answer cleared = get("/cleared");
        expect(302, cleared);
        assertEquals(List.of("no-store"), cleared.headers("cache-control"));
        Answer own = get("/own");
        expect(308, own);
        assertEquals(List.of("max-age=5"), own.headers("cache-control"));
    }

    @Test
    void buffersAreReadAndWrittenAsArraysAre() throws Exception {
        start(new WebApp().filter(countersign(allExceptOpen())).servlet("/", (request, response) -> {
            ByteBuffer read = ByteBuffer.allocate(100);
            int count = request.getInputStream().read(read); // which leaves the position and moves the limit
            assertEquals(3, count);
            request.setCharacterEncoding(StandardCharsets.UTF_8);
            response.setCharacterEncoding(StandardCharsets.UTF_8);
            response.setContentLength(read.remaining());
            response.getOutputStream().write(read);
        }));
        Answer answer = send(signed("POST", "/x", "", "abc"));
        expect(200, answer);
        assertEquals("abc", answer.text());
        assertEquals(List.of("no-store"), answer.headers("cache-control"));
    }
}
