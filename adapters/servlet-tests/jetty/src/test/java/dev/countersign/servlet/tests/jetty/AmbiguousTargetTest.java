package dev.countersign.servlet.tests.jetty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.servlet.tests.ServletServers;
import dev.countersign.servlet.tests.ServletTests;
import dev.countersign.servlet.tests.WebApp;
import dev.countersign.tck.adapter.AdapterServer;
import dev.countersign.testkit.RawHttp;
import org.junit.jupiter.api.Test;

/** Why Jetty needs two settings for escaped slashes: with one of them alone a request is accepted and then lost. */
class AmbiguousTargetTest extends ServletTests {
    @Override
    protected ServletServers servers() {
        return new JettyServers();
    }

    private WebApp app() {
        return new WebApp().filter(countersign(allExceptOpen())).servlet("/", (request, response) -> {
            String path = request.getServletPath();
            served.incrementAndGet();
            response.getOutputStream().print(path);
        });
    }

    @Test
    void withOneSettingTheNonceIsUsedUpByARequestThatIsNotServed() throws Exception {
        try (AdapterServer server =
                JettyServers.start(app(), context -> context.getServletHandler().setDecodeAmbiguousURIs(false))) {
            String text = signed("GET", "/a%2Fb", "", "");
            int first = RawHttp.exchange(server.port(), text).status();
            if (asynchronous) {
                assertEquals(200, first); // Jetty does not look at the path of a later dispatch
                return;
            }
            assertEquals(0, served.get());
            assertEquals(400, first);
            RawHttp.Answer second = RawHttp.exchange(server.port(), text);
            expect(401, second);
            assertEquals("NONCE_REPLAY", second.header("x-synheart-error"));
        }
    }

    @Test
    void withBothItIsServed() throws Exception {
        start(app());
        expect(200, get("/a%2Fb"));
        assertEquals(1, served.get());
    }

    @Test
    void withNeitherTheServerRefusesItAndTheNonceIsLeft() throws Exception {
        start(app().onDefaults());
        expect(400, get("/a%2Fb"));
        assertEquals(0, scheme.events().size());
    }
}
