package dev.countersign.servers;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy on the loopback interface that hurts what passes through it: cuts connections, also between a request and
 * its answer, holds bytes back, or slows them down. Thread-safe.
 */
public final class TcpProxy implements AutoCloseable {
    private static final int BUFFER = 8192;
    private static final int CONNECT_MILLIS = 2_000;

    private final ServerSocket listening;
    private volatile int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger cuts = new AtomicInteger();
    private final AtomicInteger connectionsCut = new AtomicInteger();
    private final AtomicInteger answersLost = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean requestsHeld;
    private boolean answersHeld;
    private volatile boolean refusing;
    private int answersToLose;
    private volatile long delayMillis;
    private volatile boolean closed;

    private TcpProxy(int target) {
        this.target = target;
        try {
            listening = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        thread("accept", this::accept);
    }

    /** A proxy in front of a port of the loopback interface. */
    public static TcpProxy to(int port) {
        return new TcpProxy(port);
    }

    /** Where it listens. */
    public int port() {
        return listening.getLocalPort();
    }

    /** Connections made from now on go to another port. */
    public void retarget(int port) {
        target = port;
    }

    /** Closes every connection; new ones are accepted. */
    public void cut() {
        int cut = 0;
        for (Socket socket : sockets) {
            closeQuietly(socket);
            cut++;
        }
        connectionsCut.addAndGet((cut + 1) / 2);
        cuts.incrementAndGet();
    }

    /** Closes every connection and refuses new ones until {@link #restore}. */
    public void cutOff() {
        refusing = true;
        cut();
    }

    /**
     * Lets the next requests through and closes their connections when the first byte of the answer arrives: the server
     * has done what it was asked, and the client does not learn of it.
     *
     * @param connections how many times
     */
    public void loseAnswers(int connections) {
        lock.lock();
        try {
            answersToLose = connections;
        } finally {
            lock.unlock();
        }
    }

    /** Keeps connections open and holds back what clients send. */
    public void holdRequests() {
        hold(true, false);
    }

    /** Keeps connections open and holds back what the server answers. */
    public void holdAnswers() {
        hold(false, true);
    }

    /** Keeps each piece of an answer for so long. */
    public void slowDown(long millis) {
        delayMillis = millis;
    }

    /** Ends all harm: bytes that were held back flow on, new connections are accepted. */
    public void restore() {
        lock.lock();
        try {
            refusing = false;
            requestsHeld = false;
            answersHeld = false;
            delayMillis = 0;
            answersToLose = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How often connections were cut by {@link #cut} and {@link #cutOff}. */
    public int cuts() {
        return cuts.get();
    }

    /** How many connections were closed by these. */
    public int connectionsCut() {
        return connectionsCut.get();
    }

    /** How many connections were cut between a request and its answer. */
    public int answersLost() {
        return answersLost.get();
    }

    /** How many connections are open. */
    public int connections() {
        return sockets.size() / 2;
    }

    private void hold(boolean requests, boolean answers) {
        lock.lock();
        try {
            requestsHeld |= requests;
            answersHeld |= answers;
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!closed) {
            Socket client = null;
            try {
                client = listening.accept();
                if (refusing) {
                    closeQuietly(client);
                    continue;
                }
                connect(client);
            } catch (IOException refused) {
                closeQuietly(client);
            }
        }
    }

    private void connect(Socket client) throws IOException {
        Socket server = new Socket();
        server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target), CONNECT_MILLIS);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        sockets.add(client);
        sockets.add(server);
        if (refusing || closed) {
            closeQuietly(client);
            closeQuietly(server);
        }
        thread("requests", () -> pump(client, server, false));
        thread("answers", () -> pump(server, client, true));
    }

    private void pump(Socket from, Socket to, boolean answers) {
        byte[] buffer = new byte[BUFFER];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (answers && losesThisAnswer()) {
                    return;
                }
                long delay = delayMillis;
                if (answers && delay > 0) {
                    Thread.sleep(delay);
                }
                awaitRelease(answers);
                out.write(buffer, 0, read);
                out.flush();
            }
        } catch (IOException ended) {
            // The other pump ends too.
            return;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            closeQuietly(from);
            closeQuietly(to);
        }
    }

    private boolean losesThisAnswer() {
        lock.lock();
        try {
            if (answersToLose == 0) {
                return false;
            }
            answersToLose--;
            answersLost.incrementAndGet();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void awaitRelease(boolean answers) throws InterruptedException {
        lock.lock();
        try {
            while (!closed && (answers ? answersHeld : requestsHeld)) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private void closeQuietly(@Nullable Closeable socket) {
        if (socket == null) {
            return;
        }
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException gone) {
            return;
        }
    }

    private void thread(String what, Runnable task) {
        Thread thread = new Thread(task, "tcp-proxy-" + what);
        thread.setDaemon(true);
        thread.start();
    }

    /** Closes the port and every connection. Idempotent. */
    @Override
    public void close() {
        closed = true;
        closeQuietly(listening);
        restore();
        for (Socket socket : sockets) {
            closeQuietly(socket);
        }
    }
}
