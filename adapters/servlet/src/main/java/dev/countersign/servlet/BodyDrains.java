package dev.countersign.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rest of bodies whose requests are answered, and drops it, within {@link DrainLimits}. No drain waits on a
 * thread. Thread-safe.
 */
final class BodyDrains {
    private static final int SCRATCH = 16 * 1024;

    private final DrainLimits limits;
    private final LongSupplier nanoTime;
    private final Semaphore places;

    BodyDrains(DrainLimits limits, LongSupplier nanoTime) {
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.places = new Semaphore(limits.maxAtOnce());
    }

    /**
     * Goes on with the body after this dispatch has returned; the answer must have been sent. Where that is not possible
     * (no place is left, the request does not support asynchronous mode, something else has begun it) nothing happens,
     * and the container closes.
     */
    void begin(HttpServletRequest request) {
        if (limits.maxBytes() == 0 || !request.isAsyncSupported() || request.isAsyncStarted() || !places.tryAcquire()) {
            return;
        }
        AsyncContext async;
        try {
            async = request.startAsync();
        } catch (IllegalStateException refused) {
            places.release();
            return;
        }
        Drain drain = null;
        try {
            drain = new Drain(async, request.getInputStream());
            async.setTimeout(limits.maxTime().toMillis());
            async.addListener(drain);
            drain.in.setReadListener(drain);
        } catch (IOException | IllegalStateException refused) {
            if (drain != null) {
                drain.end();
            } else {
                places.release();
                async.complete();
            }
        }
    }

    /**
     * Goes on with a body whose request is in asynchronous mode, and whose listener hands on what it is called with, also that the
     * exchange is over. Completes the request in the end.
     *
     * @return null if no place is left or nothing is to be drained; then the caller completes it
     */
    @Nullable ReadListener goOn(AsyncContext async, ServletInputStream in) {
        if (limits.maxBytes() == 0 || !places.tryAcquire()) {
            return null;
        }
        Drain drain = new Drain(async, in);
        drain.endInTime();
        return drain;
    }

    /** How many run now. */
    int running() {
        return limits.maxAtOnce() - places.availablePermits();
    }

    private final class Drain implements ReadListener, AsyncListener {
        final ServletInputStream in;
        private final AsyncContext async;
        private final AtomicBoolean ended = new AtomicBoolean();
        private final long began = nanoTime.getAsLong();
        private final byte[] scratch = new byte[SCRATCH];
        private long dropped;

        Drain(AsyncContext async, ServletInputStream in) {
            this.async = async;
            this.in = in;
        }

        /**
         * Containers measure a time limit from the beginning of asynchronous mode, or take none from another thread, or arm it late:
         * a client that sends nothing must not keep its place.
         */
        void endInTime() {
            CompletableFuture.delayedExecutor(limits.maxTime().toNanos(), TimeUnit.NANOSECONDS)
                    .execute(this::end);
        }

        @Override
        public void onDataAvailable() throws IOException {
            while (!ended.get() && in.isReady()) {
                int count = in.read(scratch);
                if (count < 0) {
                    return; // the container says so once more
                }
                dropped += count;
                if (dropped > limits.maxBytes()
                        || nanoTime.getAsLong() - began >= limits.maxTime().toNanos()) {
                    end();
                }
            }
        }

        @Override
        public void onAllDataRead() {
            end();
        }

        /** The client is gone, or its framing is broken. */
        @Override
        public void onError(Throwable failure) {
            end();
        }

        /** The container's own timer: it ends those that send nothing. */
        @Override
        public void onTimeout(AsyncEvent event) {
            end();
        }

        @Override
        public void onError(AsyncEvent event) {
            end();
        }

        /** Also where the container completes by itself. */
        @Override
        public void onComplete(AsyncEvent event) {
            end();
        }

        @Override
        public void onStartAsync(AsyncEvent event) {}

        void end() {
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            try {
                async.complete();
            } catch (IllegalStateException completed) {
                // The container was faster.
            } finally {
                places.release();
            }
        }
    }
}
