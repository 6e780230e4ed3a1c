package dev.countersign.quickstart;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The folder with the server's state, held by one process at a time. Whether it was empty at the start decides whether
 * the nonce store is built as always watching: the lock file stays behind, so that later starts know of this one.
 */
final class StateFolder implements AutoCloseable {
    private final Path path;
    private final FileChannel lock;
    private final boolean firstStart;

    private StateFolder(Path path, FileChannel lock, boolean firstStart) {
        this.path = path;
        this.lock = lock;
        this.firstStart = firstStart;
    }

    static StateFolder open(Path path) throws StartupException {
        FileChannel channel = null;
        try {
            Files.createDirectories(path);
            boolean empty = isEmpty(path);
            channel = FileChannel.open(
                    path.resolve("quickstart.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                throw new OverlappingFileLockException();
            }
            return new StateFolder(path, channel, empty);
        } catch (OverlappingFileLockException held) {
            closeQuietly(channel);
            throw new StartupException("another quickstart uses the folder " + path
                    + ": end it, or set COUNTERSIGN_HOME to another folder");
        } catch (IOException | SecurityException unusable) {
            closeQuietly(channel);
            throw new StartupException("the folder " + path + " cannot be used: " + unusable, unusable);
        }
    }

    Path path() {
        return path;
    }

    /** Whether nothing was in the folder: then no server has accepted a request before this one. */
    boolean isFirstStart() {
        return firstStart;
    }

    @Override
    public void close() {
        closeQuietly(lock);
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            return !entries.iterator().hasNext();
        }
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException ignored) {
            // The process ends, or another message is on its way.
        }
    }
}
