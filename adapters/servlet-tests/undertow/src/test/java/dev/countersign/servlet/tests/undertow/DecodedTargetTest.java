package dev.countersign.servlet.tests.undertow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.api.route.Routes;
import dev.countersign.servlet.tests.RealScheme;
import dev.countersign.servlet.tests.WebApp;
import dev.countersign.tck.adapter.AdapterServer;
import dev.countersign.testkit.RawHttp;
import io.undertow.UndertowOptions;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With a setting that we advise against, Undertow decodes the target: then less verifies, and nothing more is open. */
@Timeout(60)
class DecodedTargetTest {
    @Test
    void aTargetThatTheServerHasDecodedOpensNothing() throws Exception {
        for (boolean exceptSome : new boolean[] {true, false}) {
            AtomicInteger served = new AtomicInteger();
            try (RealScheme scheme = new RealScheme()) {
                Routes.Builder by = Routes.by(scheme.verifier());
                WebApp app = new WebApp()
                        .routes(exceptSome ? by.protectAllExcept("/health", "/open/**") : by.protect("/api/**"))
                        .servlet("/", (request, response) -> served.incrementAndGet());
                try (AdapterServer server = UndertowServers.start(
                        app,
                        builder -> builder.setServerOption(UndertowOptions.ALLOW_UNESCAPED_CHARACTERS_IN_URL, true))) {
                    for (String target : List.of(
                            "/health%3f/../api/secret",
                            "/open/x%3f/../../api/secret",
                            "/open/%252e%252e/api/secret",
                            "/open/..%252fapi/secret",
                            "/open/x%23/../../api/secret",
                            "/open/..%2fapi/secret",
                            "/api%3fx",
                            "http://h/health%3f/../api/secret")) {
                        RawHttp.Answer answer =
                                RawHttp.exchange(server.port(), "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
                        assertEquals(400, answer.status(), () -> target + " " + answer);
                        assertEquals(0, served.get(), target);
                    }
                    assertEquals(
                            200,
                            RawHttp.exchange(
                                            server.port(),
                                            "GET " + (exceptSome ? "/open/x?y" : "/x?y")
                                                    + " HTTP/1.1\r\nHost: h\r\n\r\n")
                                    .status());
                }
            }
        }
    }
}
