package dev.countersign.quickstart;

import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import java.io.IOException;
import java.time.Clock;
import java.util.Map;

/** One of several quickstarts in this JVM, started and restarted with the same settings. */
final class Node implements AutoCloseable {
    private final Map<String, String> settings;
    private final Clock clock;
    private QuickstartServer server;

    Node(Map<String, String> settings, Clock clock) throws StartupException {
        this.settings = Map.copyOf(settings);
        this.clock = clock;
        this.server = start();
    }

    private QuickstartServer start() throws StartupException {
        return QuickstartServer.start(Settings.from(settings), clock);
    }

    void restart() throws StartupException {
        server.close();
        server = start();
    }

    Answer send(String request) throws IOException {
        return RawHttp.exchange(server.port(), request);
    }

    int status(String request) throws IOException {
        return send(request).status();
    }

    /** The status, and the public code of a rejection. */
    String verdict(String request) throws IOException {
        Answer answer = send(request);
        return (answer.status() + " " + answer.header("x-synheart-error")).strip();
    }

    String health() throws IOException {
        return send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").text();
    }

    @Override
    public void close() {
        server.close();
    }
}
