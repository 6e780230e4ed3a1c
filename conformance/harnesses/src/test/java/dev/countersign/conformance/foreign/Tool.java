package dev.countersign.conformance.foreign;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Another program, run to its end. */
public final class Tool {
    /** Enough for the slowest machine; a tool that takes longer hangs. */
    private static final long LIMIT_SECONDS = 300;

    private final List<String> command;
    private final ProcessBuilder process;

    /** The command line of {@code run --harness} for a program and its arguments. */
    public static String commandLine(List<String> words) {
        return words.stream()
                .map(word -> '"' + word.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(" "));
    }

    /** A Python that has {@code cryptography}: the first one on the path need not have Debian's packages. */
    public static String python() {
        return Stream.of("python3", "/usr/bin/python3")
                .filter(each -> new Tool(List.of(each, "-c", "import cryptography")).works())
                .findFirst()
                .orElse("python3");
    }

    Tool(List<String> command) {
        this.command = command;
        this.process = new ProcessBuilder(command);
    }

    Tool in(Path folder) {
        process.directory(folder.toFile());
        return this;
    }

    Tool with(Map<String, String> environment) {
        process.environment().putAll(environment);
        return this;
    }

    /** Its standard input comes from the file. */
    Tool reading(Path file) {
        process.redirectInput(file.toFile());
        return this;
    }

    /** Whether it is there and exits with 0. */
    boolean works() {
        try {
            return exitCode(Redirects.NOTHING) == 0;
        } catch (IOException notThere) {
            return false;
        }
    }

    /** What it wrote to its standard output. Fails the test, with what it wrote, unless it exits with 0. */
    String output() {
        try {
            Path out = Files.createTempFile("tool", ".out");
            Path err = Files.createTempFile("tool", ".err");
            try {
                int code = exitCode(new Redirects(
                        ProcessBuilder.Redirect.to(out.toFile()), ProcessBuilder.Redirect.to(err.toFile())));
                if (code != 0) {
                    return fail(
                            command + " ended with " + code + ":\n" + Files.readString(err) + Files.readString(out));
                }
                return Files.readString(out);
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            return fail(command + " could not be run", e);
        }
    }

    private record Redirects(ProcessBuilder.Redirect out, ProcessBuilder.Redirect err) {
        static final Redirects NOTHING =
                new Redirects(ProcessBuilder.Redirect.DISCARD, ProcessBuilder.Redirect.DISCARD);
    }

    private int exitCode(Redirects to) throws IOException {
        Process started =
                process.redirectOutput(to.out()).redirectError(to.err()).start();
        try {
            if (started.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                return started.exitValue();
            }
            return fail(command + " did not end within " + LIMIT_SECONDS + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return fail("interrupted", e);
        } finally {
            started.descendants().forEach(ProcessHandle::destroyForcibly);
            started.destroyForcibly();
        }
    }
}
