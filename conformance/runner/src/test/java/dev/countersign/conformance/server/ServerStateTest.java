package dev.countersign.conformance.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.conformance.generator.LiveCases;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a live server cannot be asked is skipped, and the reason says why. */
class ServerStateTest {
    private static final Run RUN = run();

    private static Run run() {
        List<Case> cases = new ArrayList<>(LiveCases.unaskable());
        cases.add(LiveCases.ofAnotherRole());
        try (LittleServer server = LittleServer.start(VerifyingServer.right());
                ServerSubject subject = ServerSubject.at(server.url(), ServerOptions.defaults())) {
            return Run.of(subject, cases);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void everyOneIsSkipped() {
        assertEquals(List.of(), RUN.failures());
        assertEquals(List.of(), RUN.ids(Outcome.PASSED));
        assertEquals(LiveCases.unaskable().size() + 1, RUN.ids(Outcome.SKIPPED).size());
        assertEquals(
                "not visible over HTTP: the role message",
                RUN.results().get(RUN.results().size() - 1).detail());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "setting-window|the server was started with another setting of freshnessSeconds",
                "setting-opaque|the server was started with another setting of deviceIds",
                "state-pending|the server cannot be given a pending device",
                "state-provisional|the server cannot be given a key that is provisional",
                "state-previous|the server cannot be given a key that is previous",
                "state-invalidated|the server cannot be given a key that is invalidated",
                "state-retired|the server cannot be given a key that is retired",
                "state-ends|the server cannot be given a key that ends",
                "state-no-keys|the server cannot be given a device with 0 keys",
                "state-two-owners|a public key belongs to one device once: the server refuses a second time",
                "state-alive-again|a revoked device lives again only with a new key",
                "state-key-again|a public key belongs to one device once: the server refuses a second time",
                "fault|the server's stores cannot be broken from outside",
                "restart|the server cannot be restarted by a case",
                "time-passes|time would have to pass between its steps",
                "withheld|a body would have to be withheld while time passes",
                "http-padded|HTTP takes away white space around a header's value",
                "http-padded-end|HTTP takes away white space around a header's value",
                "http-control|HTTP cannot carry control characters in a header's value",
                "http-line-end|HTTP cannot carry control characters in a header's value",
                "http-name|HTTP cannot carry a header name that is no token",
                "http-framing|HTTP gives the header transfer-encoding a meaning of its own",
                "http-target|HTTP cannot carry a line end in the request line"
            })
    void andSaysWhy(String name, String reason) {
        assertEquals(reason, RUN.result(name).detail());
        assertEquals(-1, RUN.result(name).step());
    }

    @Test
    void aSettingThatIsTheDefaultIsNone() {
        Case plain = LiveCases.askable().get(0);
        ServerState server = new ServerState(Json.object().put("quota", 8192).put("replay", "nonce+signature"));
        assertEquals(Optional.empty(), server.cannotBeAsked(plain, true));
        assertEquals(
                Optional.of("the server was started with another setting of maxBodyBytes"),
                new ServerState(Json.object().put("maxBodyBytes", 10)).cannotBeAsked(plain, true));
    }
}
