package dev.countersign.servlet.tests.tomcat11;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.servlet.tests.ServletServers;
import dev.countersign.servlet.tests.ServletTests;
import dev.countersign.servlet.tests.WebApp;
import dev.countersign.tck.adapter.AdapterServer;
import dev.countersign.testkit.RawHttp;
import org.junit.jupiter.api.Test;

/** A connector that passes escaped slashes on, over a context that decodes them for a dispatch, as it does by default. */
class PassthroughTest extends ServletTests {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }

    @Test
    void aPathThatTomcatFindsNoWayToIsAnswered() throws Exception {
        WebApp app = new WebApp()
                .asynchronous(asynchronous)
                .filter(countersign(allExceptOpen()))
                .servlet("/", (request, response) -> served.incrementAndGet());
        try (AdapterServer server =
                TomcatServers.start(app, connector -> connector.setEncodedSolidusHandling("passthrough"))) {
            assertEquals(
                    200,
                    RawHttp.exchange(server.port(), signed("GET", "/x%2Fy", "", ""))
                            .status());
            // Out of the root, once decoded: in asynchronous mode the dispatch throws, and nobody else would answer.
            int status = RawHttp.exchange(server.port(), signed("GET", "/x%2F..%2F..%2Fy", "", ""))
                    .status();
            assertEquals(asynchronous ? 500 : 200, status);
            assertEquals(asynchronous ? 1 : 2, served.get());
        }
    }
}
