package dev.countersign.servlet.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.api.route.Routes;
import dev.countersign.servlet.CountersignFilter;
import dev.countersign.tck.adapter.AdapterServer;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A server for a test, with real signatures; each test once with the filter's blocking mode and once with its asynchronous one. */
@ParameterizedClass(name = "asynchronous: {0}")
@ValueSource(booleans = {false, true})
@Timeout(120)
public abstract class ServletTests {
    /** The filter's mode. */
    @Parameter
    protected boolean asynchronous;

    /** Real signatures. */
    protected final RealScheme scheme = new RealScheme();

    /** How many requests the servlets served. */
    protected final AtomicInteger served = new AtomicInteger();

    private @Nullable AdapterServer server;

    /** For subclasses. */
    protected ServletTests() {}

    /** What starts the servers. */
    protected abstract ServletServers servers();

    /** Everything is verified but {@code /open/**}. */
    protected final Routes allExceptOpen() {
        return Routes.by(scheme.verifier()).protectAllExcept("/open/**");
    }

    /** Settings of the filter in this test's mode. */
    protected final CountersignFilter.Builder settings(Routes routes) {
        CountersignFilter.Builder settings = CountersignFilter.builder(routes);
        return asynchronous ? settings.asynchronous() : settings;
    }

    /** The filter in this test's mode. */
    protected final CountersignFilter countersign(Routes routes) {
        return settings(routes).build();
    }

    /** Starts a server, once in a test. */
    protected final void start(WebApp app) throws Exception {
        server = servers().start(app.asynchronous(asynchronous));
    }

    /** Stops the server. */
    @AfterEach
    public final void stop() {
        if (server != null) {
            server.close();
        }
        scheme.close();
    }

    /** The server's port. */
    protected final int port() {
        if (server == null) {
            throw new IllegalStateException("start the server first");
        }
        return server.port();
    }

    /** The header lines of a signature. */
    protected final String signature(String method, String path, String body) {
        StringBuilder lines = new StringBuilder();
        Map<String, String> headers = scheme.sign(method, path, RawHttp.latin1(body));
        headers.forEach(
                (name, value) -> lines.append(name).append(": ").append(value).append("\r\n"));
        return lines.toString();
    }

    /** A signed request with some more header lines and its body. */
    protected final String signed(String method, String target, String moreLines, String body) {
        String path = target.split("\\?", 2)[0];
        String length = body.isEmpty() || moreLines.contains("Transfer-Encoding")
                ? ""
                : "Content-Length: " + body.length() + "\r\n";
        return method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + signature(method, path, body) + moreLines + length
                + "\r\n" + (moreLines.contains("Transfer-Encoding") ? chunked(body) : body);
    }

    /** A request that nobody signed. */
    protected static String plain(String method, String target, String moreLines) {
        return method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + moreLines + "\r\n";
    }

    private static String chunked(String body) {
        return (body.isEmpty() ? "" : Integer.toHexString(body.length()) + "\r\n" + body + "\r\n") + "0\r\n\r\n";
    }

    /** Sends a request on a connection of its own. */
    protected final Answer send(String request) throws IOException {
        return RawHttp.exchange(port(), request);
    }

    /** Sends a signed GET. */
    protected final Answer get(String target) throws IOException {
        return send(signed("GET", target, "", ""));
    }

    /** Sends an unsigned GET. */
    protected final Answer unsigned(String target) throws IOException {
        return send(plain("GET", target, ""));
    }

    /** Looks at a status. */
    protected static void expect(int status, Answer answer) {
        assertEquals(status, answer.status(), answer::toString);
    }

    /** The body as the application reads it. */
    protected static String body(HttpServletRequest request) throws IOException {
        return new String(request.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
}
