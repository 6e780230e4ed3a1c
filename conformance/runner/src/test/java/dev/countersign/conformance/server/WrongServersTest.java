package dev.countersign.conformance.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.generator.LiveCases;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The runner passes a right server and fails each wrong one, on what is wrong with it. */
@Timeout(120)
class WrongServersTest {
    private final List<String> notes = new ArrayList<>();

    private Run run(LittleServer.Behaviour behaviour) throws IOException {
        return run(behaviour, ServerOptions.defaults(), Clock.systemUTC());
    }

    private Run run(LittleServer.Behaviour behaviour, ServerOptions options, Clock ours) throws IOException {
        try (LittleServer server = LittleServer.start(behaviour);
                ServerSubject subject = subject(server.url(), options, ours)) {
            Run run = Run.of(subject, LiveCases.askable());
            assertEquals(
                    LiveCases.askable().stream().map(Case::id).toList(),
                    run.results().stream().map(result -> result.subject().id()).toList());
            return run;
        }
    }

    private ServerSubject subject(String url, ServerOptions options, Clock ours) {
        return ServerSubject.at(url, options.withNotes(notes::add), ours, (javax.net.ssl.SSLSocketFactory)
                javax.net.ssl.SSLSocketFactory.getDefault());
    }

    private static Set<String> failed(Run run) {
        Set<String> names = new TreeSet<>();
        run.ids(Outcome.FAILED).forEach(id -> names.add(id.substring("live/".length())));
        return names;
    }

    @Test
    void aRightOnePasses() throws Exception {
        Run run = run(VerifyingServer.right());
        assertEquals(List.of(), run.failures());
        assertEquals(List.of("live/skew-tells-head-nothing"), run.ids(Outcome.SKIPPED), run.skips()::toString);
    }

    @Test
    void acceptsEverything() throws Exception {
        byte[] ok = LittleServer.answer(200, "Server: yes\r\n", LittleServer.latin1("{}"));
        Run run = run(request -> request.method().equals("HEAD") ? LittleServer.answer(200, "", new byte[0]) : ok);
        assertTrue(
                failed(run)
                        .containsAll(Set.of("wrong-key", "replay", "copies", "at301", "at-301", "missing", "revoked")),
                failed(run)::toString);
        CaseResult wrongKey = run.result("wrong-key");
        assertEquals(1, wrongKey.step());
        assertEquals("verdict: expected rejected, was accepted", wrongKey.detail());
        assertEquals(3, wrongKey.mismatches().size());
        assertTrue(
                notes.stream()
                        .anyMatch(note -> note.endsWith("it tells no Date either: its clock is taken to be ours")),
                notes::toString);
    }

    @Test
    void stripsIngestOnGet() throws Exception {
        ObjectNode config = Json.object();
        ObjectNode rule = config.putArray("signingPaths").addObject();
        rule.putArray("methods").add("GET").add("POST");
        rule.put("prefix", "/ingest/v1/").put("replacement", "/v1/");
        Run run = run(new VerifyingServer(Clock.systemUTC(), config, request -> request, (request, answer) -> answer));
        assertEquals(Set.of("ingest-on-get"), failed(run));
    }

    @Test
    void saysTheWrongCodeForAReplay() throws Exception {
        Run run = run(VerifyingServer.answering((request, answer) -> {
            if (answer.path("reason").asText().equals("NONCE_REPLAY")) {
                answer.withObject("/responseHeaders").put("x-synheart-error", "REPLAYED");
            }
            return answer;
        }));
        assertEquals(Set.of("copies", "copies-without-body", "replay"), failed(run));
        assertEquals(
                "publicCode: expected NONCE_REPLAY, was REPLAYED",
                run.result("replay").detail());
    }

    @Test
    void remembersNonces() throws Exception {
        Run run = run(new VerifyingServer(
                Clock.systemUTC(),
                Json.object().put("replay", "nonce"),
                request -> request,
                (request, answer) -> answer));
        assertEquals(Set.of("swapped-nonce"), failed(run));
    }

    @Test
    void tellsTheTimeAlways() throws Exception {
        Run run = run(VerifyingServer.answering((request, answer) -> {
            answer.withObject("/responseHeaders")
                    .put("x-server-timestamp", request.path("serverTime").asText());
            return answer;
        }));
        assertEquals(Set.of("no-time-without-skew"), failed(run));
    }

    @Test
    void tellsAnotherTimeThanItsOwn() throws Exception {
        AtomicInteger skews = new AtomicInteger();
        Run run = run(VerifyingServer.answering((request, answer) -> {
            // Not to the probe, which would believe it.
            if (answer.path("reason").asText().equals("CLOCK_SKEW") && skews.getAndIncrement() > 0) {
                answer.withObject("/responseHeaders").put("x-server-timestamp", "1767225600");
            }
            return answer;
        }));
        assertEquals(Set.of("skew-tells-the-time", "skew-tells-head-nothing"), failed(run));
    }

    @Test
    void hasAWindowOfTenMinutes() throws Exception {
        Run run = run(new VerifyingServer(
                Clock.systemUTC(),
                Json.object().put("freshnessSeconds", 600),
                request -> request,
                (request, answer) -> answer));
        assertEquals(Set.of("at301", "at305", "at306", "at-301", "at-305", "at-306"), failed(run));
    }

    @Test
    void refusesPlainRequestsWithoutACode() throws Exception {
        Run run = run(VerifyingServer.answering((request, answer) -> {
            if (answer.path("status").asInt() == 400) {
                answer.putObject("responseHeaders");
                answer.put("responseBodyHex", "");
            }
            return answer;
        }));
        // A server's own 400 will do for what any server may refuse, and for nothing else.
        assertEquals(Set.of("malformed", "missing", "long-body-rejected-with-its-head"), failed(run));
        assertEquals(Outcome.PASSED, run.result("backslash").outcome());
    }

    @Test
    void mayRefuseOddRequestsItself() throws Exception {
        Run run = run(VerifyingServer.answering((request, answer) -> {
            boolean oddTarget = request.path("target").asText().contains("..");
            boolean oddMethod = !request.path("method").asText().matches("[A-Z]+");
            return oddTarget || oddMethod
                    ? Json.object().put("verdict", "rejected").put("status", oddTarget ? 400 : 405)
                    : answer;
        }));
        assertEquals(List.of(), run.failures());
        assertEquals(
                "refused by the server itself, with 400", run.result("verbatim").detail());
        assertEquals(
                "refused by the server itself, with 405",
                run.result("lower-case-method").detail());
    }

    @Test
    void hasAnotherClock() throws Exception {
        Clock behind = Clock.offset(Clock.systemUTC(), Duration.ofHours(-2));
        Run run = run(VerifyingServer.right(), ServerOptions.defaults(), behind);
        assertEquals(List.of(), run.failures());
        assertTrue(
                notes.get(2)
                        .matches("the server's clock is (7200\\.|7199\\.).* s ahead of ours, by x-server-timestamp"),
                notes::toString);
    }

    @Test
    void tellsItsTimeByDateAlone() throws Exception {
        Clock behind = Clock.offset(Clock.systemUTC(), Duration.ofDays(400));
        String date = "Date: "
                + java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME.format(
                        java.time.ZonedDateTime.now(java.time.ZoneOffset.UTC))
                + "\r\n";
        VerifyingServer right = VerifyingServer.answering((request, answer) -> {
            answer.withObject("/responseHeaders").remove("x-server-timestamp");
            return answer;
        });
        Run run = run(
                request -> {
                    byte[] answer = right.answer(request);
                    String text = new String(answer, java.nio.charset.StandardCharsets.ISO_8859_1);
                    return LittleServer.latin1(text.replaceFirst("\r\n", "\r\n" + date));
                },
                ServerOptions.defaults(),
                behind);
        assertEquals(Set.of("skew-tells-the-time", "skew-tells-head-nothing"), failed(run));
        assertTrue(notes.get(2).endsWith("behind ours, by Date alone"), notes::toString);
    }

    @Test
    void registersNothing() throws Exception {
        Run run = run(request -> LittleServer.answer(404, "", new byte[0]));
        assertEquals(LiveCases.askable().size(), run.failures().size());
        assertTrue(
                run.result("plain")
                        .detail()
                        .startsWith("the server does not let the suite register devices: registering a device was"
                                + " answered with 404 (PUT /admin/v1/apps/conformance"),
                run.result("plain")::toString);
        assertEquals(
                1, run.results().stream().map(CaseResult::detail).distinct().count());
    }

    @Test
    void hangs() throws Exception {
        VerifyingServer right = VerifyingServer.right();
        AtomicInteger probes = new AtomicInteger();
        Run run = run(
                request -> {
                    if (request.target().startsWith("/admin") || probes.incrementAndGet() <= 3) {
                        return right.answer(request);
                    }
                    return hang();
                },
                ServerOptions.defaults().withCaseLimit(Duration.ofSeconds(2)),
                Clock.systemUTC());
        assertEquals(LiveCases.askable().size(), run.failures().size());
        assertEquals("no answer within 2 s", run.results().get(0).detail());
        assertEquals(
                "not asked any more after 3 cases in a row with no answer within 2 s",
                run.results().get(3).detail());
    }

    @Test
    void hangsFromTheStart() throws Exception {
        Run run = run(
                request -> hang(), ServerOptions.defaults().withCaseLimit(Duration.ofMillis(300)), Clock.systemUTC());
        assertEquals(LiveCases.askable().size(), run.failures().size());
        assertEquals("no answer within 300 ms", run.results().get(0).detail());
    }

    private static byte[] hang() throws IOException {
        try {
            Thread.sleep(Duration.ofMinutes(2).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new byte[0];
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "hello\r\n\r\n",
                "HTTP/1.1 200 OK\n\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "HTTP/1.1 401 x\r\nx-synheart-error\r\n\r\n"
            })
    void answersGarbage(String garbage) throws Exception {
        VerifyingServer right = VerifyingServer.right();
        AtomicInteger probes = new AtomicInteger();
        Run run = run(request -> request.target().startsWith("/admin") || probes.incrementAndGet() <= 3
                ? right.answer(request)
                : LittleServer.latin1(garbage));
        List<String> passed = run.ids(Outcome.PASSED);
        // An answer to HEAD ends with its head, whatever Content-Length says.
        assertTrue(passed.isEmpty() || passed.equals(List.of("live/head")), passed::toString);
        assertTrue(
                run.result("plain").detail().matches("(the answer|a line of the answer|the server closed) .*"),
                run.result("plain")::detail);
    }

    @Test
    void isNotThere() throws Exception {
        String url;
        try (LittleServer server = LittleServer.start(request -> new byte[0])) {
            url = server.url();
        }
        try (ServerSubject subject = subject(url, ServerOptions.defaults(), Clock.systemUTC())) {
            Run run = Run.of(subject, LiveCases.askable());
            assertEquals(LiveCases.askable().size(), run.failures().size());
            String why = "cannot connect to " + url.substring("http://".length()) + ": ";
            assertTrue(run.results().stream().allMatch(result -> result.detail().startsWith(why)), run::toString);
            assertEquals("unnamed server", subject.implementation());
        }
    }

    @Test
    void diesMidway() throws Exception {
        VerifyingServer right = VerifyingServer.right();
        AtomicInteger count = new AtomicInteger();
        LittleServer[] self = new LittleServer[1];
        try (LittleServer server = LittleServer.start(request -> {
                    if (count.incrementAndGet() >= 20) {
                        self[0].close();
                        return new byte[0];
                    }
                    return right.answer(request);
                });
                ServerSubject subject = subject(server.url(), ServerOptions.defaults(), Clock.systemUTC())) {
            self[0] = server;
            Run run = Run.of(subject, LiveCases.askable());
            int passed = run.ids(Outcome.PASSED).size();
            assertTrue(passed > 1 && passed < 10, run.failures()::toString);
            assertEquals(LiveCases.askable().size(), passed + run.failures().size());
            String last = run.failures().get(run.failures().size() - 1);
            assertTrue(last.contains(": cannot connect to 127.0.0.1:"), last);
            // A connection may slip in while the socket is being closed.
            assertTrue(server.requests() <= 22, () -> server.requests() + " requests");
            assertEquals(-1, run.results().get(run.results().size() - 1).step(), "not tried any more");
        }
    }

    @Test
    void isLeftWithoutDevices() throws Exception {
        VerifyingServer right = VerifyingServer.right();
        Set<String> active = new TreeSet<>();
        Run run = run(request -> {
            synchronized (active) {
                if (request.method().equals("PUT") && request.target().startsWith("/admin")) {
                    active.add(request.target().toLowerCase(Locale.ROOT));
                } else if (request.method().equals("DELETE")) {
                    active.remove(request.target().toLowerCase(Locale.ROOT));
                }
            }
            return right.answer(request);
        });
        assertEquals(List.of(), run.failures());
        assertEquals(Set.of(), active);
    }
}
