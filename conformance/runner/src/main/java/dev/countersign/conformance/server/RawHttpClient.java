package dev.countersign.conformance.server;

import dev.countersign.conformance.runner.Shown;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/** Sends requests byte for byte, each on a connection of its own. */
final class RawHttpClient {
    private final Endpoint endpoint;

    RawHttpClient(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** One request and its answer. */
    HttpAnswer exchange(LiveRequest request, TimeLimit limit) throws IOException {
        try (Socket socket = endpoint.connect(limit)) {
            // A server may answer and close before it has read everything, so somebody must listen meanwhile. Closing
            // the socket ends the thread.
            Thread writer = new Thread(() -> write(socket, out -> request.write(out, endpoint)), "conformance-request");
            writer.setDaemon(true);
            writer.start();
            return read(socket, request);
        } catch (IOException e) {
            throw inTime(e, limit);
        }
    }

    /** Requests that end at the same moment: each is sent but for its last byte, and then all the last bytes. */
    List<HttpAnswer> exchangeAll(List<LiveRequest> requests, TimeLimit limit) throws IOException {
        try {
            List<Socket> sockets = new ArrayList<>();
            for (LiveRequest request : requests) {
                Socket socket = endpoint.connect(limit);
                sockets.add(socket);
                write(socket, out -> request.writeAllButLastByte(out, endpoint));
            }
            for (int i = 0; i < sockets.size(); i++) {
                write(sockets.get(i), requests.get(i)::writeLastByte);
            }
            List<HttpAnswer> answers = new ArrayList<>();
            for (int i = 0; i < sockets.size(); i++) {
                try (Socket socket = sockets.get(i)) {
                    answers.add(read(socket, requests.get(i)));
                }
            }
            return answers;
        } catch (IOException e) {
            throw inTime(e, limit);
        }
    }

    /** Something to write. */
    @FunctionalInterface
    private interface Writing {
        void to(OutputStream out) throws IOException;
    }

    private static void write(Socket socket, Writing writing) {
        try {
            writing.to(new BufferedOutputStream(socket.getOutputStream()));
        } catch (IOException ignored) {
            // The server needed no more to know its answer; if there is none, the reader sees it.
        }
    }

    private static HttpAnswer read(Socket socket, LiveRequest request) throws IOException {
        try {
            return new AnswerReader(new BufferedInputStream(socket.getInputStream()))
                    .read(request.isAnsweredWithoutBody());
        } catch (SocketException reset) {
            throw new MalformedAnswerException("the server broke the connection off instead of answering ("
                    + Shown.excerpt(String.valueOf(reset.getMessage())) + ")");
        }
    }

    /** When the time is over sockets are closed, and say so in many ways. */
    private static IOException inTime(IOException e, TimeLimit limit) {
        return limit.isOver() ? new LateAnswerException(limit.message()) : e;
    }
}
