package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.route.Routes;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients as they are, which send a body of some MB and are answered by their head alone: all of them see the answer.
 * What it took before is in decision 0018.
 */
@Timeout(240)
class EarlyAnswerTest {
    private static final int FOUR_MB = 4 << 20;
    private static final int EIGHT_MB = 8 << 20;

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private JettyServer server;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws Exception {
        verifier.atHead = RejectionReason.CLOCK_SKEW;
        // A minute instead of 5 s: it is not the time limit that is tested, and the machine may be busy.
        DrainLimits patient = DrainLimits.standard()
                .withMaxBytes(10 << 20)
                .withMaxTime(Duration.ofMinutes(1))
                .withMaxAtOnce(64);
        server = new JettyServer()
                .filter(
                        JettyServer.settings(Routes.by(verifier).protectAllExcept())
                                .drainLimits(patient)
                                .build(),
                        "/*",
                        true)
                .servlet("/", (request, response) -> response.setStatus(200))
                .start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theJdksClientIsToldTheServersTime() throws Exception {
        assertEquals(30, toldTheTime(server.port(), FOUR_MB, 30));
    }

    @Test
    @Tag("full")
    void nodeIsToldTheServersTime() throws Exception {
        String script = """
                const http = require('http');
                const body = Buffer.alloc(%d, 'x');
                let told = 0;
                const once = () => new Promise(done => {
                  const request = http.request(
                      {port: %d, host: '127.0.0.1', method: 'POST', path: '/x', agent: false,
                       headers: {'Content-Length': body.length}},
                      answer => {
                        if (answer.statusCode === 401 && answer.headers['x-server-timestamp']) told++;
                        answer.resume();
                        answer.on('close', done);
                      });
                  request.on('error', done);
                  request.end(body);
                });
                (async () => { for (let i = 0; i < 30; i++) await once(); console.log(told); })();
                """.formatted(FOUR_MB, server.port());
        assertEquals("30", output("nodejs", "node", "-e", script));
    }

    @Test
    @Tag("full")
    void curlIsToldTheServersTime() throws Exception {
        Path body = Files.write(folder.resolve("body"), new byte[FOUR_MB]);
        int told = 0;
        for (int i = 0; i < 30; i++) {
            String code = output(
                    "curl",
                    "curl",
                    "-s",
                    "-o",
                    File.separator + "dev/null",
                    "-w",
                    "%{http_code}",
                    "-H",
                    "Expect:",
                    "--data-binary",
                    "@" + body,
                    "http://127.0.0.1:" + server.port() + "/x");
            told += code.equals("401") ? 1 : 0;
        }
        assertEquals(30, told);
    }

    /** A proxy that has taken in the whole body and hands it on as fast as it can. */
    @Test
    @Tag("full")
    void theAnswerPassesNginx() throws Exception {
        try (Nginx nginx = Nginx.start(folder, server.port())) {
            assertEquals(50, toldTheTime(nginx.port(), EIGHT_MB, 50));
        }
    }

    /** Sends bodies with {@link HttpURLConnection}, one after the other; how many answers came. */
    private static int toldTheTime(int port, int bytes, int times) throws IOException {
        int told = 0;
        byte[] body = new byte[bytes];
        for (int i = 0; i < times; i++) {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + "/x").toURL().openConnection();
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            connection.setFixedLengthStreamingMode(bytes);
            connection.setReadTimeout(20_000);
            try {
                try (OutputStream out = connection.getOutputStream()) {
                    out.write(body);
                }
                boolean known =
                        connection.getResponseCode() == 401 && connection.getHeaderField("x-server-timestamp") != null;
                told += known ? 1 : 0;
            } catch (IOException lost) {
                // The client saw a broken connection and no answer.
            } finally {
                connection.disconnect();
            }
        }
        return told;
    }

    private static String output(String debianPackage, String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException missing) {
            throw new IllegalStateException("install Debian's package " + debianPackage, missing);
        }
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        process.waitFor();
        return text;
    }
}
