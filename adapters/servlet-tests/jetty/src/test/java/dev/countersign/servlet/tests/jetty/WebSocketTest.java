package dev.countersign.servlet.tests.jetty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.servlet.CountersignFilter;
import dev.countersign.servlet.tests.ServletServers;
import dev.countersign.servlet.tests.ServletTests;
import dev.countersign.servlet.tests.WebApp;
import dev.countersign.tck.adapter.AdapterServer;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.ee10.websocket.server.JettyWebSocketServlet;
import org.eclipse.jetty.ee10.websocket.server.JettyWebSocketServletFactory;
import org.eclipse.jetty.ee10.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.websocket.api.Session;
import org.junit.jupiter.api.Test;

/** A WebSocket begins with a request, which is verified like any other if a servlet takes it. */
class WebSocketTest extends ServletTests {
    private static final String HANDSHAKE = String.join(
            "\r\n",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "");

    private final List<String> opened = new ArrayList<>();

    @Override
    protected ServletServers servers() {
        return new JettyServers();
    }

    /** What Jetty calls; public for it. */
    public static final class Greeter implements Session.Listener.AutoDemanding {
        @Override
        public void onWebSocketOpen(Session session) {}
    }

    private final class Sockets extends JettyWebSocketServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void configure(JettyWebSocketServletFactory factory) {
            factory.setCreator((request, response) -> {
                opened.add(CountersignFilter.require(request.getHttpServletRequest())
                        .path());
                return new Greeter();
            });
        }
    }

    private AdapterServer startWithServlet() throws Exception {
        return JettyServers.start(
                new WebApp().filter(countersign(allExceptOpen())).servlet("/socket", new Sockets()),
                context -> JettyWebSocketServletContainerInitializer.configure(context, null));
    }

    @Test
    void aSignedHandshakePassesAndAnUnsignedOneDoesNot() throws Exception {
        try (AdapterServer server = startWithServlet()) {
            Answer unsigned = RawHttp.exchange(server.port(), plain("GET", "/socket", HANDSHAKE));
            expect(400, unsigned);
            assertEquals("INVALID_REQUEST", unsigned.header("x-synheart-error"));
            assertEquals(List.of(), opened);

            String text = signed("GET", "/socket", HANDSHAKE, "");
            try (RawHttp http = new RawHttp(server.port())) {
                Answer signed = http.send(text).read();
                expect(101, signed);
                assertEquals("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", signed.header("sec-websocket-accept"));
                assertEquals(List.of("/socket"), opened);
            }
            expect(401, RawHttp.exchange(server.port(), text));
            assertEquals(List.of("/socket"), opened);
        }
    }

    @Test
    void aMappingThatUpgradesInFrontOfAllFiltersIsRefused() {
        WebApp app = new WebApp()
                .filter(countersign(allExceptOpen()))
                .servlet("/", (request, response) -> served.incrementAndGet());
        Exception refused = assertThrows(Exception.class, () -> {
            try (AdapterServer server = JettyServers.start(
                    app,
                    context -> JettyWebSocketServletContainerInitializer.configure(
                            context,
                            (servletContext, container) -> container.addMapping("/socket", (request, response) -> {
                                opened.add("unverified");
                                return new Greeter();
                            })))) {
                // Where it starts all the same, the first request finds out.
                Answer answer = RawHttp.exchange(server.port(), plain("GET", "/socket", HANDSHAKE));
                assertTrue(
                        answer.status() != 101 && opened.isEmpty(),
                        () -> "upgraded, and nobody verified it: " + answer);
                expect(500, answer);
            }
        });
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.contains("WebSocketUpgradeFilter") && message.contains("JettyWebSocketServlet"), message);
        assertEquals(List.of(), opened);
    }
}
