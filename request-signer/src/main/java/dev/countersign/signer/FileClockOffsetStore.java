package dev.countersign.signer;

import dev.countersign.api.wire.DecimalText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/**
 * One line, {@code clock_offset_ms=-1234} and a line feed. The line feed is what a file cut short lacks, so that the
 * beginning of a number is never taken for the number.
 */
final class FileClockOffsetStore implements ClockOffsetStore {
    private static final String PREFIX = NAME + "=";
    private static final String END = "\n";
    private static final int MAX_DIGITS = 14;

    /** In milliseconds; no two timestamps of eleven digits are further apart. */
    private static final long MAX_OFFSET = 99_999_999_999_999L;

    private static final int MAX_BYTES = PREFIX.length() + 1 + MAX_DIGITS + END.length();

    /** What comes last in a save. */
    interface Move {
        void replace(Path file, Path by) throws IOException;
    }

    private final Path file;
    private final Path folder;
    private final Move move;

    FileClockOffsetStore(Path file) {
        this(file, FileClockOffsetStore::moveAtomically);
    }

    FileClockOffsetStore(Path file, Move move) {
        this.file = file.toAbsolutePath();
        Path parent = this.file.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("expected the path of a file; " + file + " is a root");
        }
        this.folder = parent;
        this.move = move;
    }

    @Override
    public OptionalLong load() {
        try {
            return isPlainFile() ? parse(read()) : OptionalLong.empty();
        } catch (IOException unreadable) {
            return OptionalLong.empty(); // the next save tells what is wrong with the place
        }
    }

    @Override
    public void save(long offsetMillis) {
        try {
            if (offsetMillis < -MAX_OFFSET || offsetMillis > MAX_OFFSET) {
                throw new FileSystemException(
                        file.toString(), null, "no timestamps are that far apart: the local clock is wrong");
            }
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !isPlainFile()) {
                throw new FileSystemException(
                        file.toString(), null, "a link, a folder or a device is never replaced; name a plain file");
            }
            // Files.createTempFile lets the owner alone read it, and takes no name that is there, be it a link.
            Path written = Files.createTempFile(folder, NAME, ".tmp");
            try {
                write(written, PREFIX + offsetMillis + END);
                move.replace(file, written);
            } finally {
                Files.deleteIfExists(written);
            }
        } catch (IOException notKept) {
            throw new UncheckedIOException(NAME + " was not kept", notKept);
        }
    }

    @Override
    public String toString() {
        return "ClockOffsetStore[" + file + "]";
    }

    private boolean isPlainFile() {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    }

    /** One byte more than the longest form at most: whatever is longer is none. */
    private String read() throws IOException {
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            return new String(in.readNBytes(MAX_BYTES + 1), StandardCharsets.ISO_8859_1);
        }
    }

    private static OptionalLong parse(String text) {
        if (!text.startsWith(PREFIX) || !text.endsWith(END)) {
            return OptionalLong.empty();
        }
        String number = text.substring(PREFIX.length(), text.length() - END.length());
        boolean negative = number.startsWith("-");
        long value = DecimalText.parse(negative ? number.substring(1) : number, MAX_DIGITS);
        boolean none = value == DecimalText.MALFORMED || (negative && value == 0);
        return none ? OptionalLong.empty() : OptionalLong.of(negative ? -value : value);
    }

    private static void write(Path to, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true); // or a crash could leave the new name before the bytes
        }
    }

    private static void moveAtomically(Path file, Path by) throws IOException {
        Files.move(by, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
