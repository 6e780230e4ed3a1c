package dev.countersign.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;

/** Ports of the loopback interface that nobody listens on now. */
public final class Ports {
    /** A cluster node of Redis listens on its port and on the one so much above. */
    private static final int CLUSTER_BUS = 10_000;

    private static final int ATTEMPTS = 200;

    /** Starts of a server, each on another port. */
    private static final int STARTS = 5;

    private Ports() {}

    /** A free port, chosen by the system. */
    public static int free() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** A free port whose cluster-bus port is free too. */
    static int freeForCluster() {
        Random random = new Random();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int port = 20_000 + random.nextInt(12_000);
            if (isFree(port) && isFree(port + CLUSTER_BUS)) {
                return port;
            }
        }
        throw new IllegalStateException("no free pair of ports was found");
    }

    /**
     * Starts a server on a port of our choice. Between the choice and the server's own bind another process may take the port:
     * then another one is chosen, four times at most.
     *
     * @param ports chooses
     * @param start throws {@link ServerEndedException} where the server ends, and leaves nothing behind then
     */
    static <S> S start(IntSupplier ports, IntFunction<S> start) {
        for (int attempt = 1; ; attempt++) {
            try {
                return start.apply(ports.getAsInt());
            } catch (ServerEndedException ended) {
                if (!ended.portWasTaken() || attempt == STARTS) {
                    throw ended;
                }
            }
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
