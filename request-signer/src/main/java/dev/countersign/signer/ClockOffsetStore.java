package dev.countersign.signer;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Where a {@link ClockOffset} outlives the process: one number under the name {@value #NAME}. A {@link ClockOffset} loads
 * once, when it is made, and saves one value at a time, in the order of the corrections.
 */
public interface ClockOffsetStore {
    /** The name under which clients keep the number. */
    String NAME = "clock_offset_ms";

    /** The number saved last, in milliseconds; empty if there is none. */
    OptionalLong load();

    /**
     * Keeps the number in place of the one before.
     *
     * @param offsetMillis server time minus local time, in milliseconds
     */
    void save(long offsetMillis);

    /**
     * Keeps the number in a file, as the one line {@code clock_offset_ms=299750}. Each save writes a new file next to it, readable
     * by its owner alone, has it written through to the disk, and moves it over the old one in one step: after a crash at any
     * moment there is the old number or the new one. A crash can leave a file {@code clock_offset_ms*.tmp}, which nothing reads
     * and you may delete. Of several processes or stores with one path, the last that saves wins.
     *
     * <p>{@code load} never throws. A file that is absent, empty, cut short, unreadable, no plain file, or that holds anything but
     * that line with a number of at most 14 digits is no number: the process starts with its own clock, and the next
     * correction writes the file anew. (Timestamps of the protocol are less than that apart.) {@code save} throws {@link UncheckedIOException}, and leaves what
     * was there, if the number has more digits, the folder is absent or cannot be written to, its file system moves
     * nothing in one step, the thread is interrupted, or something else than a plain file has that path. A symbolic link there is
     * neither followed nor replaced; links to folders on the way to it are followed.
     *
     * <p>Thread-safe. {@code save} waits for the disk.
     *
     * @param path of a file in a folder that exists; relative to the working directory as it is now
     * @throws IllegalArgumentException if it is a root
     */
    static ClockOffsetStore file(Path path) {
        return new FileClockOffsetStore(path);
    }

    /** Keeps nothing: each process starts with its own clock. */
    static ClockOffsetStore none() {
        return NoClockOffsetStore.INSTANCE;
    }
}
