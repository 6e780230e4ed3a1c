package dev.countersign.signer;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Stores the number of a {@link ClockOffset}, under the name {@value #NAME}, so that it outlives the process. A
 * {@link ClockOffset} loads it once, when it is created, and saves one value at a time, in the order of the
 * corrections.
 */
public interface ClockOffsetStore {
    /** The name under which clients keep the number. */
    String NAME = "clock_offset_ms";

    /** The number saved last, in milliseconds; empty if there is none. */
    OptionalLong load();

    /**
     * Replaces the stored number.
     *
     * @param offsetMillis server time minus local time, in milliseconds
     */
    void save(long offsetMillis);

    /**
     * A store in a file with the one line {@code clock_offset_ms=299750}. Each save writes a new file next to it,
     * readable by its owner only, forces it to the disk, and moves it over the old file atomically. So after a crash
     * there is the old number or the new one. A crash can leave a file {@code clock_offset_ms*.tmp}, which is not used
     * and which you may delete. If several processes or stores have one path, the last save counts.
     *
     * <p>{@code load} never throws. It returns no number if the file is absent, empty, cut short, unreadable or no
     * plain file, or has anything but that line with a number of at most 14 digits, which is enough for all timestamps
     * of the protocol. The process then starts with its own clock, and the next correction writes the file anew.
     *
     * <p>{@code save} throws {@link UncheckedIOException} and changes nothing if the number has more digits, if the
     * folder is absent or not writable, if its file system cannot move a file atomically, if the thread is interrupted,
     * or if the path is no plain file. A symbolic link at the path is neither followed nor replaced; links to folders
     * on the way to it are followed.
     *
     * <p>Thread-safe. {@code save} waits for the disk.
     *
     * @param path the file, in a folder that exists; resolved now against the working directory
     * @throws IllegalArgumentException if it is a root
     */
    static ClockOffsetStore file(Path path) {
        return new FileClockOffsetStore(path);
    }

    /** A store that stores nothing: each process starts with its own clock. */
    static ClockOffsetStore none() {
        return NoClockOffsetStore.INSTANCE;
    }
}
