package dev.countersign.conformance.runner;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A harness's process and its three pipes. Nothing it does or leaves undone can block the caller: one thread writes to
 * it, one reads its lines, one its standard error. It dies, with all it started, on {@link #close} and when the runner
 * ends.
 */
final class HarnessProcess implements AutoCloseable {
    /** What came from standard output. */
    sealed interface Event permits Line, Violation, End {}

    /** A whole line, without its end. */
    record Line(String text) implements Event {}

    /** Something that is no line of text; nothing is read after it. */
    record Violation(String what) implements Event {}

    /**
     * The end of the output.
     *
     * @param partial whether it ended inside a line
     */
    record End(boolean partial) implements Event {}

    /** Lines read and not yet asked for; a harness that writes more is held up by its own pipe. */
    private static final int LINES_AHEAD = 64;

    private static final int LAST_WORDS_LINES = 12;
    private static final int LAST_WORDS_WIDTH = 300;
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final byte[] END_OF_INPUT = new byte[0];

    private final Process process;
    private final int longestLine;
    private final BlockingQueue<Event> events = new ArrayBlockingQueue<>(LINES_AHEAD);
    private final BlockingQueue<byte[]> outgoing = new LinkedBlockingQueue<>();
    private final Deque<String> lastWords = new ArrayDeque<>();
    private final List<ProcessHandle> family = new ArrayList<>();
    private final Thread writer;
    private final Thread reader;
    private final Thread errors;
    private final Thread hook;

    private HarnessProcess(Process process, int longestLine) {
        this.process = process;
        this.longestLine = longestLine;
        writer = thread("harness-stdin", this::write);
        reader = thread("harness-stdout", this::read);
        errors = thread("harness-stderr", this::readErrors);
        hook = new Thread(this::kill, "harness-kill");
    }

    /**
     * Starts it.
     *
     * @throws IOException if the system cannot
     */
    static HarnessProcess start(List<String> command, int longestLine) throws IOException {
        HarnessProcess started = new HarnessProcess(new ProcessBuilder(command).start(), longestLine);
        Runtime.getRuntime().addShutdownHook(started.hook);
        started.writer.start();
        started.reader.start();
        started.errors.start();
        return started;
    }

    /** Sends a line, sooner or later; a harness that does not read holds nobody up. */
    void send(String line) {
        outgoing.add((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Ends its input once everything is written. */
    void endInput() {
        outgoing.add(END_OF_INPUT);
    }

    /** What comes next, or null if nothing came until that moment of {@link System#nanoTime}. */
    @Nullable Event next(long deadline) throws InterruptedException {
        return events.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    /** Remembers the processes that it has started so far: when it dies, they can no longer be found. */
    void rememberFamily() {
        process.descendants().forEach(family::add);
    }

    /** Its exit code, if it exits in time. */
    OptionalInt exitCode(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)
                ? OptionalInt.of(process.exitValue())
                : OptionalInt.empty();
    }

    /** The end of its output, for a person: how it ended and the last lines of its standard error. */
    String ending() throws InterruptedException {
        OptionalInt code = exitCode(PATIENCE);
        if (code.isEmpty()) {
            return "closed its standard output" + lastWords();
        }
        int exit = code.getAsInt();
        String signal = exit > 128 && exit < 160 ? ", that is signal " + (exit - 128) : "";
        return "ended with exit code " + exit + signal + lastWords();
    }

    /** The last lines of its standard error, each on a line of its own after a colon; empty if there is none. */
    String lastWords() throws InterruptedException {
        if (!process.isAlive()) {
            errors.join(PATIENCE.toMillis());
        }
        synchronized (lastWords) {
            return lastWords.isEmpty()
                    ? ", and wrote nothing to its standard error"
                    : "; last lines of its standard error:\n" + String.join("\n", lastWords);
        }
    }

    /** Kills it and all it started, and ends the threads. */
    @Override
    public void close() {
        kill();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // The runner is ending, and the hook is at work.
        }
        outgoing.add(END_OF_INPUT);
        boolean interrupted = Thread.interrupted();
        try {
            // Killed or not, it is waited for, so that nothing of it is left when this returns.
            process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        for (Thread thread : List.of(writer, reader, errors)) {
            thread.interrupt();
            try {
                thread.join(PATIENCE.toMillis());
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void kill() {
        List<ProcessHandle> all = new ArrayList<>(family);
        process.descendants().forEach(all::add);
        process.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
    }

    private static Thread thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    private void write() {
        try (OutputStream in = process.getOutputStream()) {
            for (byte[] line = outgoing.take(); line != END_OF_INPUT; line = outgoing.take()) {
                in.write(line);
                if (outgoing.isEmpty()) {
                    in.flush();
                }
            }
        } catch (IOException gone) {
            // It no longer reads; the end of its output says the rest.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try {
            events.put(readLines());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Hands on line by line; returns why there will be no more. */
    private Event readLines() throws InterruptedException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        byte[] chunk = new byte[64 * 1024];
        try (InputStream out = process.getInputStream()) {
            for (int read = out.read(chunk); read >= 0; read = out.read(chunk)) {
                int from = 0;
                for (int i = 0; i < read; i++) {
                    if (chunk[i] == '\n') {
                        line.write(chunk, from, i - from);
                        from = i + 1;
                        Event event = event(line);
                        if (event instanceof Violation) {
                            return event;
                        }
                        events.put(event);
                        line.reset();
                    }
                }
                line.write(chunk, from, read - from);
                if (line.size() > longestLine) {
                    return tooLong();
                }
            }
        } catch (IOException gone) {
            // Killed: what came before is all there is.
        }
        return new End(line.size() > 0);
    }

    private Event event(ByteArrayOutputStream line) {
        if (line.size() > longestLine) {
            return tooLong();
        }
        try {
            return new Line(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line.toByteArray()))
                    .toString());
        } catch (CharacterCodingException e) {
            return new Violation("wrote a line that is not UTF-8");
        }
    }

    private Violation tooLong() {
        return new Violation("wrote a line of more than " + longestLine + " bytes");
    }

    private void readErrors() {
        StringBuilder line = new StringBuilder();
        byte[] chunk = new byte[8 * 1024];
        try (InputStream err = process.getErrorStream()) {
            for (int read = err.read(chunk); read >= 0; read = err.read(chunk)) {
                for (int i = 0; i < read; i++) {
                    if (chunk[i] == '\n') {
                        said(line);
                    } else if (line.length() < LAST_WORDS_WIDTH) {
                        line.append((char) (chunk[i] & 0xff));
                    }
                }
            }
        } catch (IOException gone) {
            // What was read is all there is.
        }
        said(line);
    }

    private void said(StringBuilder line) {
        if (line.length() > 0) {
            String text = new String(line.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            synchronized (lastWords) {
                lastWords.add(text.stripTrailing());
                if (lastWords.size() > LAST_WORDS_LINES) {
                    lastWords.remove();
                }
            }
            line.setLength(0);
        }
    }
}
