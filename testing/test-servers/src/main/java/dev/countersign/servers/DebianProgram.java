package dev.countersign.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program from one of Debian's packages, run without privileges: these servers refuse to run as root, or should not. A
 * test that needs a package which is not installed fails with its name.
 */
final class DebianProgram {
    private static final String NOBODY = "nobody";
    private static final int SECONDS = 300;

    private final Path path;

    private DebianProgram(Path path) {
        this.path = path;
    }

    /** The program, which must be there. */
    static DebianProgram of(String packageName, String path) {
        Path program = Path.of(path);
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException(
                    path + " is missing: install Debian's package " + packageName + ", as .ci/run does");
        }
        return new DebianProgram(program);
    }

    /** A temporary folder in which such a program may write. */
    static Path folder(String what) {
        Path folder = Folders.create(what);
        give(folder);
        return folder;
    }

    /** A file that such a program may read, in its {@link #folder}. */
    static Path file(Path folder, String name, String text) {
        Path file = Folders.file(folder, name, text);
        give(file);
        return file;
    }

    /** How it is started, with these arguments. */
    List<String> command(String... arguments) {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            // It replaces itself by the program, which thus has the process that was started.
            command.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=nogroup", "--clear-groups"));
        }
        command.add(path.toString());
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs it to its end, which must be a good one. */
    void run(Path folder, String... arguments) {
        Path log = folder.resolve(path.getFileName() + ".log");
        try {
            Process process = new ProcessBuilder(command(arguments))
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(path + " does not end");
            }
            if (process.exitValue() != 0) {
                throw new IllegalStateException(path + " failed: " + Files.readString(log));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    private static void give(Path path) {
        if (!isRoot()) {
            return;
        }
        try {
            UserPrincipal nobody =
                    path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(NOBODY);
            Files.setOwner(path, nobody);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static boolean isRoot() {
        return System.getProperty("user.name", "").equals("root");
    }
}
