package dev.countersign.tck.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.countersign.api.RejectionReason;
import dev.countersign.tck.adapter.AdapterApplication.Arrival;
import dev.countersign.testkit.RawHttp.Answer;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What every adapter must do, on every server: the same exchange means the same verdict wherever the server lets it through, and
 * nothing that is not verified reaches a handler that is protected. Requests are sent byte by byte over sockets. A server may refuse an
 * odd one by itself; if not, it is judged as its bytes say.
 *
 * <p>Extend it for each server, and for each of the server's settings that decide what comes through. Start the server with
 * {@code routes} in the adapter and an application that hands everything on:
 *
 * <pre>{@code
 * class MyAdapterTest extends AdapterContract {
 *     @Override
 *     protected AdapterServer start(Routes routes, AdapterApplication application) {
 *         MyServer server = MyServer.onLoopback(0, new MyAdapter(routes), request -> {
 *             VerifiedRequest verified = MyAdapter.find(request).orElse(null);
 *             byte[] body = request.readAll();
 *             return Response.ok(application.handle(verified, List.of(request.rawTarget(), request.decodedPath()), body));
 *         });
 *         return new AdapterServer() {
 *             public int port() { return server.port(); }
 *             public void close() { server.stop(); }
 *         };
 *     }
 * }
 * }</pre>
 *
 * <ul>
 *   <li>Serve all methods and all paths by the application; where the server has mappings of its own, map {@code /api},
 *       {@code /open}, {@code /health} and the rest apart, and name the mapping among the paths.
 *   <li>Give the server room for a head of 4 MB, if it has such a setting: then it is the adapter that copes with it.
 *   <li>{@code true} from {@link #speaksHttp2} adds HTTP/2 on the same port.
 *   <li>Override {@link #assertNothingIsHeld} where the adapter holds buffers or counts memory.
 *   <li>{@link #newScheme} runs the same over a real verifier.
 * </ul>
 *
 * <p>A test of this class takes one server through many requests. Servers are started once for a class and closed after its last test.
 */
public abstract class AdapterContract extends AdapterConversations {
    private static final String WITH_LENGTH = "HTTP/2, a body with a length that ends with an empty frame";
    private static final String WITHOUT_LENGTH = "HTTP/2, a body without a length that ends with an empty frame";

    /** For subclasses. */
    protected AdapterContract() {}

    private Stream<DynamicTest> each(Border border, List<Exchange> exchanges) {
        return exchanges.stream()
                .map(exchange -> DynamicTest.dynamicTest(exchange.name(), () -> check(border, exchange)));
    }

    /** The path of the signature is the path as it was sent. */
    @TestFactory
    public final Stream<DynamicTest> targets() {
        return each(Border.ALL_EXCEPT, TargetExchanges.targets());
    }

    /** Methods are taken as they were sent. */
    @TestFactory
    public final Stream<DynamicTest> methods() {
        return each(Border.ALL_EXCEPT, TargetExchanges.methods());
    }

    /** Each line of the signature counts, and no other. */
    @TestFactory
    public final Stream<DynamicTest> heads() throws Exception {
        return each(
                Border.ALL_EXCEPT, HeadExchanges.all(running(Border.ALL_EXCEPT).scheme()));
    }

    /** The body of the signature is the body on the wire. */
    @TestFactory
    public final Stream<DynamicTest> bodies() throws Exception {
        return each(
                Border.ALL_EXCEPT,
                BodyExchanges.bodies(running(Border.ALL_EXCEPT).scheme()));
    }

    /** What can be framed in two ways is not served, and nothing in it is. */
    @TestFactory
    public final Stream<DynamicTest> framing() {
        return each(Border.ALL_EXCEPT, BodyExchanges.framing());
    }

    /** Everything is protected but what is open. */
    @TestFactory
    public final Stream<DynamicTest> theBorderOfProtectAllExcept() {
        return each(Border.ALL_EXCEPT, BorderExchanges.allExcept());
    }

    /** What is protected is so under each of its names. */
    @TestFactory
    public final Stream<DynamicTest> theBorderOfProtect() {
        return each(Border.ONLY, BorderExchanges.only());
    }

    /** What becomes of each exchange, in a few words, by its name: for tables. Starts the servers, and stops them. */
    public final Map<String, String> answers() throws Exception {
        Map<String, String> answers = new LinkedHashMap<>();
        try {
            TestScheme scheme = running(Border.ALL_EXCEPT).scheme();
            List<Exchange> all = new ArrayList<>(TargetExchanges.targets());
            all.addAll(TargetExchanges.methods());
            all.addAll(HeadExchanges.all(scheme));
            all.addAll(BodyExchanges.bodies(scheme));
            all.addAll(BodyExchanges.framing());
            for (Exchange exchange : all) {
                String words = run(Border.ALL_EXCEPT, exchange).words();
                String before = answers.put(exchange.name(), words);
                if (before != null) {
                    throw new AssertionError("two exchanges are called " + exchange.name());
                }
            }
        } finally {
            stop();
        }
        return answers;
    }

    // HTTP/2

    private static List<Map.Entry<String, String>> fields(String method, String path) {
        return List.of(
                Map.entry(":method", method),
                Map.entry(":scheme", "http"),
                Map.entry(":authority", "h"),
                Map.entry(":path", path));
    }

    private Outcome exchange(Border border, List<Map.Entry<String, String>> fields, String body) throws Exception {
        Running at = running(border);
        nothingArrived(at, "after an earlier request");
        int begun = at.verifier().begun();
        try (RawHttp2 http = new RawHttp2(at.server().port())) {
            @Nullable Answer answer = http.exchange(fields, body);
            List<Arrival> arrivals = taken(border, at);
            return new Outcome(answer, 0, false, at.verifier().begun() - begun, arrivals);
        } catch (SocketTimeoutException hanging) {
            throw new AssertionError(
                    "HTTP/2: no answer to " + fields.subList(0, Math.min(4, fields.size())) + ", seen by the verifier "
                            + (at.verifier().begun() - begun) + " times",
                    hanging);
        }
    }

    private static List<Map.Entry<String, String>> signed(
            TestScheme scheme, String method, String path, String body, boolean isAnnounced) {
        List<Map.Entry<String, String>> fields = new ArrayList<>(fields(method, path));
        new SignedExchange(scheme, method, path, SignedExchange.path(path), body)
                .headers.forEach(
                        (name, value) -> fields.add(Map.entry(name.toLowerCase(java.util.Locale.ROOT), value)));
        if (isAnnounced) {
            fields.add(Map.entry("content-length", Integer.toString(body.length())));
        }
        return fields;
    }

    private static void expect(Exchange exchange, Outcome outcome) {
        String wrong = outcome.wrong(exchange);
        if (!wrong.isEmpty()) {
            throw new AssertionError("HTTP/2, " + exchange.name() + ": " + wrong + "; it was " + outcome);
        }
    }

    /** The same targets and bodies over HTTP/2. */
    @Test
    public void http2HasTheSameVerdicts() throws Exception {
        assumeTrue(speaksHttp2(), "the server does not speak HTTP/2");
        TestScheme scheme = running(Border.ALL_EXCEPT).scheme();
        for (Exchange exchange : TargetExchanges.targets()) {
            String target = exchange.path();
            if (exchange.expected() == Exchange.Expected.VERIFIED
                    && exchange.name().startsWith("target /")) {
                List<Map.Entry<String, String>> fields = signed(scheme, "POST", target, exchange.body(), true);
                expect(exchange, exchange(Border.ALL_EXCEPT, fields, exchange.body()));
            }
        }
        Exchange changed = Exchange.of("a changed body", Exchange.Expected.INVALID_SIGNATURE, unused -> "");
        expect(changed, exchange(Border.ALL_EXCEPT, signed(scheme, "POST", "/api/x", "a body", true), "a bodY"));
        List<Map.Entry<String, String>> replayed = signed(scheme, "POST", "/api/x", "a body", true);
        expect(
                Exchange.verified("a request", "/api/x", "a body", SignedExchange::text),
                exchange(Border.ALL_EXCEPT, replayed, "a body"));
        expect(
                Exchange.of("the request once more", Exchange.Expected.NONCE_REPLAY, unused -> ""),
                exchange(Border.ALL_EXCEPT, replayed, "a body"));
    }

    /** The border over HTTP/2, in both modes. */
    @Test
    public void http2HasTheSameBorder() throws Exception {
        assumeTrue(speaksHttp2(), "the server does not speak HTTP/2");
        for (Border border : Border.values()) {
            for (Exchange exchange : border == Border.ONLY ? BorderExchanges.only() : BorderExchanges.allExcept()) {
                String target = exchange.name().substring(exchange.name().indexOf(' ') + 1);
                if (exchange.expected() != Exchange.Expected.VERIFIED && target.startsWith("/")) {
                    expect(exchange, exchange(border, fields("GET", target), ""));
                }
            }
        }
    }

    /** Heads that HTTP/2 forbids. */
    @Test
    public void http2PseudoHeaderFieldsAreNotMixedUp() throws Exception {
        assumeTrue(speaksHttp2(), "the server does not speak HTTP/2");
        TestScheme scheme = running(Border.ALL_EXCEPT).scheme();
        List<Map.Entry<String, String>> good = signed(scheme, "GET", "/api/x", "", false);
        Map<String, List<Map.Entry<String, String>>> heads = new LinkedHashMap<>();
        heads.put("two paths", with(good, Map.entry(":path", "/open/x"), 4));
        heads.put("another path behind the fields", with(good, Map.entry(":path", "/open/x"), good.size()));
        heads.put("no path", without(good, ":path"));
        heads.put("no method", without(good, ":method"));
        heads.put("two methods", with(good, Map.entry(":method", "POST"), 1));
        heads.put("an unknown pseudo-header field", with(good, Map.entry(":x", "y"), 1));
        heads.put("a field of the answer", with(good, Map.entry(":status", "200"), 1));
        heads.put("a path that is *", with(without(good, ":path"), Map.entry(":path", "*"), 3));
        heads.put("an empty path", with(without(good, ":path"), Map.entry(":path", ""), 3));
        heads.put("a path without a slash", with(without(good, ":path"), Map.entry(":path", "open/x"), 3));
        heads.put("a method in lower case", with(without(good, ":method"), Map.entry(":method", "get"), 0));
        heads.put("a signed field twice", with(good, good.get(good.size() - 1), good.size()));
        for (Map.Entry<String, List<Map.Entry<String, String>>> head : heads.entrySet()) {
            Exchange nothing = Exchange.of(head.getKey(), Exchange.Expected.NOTHING, unused -> "");
            expect(nothing, exchange(Border.ALL_EXCEPT, head.getValue(), ""));
        }
        expect(
                Exchange.of("unsigned", Exchange.Expected.INVALID_REQUEST, unused -> ""),
                exchange(Border.ALL_EXCEPT, fields("GET", "/api/x"), ""));
    }

    /** The end of a body comes later than its last byte, and for itself. */
    @Test
    public void anHttp2BodyMayEndWithAnEmptyFrame() throws Exception {
        assumeTrue(speaksHttp2(), "the server does not speak HTTP/2");
        Running at = running(Border.ALL_EXCEPT);
        for (boolean isAnnounced : new boolean[] {true, false}) {
            at.verifier().forget();
            String name = isAnnounced ? WITH_LENGTH : WITHOUT_LENGTH;
            List<Map.Entry<String, String>> fields =
                    new ArrayList<>(signed(at.scheme(), "POST", "/api/x", "the body", isAnnounced));
            try (RawHttp2 http = new RawHttp2(at.server().port())) {
                http.begin(fields, "the body");
                RecordingVerifier.Seen seen = at.verifier().next();
                seen.awaitBytes(8);
                http.end();
                boolean mayHang = faultsOfTheServer().contains(name);
                if (mayHang) {
                    seen.endsItself(RejectionReason.CLOCK_SKEW); // as it does in time
                }
                Answer answer = http.read();
                assertNotNull(answer, name);
                boolean isServed = answer.status() == 200;
                assertTrue(isServed || (mayHang && answer.status() == 401), () -> name + ": " + answer);
                assertEquals(isServed ? 1 : 0, taken(Border.ALL_EXCEPT, at).size(), name);
            }
        }
    }

    /** A request that asks to go on in HTTP/2 is verified like any other, whichever the server goes on in. */
    @Test
    public void anUpgradeToHttp2IsNoWayAround() throws Exception {
        assumeTrue(speaksHttp2(), "the server does not speak HTTP/2");
        Running at = running(Border.ALL_EXCEPT);
        String upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAAAAAAIAAAAA\r\n";
        int port = at.server().port();
        Answer unsigned = RawHttp2.upgrade(port, "GET /api/x HTTP/1.1\r\nHost: h\r\n" + upgrade + "\r\n");
        assertNotNull(unsigned);
        assertEquals(400, unsigned.status());
        assertEquals(List.of(), taken(Border.ALL_EXCEPT, at));
        Answer open = RawHttp2.upgrade(port, "GET /open/x HTTP/1.1\r\nHost: h\r\n" + upgrade + "\r\n");
        assertNotNull(open);
        assertEquals(200, open.status());
        assertEquals(1, taken(Border.ALL_EXCEPT, at).size());
        String text = Exchange.get(at.scheme(), "/api/x").head(upgrade);
        Answer signed = RawHttp2.upgrade(port, text);
        assertNotNull(signed);
        assertEquals(200, signed.status());
        List<Arrival> arrivals = taken(Border.ALL_EXCEPT, at);
        assertEquals(1, arrivals.size());
        assertNotNull(arrivals.get(0).verified());
        Answer again = RawHttp2.upgrade(port, text);
        assertNotNull(again);
        assertEquals(401, again.status());
        assertEquals(List.of(), taken(Border.ALL_EXCEPT, at));
    }

    private static List<Map.Entry<String, String>> with(
            List<Map.Entry<String, String>> fields, Map.Entry<String, String> field, int at) {
        List<Map.Entry<String, String>> more = new ArrayList<>(fields);
        more.add(at, field);
        return more;
    }

    private static List<Map.Entry<String, String>> without(List<Map.Entry<String, String>> fields, String name) {
        return fields.stream().filter(field -> !field.getKey().equals(name)).toList();
    }
}
