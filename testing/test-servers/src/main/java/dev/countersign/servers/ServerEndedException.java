package dev.countersign.servers;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A server ended while its answer was awaited. The message has the end of what it wrote. */
final class ServerEndedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private static final int TAIL_BYTES = 4096;

    private final boolean portTaken;

    private ServerEndedException(String message, boolean portTaken) {
        super(message);
        this.portTaken = portTaken;
    }

    /** With the last 4 KiB of a log, or of what can be read of it. */
    static ServerEndedException of(String what, Path log) {
        String tail = tail(log);
        return new ServerEndedException(
                what + " has ended; its output ends with:\n" + tail, tail.contains("Address already in use"));
    }

    private static String tail(Path log) {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            byte[] bytes = new byte[(int) Math.min(file.length(), TAIL_BYTES)];
            file.seek(file.length() - bytes.length);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).strip();
        } catch (IOException unreadable) {
            return "(" + unreadable + ")";
        }
    }

    /** Whether it said that somebody else listens where it was to listen. */
    boolean portWasTaken() {
        return portTaken;
    }
}
