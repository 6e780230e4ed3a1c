package dev.countersign.servlet;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The verified body once more, for the application. All of it is at hand, so nothing ever blocks and
 * {@link #isReady} is always true.
 *
 * <p>A {@link ReadListener} is called as by a container: not before the dispatch that set it has returned, then once
 * for the data (if there is any) and once for the end, whichever thread comes to the end.
 */
final class ReplayedInputStream extends ServletInputStream {
    private final BodyBuffer.Reader bytes;
    private final BooleanSupplier asyncStarted;
    private final Executor container;

    private final Object lock = new Object();
    private boolean dispatching = true;
    private @Nullable ReadListener listener;
    private boolean inCallback;
    private boolean ended;

    /**
     * @param asyncStarted whether the request is in asynchronous mode
     * @param container runs the listener's calls on a thread of the container
     */
    ReplayedInputStream(BodyBuffer body, BooleanSupplier asyncStarted, Executor container) {
        this.bytes = body.reader();
        this.asyncStarted = asyncStarted;
        this.container = container;
    }

    @Override
    public boolean isFinished() {
        return bytes.remaining() == 0;
    }

    @Override
    public boolean isReady() {
        return true;
    }

    @Override
    public void setReadListener(ReadListener readListener) {
        Objects.requireNonNull(readListener, "readListener");
        synchronized (lock) {
            if (listener != null) {
                throw new IllegalStateException("a read listener is set already");
            }
            if (!asyncStarted.getAsBoolean()) {
                throw new IllegalStateException("a read listener needs a request in asynchronous mode");
            }
            listener = readListener;
            if (dispatching) {
                return;
            }
        }
        container.execute(this::callListener);
    }

    /** The dispatch that runs under the filter has returned: from now on the listener may be called. */
    void dispatchReturned() {
        synchronized (lock) {
            dispatching = false;
            if (listener == null) {
                return;
            }
        }
        callListener();
    }

    @Override
    public int read() {
        int value = bytes.read();
        endIfFinished();
        return value;
    }

    @Override
    public int read(byte[] to, int offset, int length) {
        int count = bytes.read(to, offset, length);
        endIfFinished();
        return count;
    }

    @Override
    public int available() {
        return bytes.available();
    }

    private void callListener() {
        ReadListener current = Objects.requireNonNull(listener);
        try {
            if (!isFinished()) {
                synchronized (lock) {
                    inCallback = true;
                }
                current.onDataAvailable();
            }
        } catch (Throwable failure) {
            end();
            current.onError(failure);
            return;
        } finally {
            synchronized (lock) {
                inCallback = false;
            }
        }
        if (isFinished()) {
            callEnd(current);
        }
    }

    /** A consumer that left the callback with bytes unread, and reads the rest later from a thread of its own. */
    private void endIfFinished() {
        if (!isFinished()) {
            return;
        }
        ReadListener current;
        synchronized (lock) {
            current = listener;
            if (current == null || inCallback || dispatching || ended) {
                return;
            }
        }
        container.execute(() -> callEnd(current));
    }

    private void callEnd(ReadListener current) {
        if (!end()) {
            return;
        }
        try {
            current.onAllDataRead();
        } catch (IOException | RuntimeException failure) {
            current.onError(failure);
        }
    }

    private boolean end() {
        synchronized (lock) {
            boolean first = !ended;
            ended = true;
            return first;
        }
    }
}
