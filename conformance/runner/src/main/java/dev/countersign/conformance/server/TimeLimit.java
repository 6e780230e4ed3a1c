package dev.countersign.conformance.server;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Ends what takes too long: when it is over, it closes every socket it guards, and a thread that reads, writes or
 * shakes hands there gets an exception.
 */
final class TimeLimit implements AutoCloseable {
    private final Duration duration;
    private final long endNanos;
    private final ScheduledFuture<?> alarm;
    private final List<Socket> guarded = new ArrayList<>();
    private boolean over;

    TimeLimit(ScheduledExecutorService alarms, Duration duration) {
        this.duration = duration;
        this.endNanos = System.nanoTime() + duration.toNanos();
        this.alarm = alarms.schedule(this::end, duration.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Guards a socket from now on; at the latest {@link #close} closes it. */
    synchronized void guard(Socket socket) throws IOException {
        guarded.add(socket);
        if (over) {
            closeAll();
            throw new SocketTimeoutException(message());
        }
    }

    synchronized boolean isOver() {
        return over;
    }

    /** At least 1. */
    int leftMillis() {
        long left = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, left));
    }

    /** What to say when it is over. */
    String message() {
        return "no answer within "
                + (duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms");
    }

    private synchronized void end() {
        over = true;
        closeAll();
    }

    @Override
    public synchronized void close() {
        alarm.cancel(false);
        closeAll();
    }

    private void closeAll() {
        for (Socket socket : guarded) {
            try {
                socket.close();
            } catch (IOException ignored) {
                // It is to be gone, and it is.
            }
        }
        guarded.clear();
    }
}
