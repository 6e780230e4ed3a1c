package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a server finds in its folder: what one that was killed has acknowledged, and what an earlier release left. */
class HomesTest {
    private static final String APP = "com.acme.app";
    private static final int DEVICES = 20;

    @TempDir
    private Path folder;

    /** A server in a process of its own, with the embedded database in a file. */
    private final class Program implements AutoCloseable {
        private final Process process;
        private final BufferedReader out;
        final int port;

        Program() throws IOException {
            ProcessBuilder builder = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Quickstart.class.getName())
                    .redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().put("PORT", "0");
            builder.environment().put("COUNTERSIGN_HOME", home().toString());
            process = builder.start();
            out = process.inputReader();
            String line = String.valueOf(out.readLine());
            String prefix = "Countersign quickstart listening on http://127.0.0.1:";
            assertTrue(line.startsWith(prefix), line);
            port = Integer.parseInt(line.substring(prefix.length()));
        }

        /** As {@code kill -9} does: nothing that was not written is written any more. */
        @Override
        public void close() throws IOException {
            process.destroyForcibly();
            try {
                assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
            out.close();
        }
    }

    private Path home() {
        return folder.resolve("home");
    }

    private static Device device(int number) {
        return new Device(APP, "6ba7b810-9dad-41d1-80b4-00c04fd43" + (100 + number), (long) number);
    }

    /** Status and code of the answer to a request that is signed well. */
    private static String answer(int port, Device device, long timestamp) throws IOException {
        Answer answer = RawHttp.exchange(port, device.signed("POST", "/x", "b", timestamp));
        return (answer.status() + " " + answer.header("x-synheart-error")).strip();
    }

    private static long now() {
        return Clock.systemUTC().instant().getEpochSecond();
    }

    @Test
    @Timeout(300)
    void revocationsThatWereAnsweredAreThereAfterAKill() throws Exception {
        List<Device> devices = new ArrayList<>();
        for (int number = 1; number <= DEVICES; number++) {
            devices.add(device(number));
        }
        try (Program server = new Program()) {
            for (Device each : devices) {
                assertEquals(
                        201,
                        RawHttp.exchange(server.port, each.put(each.spki())).status());
                assertEquals("200", answer(server.port, each, now()));
            }
        }
        // One whose answer is the last before the kill, another one, and many in a row.
        for (List<Device> some : List.of(devices.subList(0, 1), devices.subList(1, 2), devices.subList(2, DEVICES))) {
            try (Program server = new Program()) {
                for (Device each : some) {
                    assertEquals(
                            204, RawHttp.exchange(server.port, each.delete()).status());
                }
            }
            try (Program server = new Program()) {
                for (Device each : some) {
                    assertEquals("401 DEVICE_REVOKED", answer(server.port, each, now()), each.id);
                }
            }
        }
    }

    /** The file was written by the quickstart of revision 5749991: schema 1, H2 2.4.240, one device active and one revoked. */
    @Test
    @Timeout(120)
    void aHomeOfThePreviousReleaseIsUpgradedAndServed() throws Exception {
        Files.createDirectories(home());
        try (InputStream in = new GZIPInputStream(
                Objects.requireNonNull(HomesTest.class.getResourceAsStream("home-of-5749991.mv.db.gz")))) {
            Files.copy(in, home().resolve("keys.mv.db"));
        }
        Files.createFile(home().resolve("quickstart.lock"));
        Device active = new Device(APP, "6ba7b810-9dad-41d1-80b4-00c04fd430c1", 1L);
        Device revoked = new Device(APP, "6ba7b810-9dad-41d1-80b4-00c04fd430c2", 2L);
        Device newcomer = new Device(APP, "6ba7b810-9dad-41d1-80b4-00c04fd430c3", 3L);
        MutableClock clock = MutableClock.atSecond(1_900_000_000L);
        try (QuickstartServer server = start(clock)) {
            assertEquals(
                    "503 TEMPORARILY_UNAVAILABLE", answer(server.port(), active, clock.second()), "no first start");
            clock.advanceSeconds(1);
            assertEquals("200", answer(server.port(), active, clock.second()));
            assertEquals("401 DEVICE_REVOKED", answer(server.port(), revoked, clock.second()));
            assertEquals(
                    200,
                    RawHttp.exchange(server.port(), active.put(active.spki())).status());
            assertEquals(
                    409,
                    RawHttp.exchange(server.port(), revoked.put(revoked.spki())).status());
            assertEquals(
                    201,
                    RawHttp.exchange(server.port(), newcomer.put(newcomer.spki()))
                            .status());
            assertEquals(204, RawHttp.exchange(server.port(), active.delete()).status());
        }
        try (QuickstartServer server = start(clock)) {
            clock.advanceSeconds(1);
            assertEquals("401 DEVICE_REVOKED", answer(server.port(), active, clock.second()));
            assertEquals("401 DEVICE_REVOKED", answer(server.port(), revoked, clock.second()));
            assertEquals("200", answer(server.port(), newcomer, clock.second()));
        }
    }

    private QuickstartServer start(Clock clock) throws StartupException {
        return QuickstartServer.start(Settings.from(Map.of("PORT", "0", "COUNTERSIGN_HOME", home().toString())), clock);
    }
}
