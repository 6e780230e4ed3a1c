package dev.countersign.nonce.redis.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes over the wire when many threads use one connection. */
@Timeout(120)
class CommandChannelTest {
    private static final int IN_FLIGHT = 100;
    private static final byte[][] KEY = {{'k'}};

    private RecordingServer server;
    private LettuceClient client;
    private CommandChannel channel;

    @BeforeEach
    void connect() throws IOException {
        server = new RecordingServer();
        client = new LettuceClient(null, null, IN_FLIGHT);
        StatefulRedisConnection<byte[], byte[]> connection =
                client.lettuce().connect(ByteArrayCodec.INSTANCE, RedisURI.create("127.0.0.1", server.port()));
        channel = new CommandChannel(connection);
    }

    @AfterEach
    void close() throws Exception {
        client.close(channel.close());
        server.close();
    }

    /**
     * ASKING lets the next command touch a slot that is on its way to this node. Were that another command than the one that was sent
     * here by ASK, it would look for its token where the token is not, and a replay would pass.
     */
    @Test
    void nothingGetsBetweenAskingAndItsScript() throws Exception {
        List<Thread> threads = new ArrayList<>();
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            boolean asking = thread % 2 == 0;
            CompletableFuture<Void> end = new CompletableFuture<>();
            ends.add(end);
            threads.add(new Thread(() -> {
                try {
                    for (int round = 0; round < 800; round++) {
                        List<CompletionStage<Long>> answers = new ArrayList<>();
                        for (int i = 0; i < 10; i++) {
                            answers.add(channel.eval(asking, asking ? "asked" : "own", KEY));
                        }
                        for (CompletionStage<Long> answer : answers) {
                            answer.toCompletableFuture().get(60, TimeUnit.SECONDS);
                        }
                    }
                    end.complete(null);
                } catch (Exception failure) {
                    end.completeExceptionally(failure);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (CompletableFuture<Void> end : ends) {
            end.get(100, TimeUnit.SECONDS);
        }
        List<String> commands = server.commands();
        int asked = 0;
        int between = 0;
        for (int i = 0; i < commands.size(); i++) {
            if (commands.get(i).equals("ASKING")) {
                asked++;
                between += commands.get(i + 1).equals("EVAL asked") ? 0 : 1;
            }
        }
        assertEquals(16_000, asked);
        assertEquals(0, between, "commands between ASKING and its script");
    }

    /** A slot that moves, while as many claims as allowed are under way: each needs two places in Lettuce's queue. */
    @Test
    void asManyClaimsAsAllowedCanBeAskedAtOnce() throws Exception {
        server.answerInGroupsOf(IN_FLIGHT);
        List<CompletionStage<Long>> answers = new ArrayList<>();
        for (int i = 0; i < IN_FLIGHT; i++) {
            answers.add(channel.evalsha(true, "digest", KEY));
        }
        for (CompletionStage<Long> answer : answers) {
            assertEquals(4, answer.toCompletableFuture().get(60, TimeUnit.SECONDS));
        }
    }

    /** Takes one connection, writes down what it is asked, and answers as Redis would. */
    private static final class RecordingServer {
        private final ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final Thread thread = new Thread(this::serve);
        private final List<String> commands = new ArrayList<>();
        private int group = 1;

        RecordingServer() throws IOException {
            thread.start();
        }

        int port() {
            return listening.getLocalPort();
        }

        synchronized List<String> commands() {
            return List.copyOf(commands);
        }

        /** Answers TIME, and scripts, only when so many of them have come. */
        synchronized void answerInGroupsOf(int number) {
            group = number;
        }

        private void serve() {
            try (Socket socket = listening.accept()) {
                InputStream in = new BufferedInputStream(socket.getInputStream());
                OutputStream out = socket.getOutputStream();
                StringBuilder held = new StringBuilder();
                int scripts = 0;
                int times = 0;
                while (true) {
                    String[] words = read(in);
                    boolean script = words[0].startsWith("EVAL");
                    scripts += script ? 1 : 0;
                    times += words[0].equals("TIME") ? 1 : 0;
                    held.append(answer(words[0]));
                    synchronized (this) {
                        commands.add(script ? words[0] + " " + words[1] : words[0]);
                        if (scripts % group != 0 || times % group != 0 || in.available() > 0) {
                            continue; // one write for all that has come
                        }
                    }
                    out.write(held.toString().getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                    held.setLength(0);
                }
            } catch (IOException ended) {
                // The client has closed the connection.
            }
        }

        private static String answer(String command) {
            return switch (command) {
                case "EVAL", "EVALSHA" -> ":4\r\n";
                case "TIME" -> "*2\r\n$1\r\n1\r\n$1\r\n1\r\n";
                case "PING" -> "+PONG\r\n";
                default -> "+OK\r\n";
            };
        }

        private static String[] read(InputStream in) throws IOException {
            String[] words = new String[Integer.parseInt(line(in).substring(1))];
            for (int i = 0; i < words.length; i++) {
                int length = Integer.parseInt(line(in).substring(1));
                words[i] = new String(in.readNBytes(length), StandardCharsets.US_ASCII);
                line(in);
            }
            return words;
        }

        private static String line(InputStream in) throws IOException {
            StringBuilder line = new StringBuilder();
            for (int next = in.read(); next != '\n'; next = in.read()) {
                if (next < 0) {
                    throw new EOFException();
                }
                if (next != '\r') {
                    line.append((char) next);
                }
            }
            return line.toString();
        }

        void close() throws IOException, InterruptedException {
            listening.close();
            thread.join();
        }
    }
}
