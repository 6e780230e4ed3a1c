package dev.countersign.tck.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.countersign.api.route.Routes;
import dev.countersign.tck.adapter.AdapterApplication.Arrival;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Starts the servers of a contract, sends its requests and looks at what becomes of them. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class AdapterRuns {
    /** What is open. */
    enum Border {
        /** {@code protectAllExcept("/open/**", "/health")}. */
        ALL_EXCEPT,
        /** {@code protect("/api/**")}. */
        ONLY
    }

    private static final String PROBE = "/open/probe";
    private static final int MOST_ANSWERS = 10;

    private final Map<Border, Running> running = new EnumMap<>(Border.class);

    /** A server, and what stands before and behind its adapter. */
    record Running(
            TestScheme scheme, RecordingVerifier verifier, AdapterApplication application, AdapterServer server) {}

    AdapterRuns() {}

    /**
     * Starts a server on a port of the loopback address that the system chooses, with the adapter in front of everything.
     *
     * @param routes what the adapter keeps to
     * @param application gets every request that comes through
     */
    protected abstract AdapterServer start(Routes routes, AdapterApplication application) throws Exception;

    /** How requests are signed: by a {@link DigestScheme} unless overridden. Called once for each server that is started. */
    protected TestScheme newScheme() {
        return new DigestScheme();
    }

    /** Whether the server speaks HTTP/2 on the same port, without TLS and with clients that know it; false unless overridden. */
    protected boolean speaksHttp2() {
        return false;
    }

    /**
     * Exchanges that the server itself reads as no server should, by their names: of these the contract demands only that nothing
     * unverified reaches a protected handler, and that the fault is still there. None unless overridden. Write down which they are
     * and why.
     */
    protected Set<String> faultsOfTheServer() {
        return Set.of();
    }

    /**
     * Called after each test: fails if the adapter holds anything of requests that are over, memory or buffers. Does nothing unless
     * overridden.
     */
    protected void assertNothingIsHeld() throws Exception {}

    Running running(Border border) throws Exception {
        Running known = running.get(border);
        if (known == null) {
            TestScheme scheme = newScheme();
            RecordingVerifier verifier = new RecordingVerifier(scheme.verifier());
            Routes.Builder by = Routes.by(verifier);
            Routes routes = border == Border.ONLY ? by.protect("/api/**") : by.protectAllExcept("/open/**", "/health");
            AdapterApplication application = new AdapterApplication();
            known = new Running(scheme, verifier, application, start(routes, application));
            running.put(border, known);
        }
        return known;
    }

    @AfterEach
    final void nothingIsHeld() throws Exception {
        for (Running each : running.values()) {
            each.verifier.slow(false);
            each.verifier.forget();
        }
        assertNothingIsHeld();
    }

    @AfterAll
    final void stop() {
        for (Running each : running.values()) {
            each.server.close();
            each.scheme.close();
        }
        running.clear();
    }

    /** Sends a request on a connection of its own, and another one behind it. */
    final Outcome run(Border border, Exchange exchange) throws Exception {
        Running at = running(border);
        nothingArrived(at, "after an earlier request");
        int begun = at.verifier.begun();
        try (RawHttp http = new RawHttp(at.server.port())) {
            http.send(exchange.text().apply(at.scheme));
            if (exchange.ends()) {
                http.endOfInput();
            }
            int interim = 0;
            Answer answer = readOrNull(http);
            while (answer != null && answer.status() < 200) {
                interim++;
                answer = readOrNull(http);
            }
            if (exchange.ends()) {
                awaitEnd(http, exchange);
            }
            int seen = at.verifier.begun() - begun;
            List<Arrival> arrivals = taken(border, at);
            boolean closes = answer == null
                    || exchange.ends()
                    || answer.header("connection").toLowerCase(Locale.ROOT).equals("close")
                    || isClosedBeforeNext(http, at, exchange);
            return new Outcome(answer, interim, closes, seen, arrivals);
        } finally {
            at.verifier.forget();
        }
    }

    /** Whatever the server has read into it is done when it closes. */
    private static void awaitEnd(RawHttp http, Exchange exchange) throws IOException {
        for (int i = 0; i < MOST_ANSWERS; i++) {
            if (readOrNull(http) == null) {
                return;
            }
        }
        throw new AssertionError(exchange.name() + ": answers without end");
    }

    static @Nullable Answer readOrNull(RawHttp http) throws IOException {
        try {
            return http.read();
        } catch (EOFException | SocketException closed) {
            return null;
        }
    }

    /** What follows a request is read as what it is, or not at all. */
    private static boolean isClosedBeforeNext(RawHttp http, Running at, Exchange exchange) throws IOException {
        http.send("GET " + PROBE + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Answer next = readOrNull(http);
        List<Arrival> arrivals = at.application.take();
        if (next == null) {
            assertEquals(List.of(), arrivals, exchange.name() + ": not answered, and in the application");
            return true;
        }
        boolean isProbe = next.status() == 200
                && arrivals.size() == 1
                && arrivals.get(0).paths().contains(PROBE)
                && arrivals.get(0).verified() == null;
        if (!isProbe) {
            throw new AssertionError(
                    exchange.name() + ": the request behind it was read as another: " + next + " " + arrivals);
        }
        return false;
    }

    /** What has arrived, none of it unverified that is protected. */
    final List<Arrival> taken(Border border, Running at) {
        List<Arrival> arrivals = at.application.take();
        for (Arrival arrival : arrivals) {
            if (arrival.verified() == null) {
                for (String path : arrival.paths()) {
                    if (!isOpen(border, path)) {
                        throw new AssertionError("an unverified request ran a protected handler: " + arrival);
                    }
                }
            }
        }
        return arrivals;
    }

    final void nothingArrived(Running at, String when) {
        List<Arrival> late = at.application.take();
        if (!late.isEmpty()) {
            throw new AssertionError("something came through " + when + ": " + late);
        }
    }

    /** As the most careless reader takes a path. */
    private static boolean isOpen(Border border, String target) {
        String raw = SignedExchange.path(target).replace("+", "%2B");
        String path;
        try {
            path = URLDecoder.decode(raw, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException brokenEscape) {
            return false;
        }
        if (path.contains("..")
                || path.contains("//")
                || path.contains(";")
                || path.contains("\\")
                || path.contains("%")) {
            return false;
        }
        if (border == Border.ONLY) {
            return !path.equals("/api") && !path.startsWith("/api/");
        }
        return path.equals("/health") || path.equals("/open") || path.startsWith("/open/");
    }

    final void check(Border border, Exchange exchange) throws Exception {
        Outcome outcome = run(border, exchange);
        String wrong = outcome.wrong(exchange);
        if (faultsOfTheServer().contains(exchange.name())) {
            assertFalse(wrong.isEmpty(), "the server has mended it: strike it off the list");
            return;
        }
        if (!wrong.isEmpty()) {
            throw new AssertionError(exchange.name() + ": " + wrong + "; it was " + outcome);
        }
    }
}
