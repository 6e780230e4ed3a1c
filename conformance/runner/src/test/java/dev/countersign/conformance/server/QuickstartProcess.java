package dev.countersign.conformance.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The quickstart's server, as a process of its own on a port that the system chose. */
public final class QuickstartProcess implements AutoCloseable {
    private static final String READY = "Countersign quickstart listening on ";

    private final Process process;
    private final BufferedReader out;
    private final String url;

    private QuickstartProcess(Process process, BufferedReader out, String url) {
        this.process = process;
        this.out = out;
        this.url = url;
    }

    public static QuickstartProcess start(Path home, Map<String, String> settings) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.countersign.quickstart.Quickstart");
        builder.environment().put("PORT", "0");
        builder.environment().put("COUNTERSIGN_HOME", home.toString());
        builder.environment().putAll(settings);
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        Process process = builder.start();
        BufferedReader out = process.inputReader();
        String line = String.valueOf(out.readLine());
        if (!line.startsWith(READY)) {
            process.destroyForcibly();
            throw new IOException("the quickstart did not start: " + line);
        }
        return new QuickstartProcess(process, out, line.substring(READY.length()));
    }

    public String url() {
        return url;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        out.close();
    }
}
