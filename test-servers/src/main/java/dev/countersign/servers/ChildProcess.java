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
            process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve(name + ".log").toFile())
                    .start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
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
