package dev.countersign.servers;

import java.io.BufferedInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;

/**
 * A Redis server as a process of its own, on the loopback interface. Without persistence unless its directives say
 * otherwise, so a restart is an empty server. Thread-safe.
 */
public final class RedisServer implements AutoCloseable {
    /** Where another Redis is that the tests may use: a Redis URI. Its data may be flushed. */
    public static final String GIVEN = "COUNTERSIGN_TEST_REDIS_URL";

    private static final int START_SECONDS = 300;
    private static final int SOCKET_MILLIS = 10_000;

    private static @Nullable RedisServer shared;

    private final int port;
    private final Path folder;
    private final ChildProcess process;

    private RedisServer(int port, List<String> arguments) {
        this(port, Folders.create("redis"), List.of(binary().getPath()), arguments);
    }

    private RedisServer(int port, Path folder, List<String> program, List<String> arguments) {
        this.port = port;
        this.folder = folder;
        List<String> command = new ArrayList<>(program);
        command.addAll(arguments);
        command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1", "--dir", folder.toString()));
        this.process = new ChildProcess("redis", folder, command);
        try {
            restart();
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    /**
     * Starts a server on a port that nobody listens on; a node of a Cluster, which listens on the port 10000 above too, on one
     * where that is free as well.
     *
     * @param directives as on the command line: {@code "--maxmemory", "100mb"}
     */
    public static RedisServer start(String... directives) {
        return start(portsFor(directives), directives);
    }

    static RedisServer start(IntSupplier ports, String... directives) {
        return Ports.start(ports, port -> new RedisServer(port, withoutPersistence(directives)));
    }

    static IntSupplier portsFor(String... directives) {
        int cluster = List.of(directives).indexOf("--cluster-enabled");
        boolean isNode = cluster >= 0 && cluster + 1 < directives.length && directives[cluster + 1].equals("yes");
        return isNode ? Ports::freeForCluster : Ports::free;
    }

    /** As {@link #start}, but Redis 7.0, from Debian's package {@code redis-server}, which must be installed. */
    public static RedisServer startDebian(String... directives) {
        DebianProgram program = DebianProgram.of("redis-server", "/usr/bin/redis-server");
        return Ports.start(
                portsFor(directives),
                port -> new RedisServer(
                        port, DebianProgram.folder("redis7"), program.command(), withoutPersistence(directives)));
    }

    private static List<String> withoutPersistence(String... directives) {
        List<String> arguments = new ArrayList<>(List.of("--save", "", "--appendonly", "no"));
        arguments.addAll(List.of(directives));
        return arguments;
    }

    /** Starts a sentinel; its configuration file is the first argument. */
    static RedisServer startSentinel(Path configuration) {
        return startSentinel(Ports::free, configuration);
    }

    static RedisServer startSentinel(IntSupplier ports, Path configuration) {
        return Ports.start(ports, port -> new RedisServer(port, List.of(configuration.toString(), "--sentinel")));
    }

    /** A server that lives as long as the JVM, for tests that only want some Redis: started when first asked for. */
    public static synchronized RedisServer shared() {
        if (shared == null) {
            shared = start();
        }
        return shared;
    }

    /** The URI of the server that {@value #GIVEN} names, or else of the {@linkplain #shared shared} one. */
    public static String anyUri() {
        String given = System.getenv(GIVEN);
        return given == null || given.isEmpty() ? shared().uri() : given;
    }

    /** The port it listens on, the same after a restart. */
    public int port() {
        return port;
    }

    /** {@code redis://127.0.0.1:…}. */
    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    /** Its working folder: deleted with {@link #close}. */
    public Path folder() {
        return folder;
    }

    /** Kills the process if it lives and starts another one with the same port and folder; returns when it answers. */
    public final void restart() {
        process.restart();
        // Another Redis may have taken the port, so it has to say who it is. INFO answers while data are loaded too.
        process.await(
                "Redis does not answer",
                START_SECONDS,
                () -> info("server", "process_id").equals(Long.toString(process.pid())));
    }

    /** SIGKILL; returns when the process is gone. Does nothing if it is. */
    public void kill() {
        process.kill();
    }

    /** SIGSTOP: keeps its connections and answers nothing. */
    public void pause() {
        process.pause();
    }

    /** SIGCONT. */
    public void resume() {
        process.resume();
    }

    /** Whether the process lives. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /**
     * Sends one command on a connection of its own.
     *
     * @return a simple string, number or bulk string as text; an error with its leading {@code -}; a list as one line
     *     for each element; an absent value as {@code (nil)}
     */
    public String call(String... words) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(SOCKET_MILLIS);
            OutputStream out = socket.getOutputStream();
            out.write(("*" + words.length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            for (String word : words) {
                byte[] bytes = word.getBytes(StandardCharsets.ISO_8859_1);
                out.write(("$" + bytes.length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
                out.write(bytes);
                out.write("\r\n".getBytes(StandardCharsets.ISO_8859_1));
            }
            out.flush();
            return read(new BufferedInputStream(socket.getInputStream()));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** As {@link #call}, for commands that must succeed. */
    public String require(String... words) {
        String answer = call(words);
        if (answer.startsWith("-")) {
            throw new IllegalStateException(String.join(" ", words) + ": " + answer);
        }
        return answer;
    }

    /** One field of INFO, or an empty string. */
    public String info(String section, String field) {
        for (String line : require("INFO", section).split("\r?\n", -1)) {
            if (line.startsWith(field + ":")) {
                return line.substring(field.length() + 1).strip();
            }
        }
        return "";
    }

    private static String read(InputStream in) throws IOException {
        String line = line(in);
        String rest = line.substring(1);
        switch (line.charAt(0)) {
            case '+', ':' -> {
                return rest;
            }
            case '-' -> {
                return line;
            }
            case '$' -> {
                int length = Integer.parseInt(rest);
                if (length < 0) {
                    return "(nil)";
                }
                byte[] bytes = in.readNBytes(length + 2);
                return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
            }
            case '*' -> {
                int length = Integer.parseInt(rest);
                List<String> elements = new ArrayList<>();
                for (int i = 0; i < length; i++) {
                    elements.add(read(in));
                }
                return length < 0 ? "(nil)" : String.join("\n", elements);
            }
            default -> throw new IOException("Redis answered " + line);
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the connection ended");
            }
            line.append((char) c);
        }
        in.read();
        return line.toString();
    }

    private static File binary() {
        return Binary.FILE;
    }

    /** Kills the process and deletes its folder. Idempotent. */
    @Override
    public void close() {
        process.close();
    }

    /** Unpacked once. */
    private static final class Binary {
        private static final File FILE = unpack();

        private static File unpack() {
            try {
                return ExecutableProvider.newJarResourceProvider().get();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }
}
