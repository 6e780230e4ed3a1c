package dev.countersign.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server's program: started, killed, stopped and continued at will, and gone with the JVM. Thread-safe. */
final class ChildProcess {
    private static final int END_SECONDS = 60;

    private final String name;
    private final Path folder;
    private final List<String> command;
    private final AtExit atExit = new AtExit(this::close);
    private @Nullable Process process;
    private boolean closed;

    /**
     * A program that is not started yet.
     *
     * @param folder where it runs and writes its log; deleted in the end
     */
    ChildProcess(String name, Path folder, List<String> command) {
        this.name = name;
        this.folder = folder;
        this.command = List.copyOf(command);
    }

    /** Kills the process if it lives, and starts another one. */
    synchronized void restart() {
        if (closed) {
            throw new IllegalStateException(name + " is closed");
        }
        kill();
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log().toFile());
            builder.environment().put("LC_ALL", "C"); // so that its words for a taken port are known
            process = builder.start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /**
     * Returns when the program, which was started, answers. One that has ended is told at once, whoever answers or does not
     * answer in its place.
     *
     * @param answers whether it is this program that answers; may block, and is then left alone
     * @throws ServerEndedException if it has ended
     */
    void await(String what, long seconds, Signals.Question answers) {
        Signals.await(what, seconds, this::requireNotEnded, answers);
    }

    private synchronized void requireNotEnded() {
        if (process != null && !process.isAlive()) {
            throw ServerEndedException.of(name, log());
        }
    }

    private Path log() {
        return folder.resolve(name + ".log");
    }

    /** SIGKILL; returns when the process is gone. Does nothing if it is. */
    synchronized void kill() {
        Process running = process;
        process = null;
        if (running == null) {
            return;
        }
        running.destroyForcibly();
        try {
            if (!running.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(name + " survives SIGKILL");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** SIGSTOP. */
    synchronized void pause() {
        if (process != null) {
            Signals.pause(process.pid());
        }
    }

    /** SIGCONT. */
    synchronized void resume() {
        if (process != null) {
            Signals.resume(process.pid());
        }
    }

    /** Its number, or 0 if it was never started or was killed. */
    synchronized long pid() {
        return process == null ? 0 : process.pid();
    }

    synchronized boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Kills the process and deletes its folder. Idempotent. */
    synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        kill();
        Folders.delete(folder);
        atExit.cancel();
    }
}
