package dev.countersign.servlet;

import dev.countersign.api.Accepted;
import dev.countersign.api.BodyUse;
import dev.countersign.api.Caller;
import dev.countersign.api.ErrorAnswer;
import dev.countersign.api.Rejected;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerifiedRequest;
import dev.countersign.servlet.RefusalSender.Rest;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a request without a thread that waits: the container calls when there are bytes, the store when there is an answer,
 * and then the request is dispatched once more, to the application.
 *
 * <p>Bytes and the end of the verification may come at the same time, on two threads. One of them concludes: whoever finds the
 * exchange {@link Phase#READING} or {@link Phase#JUDGING} and sets another phase.
 */
final class AsynchronousVerification implements ReadListener, AsyncListener {
    private static final String PENDING = "dev.countersign.servlet.pending";

    private enum Phase {
        /** The body comes. */
        READING,
        /** The body is complete and the verdict is not. */
        JUDGING,
        /** The request is on its way to the application. */
        DISPATCHING,
        /** An answer is being sent. */
        ANSWERING,
        /** What is left of the body is dropped. */
        DRAINING,
        /** Nothing is to be done here any more. */
        DONE
    }

    private final CountersignFilter owner;
    private final RequestVerifier verifier;
    private final RefusalSender refusals;
    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final SentBody sent;
    private final BodyBuffer body;

    private final Object lock = new Object();
    private Phase phase = Phase.READING;
    /** There were bytes while an answer was being sent: the container does not call for them again. */
    private boolean isLeftReadable;

    private boolean isAllRead;
    private @Nullable ReadListener drain;

    // Set by begin(), before anything is called back.
    private @Nullable Verification verification;
    private @Nullable ServletInputStream in;
    private @Nullable AsyncContext async;

    private @Nullable DispatchedRequest toBeDispatched;
    private long timeoutOfApplication;

    /** What the dispatch brings. */
    private volatile @Nullable VerifiedRequest verified;

    private AsynchronousVerification(
            CountersignFilter owner,
            RequestVerifier verifier,
            BodyMemory memory,
            RefusalSender refusals,
            HttpServletRequest request,
            HttpServletResponse response) {
        this.owner = owner;
        this.verifier = verifier;
        this.refusals = refusals;
        this.request = request;
        this.response = response;
        this.sent = new SentBody(ContainerRequest.of(request));
        this.body = new BodyBuffer(memory);
    }

    /**
     * Begins one. When this returns, the request is answered or in asynchronous mode.
     *
     * @param owner the filter, which alone serves what it has accepted
     * @param target as the container read it
     */
    static void begin(
            CountersignFilter owner,
            RequestVerifier verifier,
            BodyMemory memory,
            RefusalSender refusals,
            HttpServletRequest request,
            HttpServletResponse response,
            String target)
            throws IOException, ServletException {
        if (!request.isAsyncSupported()) {
            throw new ServletException(
                    "CountersignFilter is asynchronous(): mark it, the filters in front of it and the servlets as"
                            + " supporting asynchronous mode");
        }
        new AsynchronousVerification(owner, verifier, memory, refusals, request, response).begin(target);
    }

    /** What this filter has accepted, if this dispatch is the one that brings it to the application. */
    static @Nullable AsynchronousVerification pending(CountersignFilter owner, ServletRequest request) {
        if (request.getAttribute(PENDING) instanceof AsynchronousVerification pending && pending.owner == owner) {
            request.removeAttribute(PENDING);
            return pending;
        }
        return null;
    }

    private void begin(String target) throws IOException, ServletException {
        ServletHead head = new ServletHead(ContainerRequest.of(request), target);
        Verification begun = verifier.begin(head, Caller.on(this::execute));
        verification = begun;
        Optional<Rejected> early = begun.rejection();
        if (early.isPresent()) {
            refusals.sendWithHead(request, response, early.get().answer());
            return;
        }
        boolean readsBody = verifier.bodyUse() == BodyUse.COVERED;
        try {
            in = readsBody ? sent.open(request) : null;
            DispatchedRequest dispatched = new DispatchedRequest(request);
            AsyncContext begunAsync = request.startAsync(dispatched, response);
            timeoutOfApplication = begunAsync.getTimeout();
            begunAsync.setTimeout(0); // the verifier has limits for everything that is waited for
            toBeDispatched = dispatched;
            begunAsync.addListener(this);
            async = begunAsync;
        } catch (SetupFault fault) {
            begun.fail(fault);
            throw new ServletException(fault.getMessage(), fault);
        } catch (IOException | RuntimeException refused) {
            begun.cancel();
            throw refused;
        }
        if (in == null || in.isFinished()) {
            isAllRead = true; // where somebody has seen the end of an empty body, a listener may never hear of it
            judge();
            return;
        }
        in.setReadListener(this);
        // It may end by itself while nothing comes. Not before the listener is set: then the rest can be drained.
        begun.completion().whenComplete((verdict, failure) -> {
            if (verdict instanceof Rejected rejected) {
                body.drop();
                if (isStill(Phase.READING)) {
                    execute(() -> refuse(Phase.READING, rejected.answer(), Rest.COMING));
                }
            }
        });
    }

    /** On a thread of the container: what runs here computes and writes. */
    private void execute(Runnable task) {
        try {
            async().start(task);
        } catch (IllegalStateException over) {
            throw new RejectedExecutionException("the exchange is over", over);
        }
    }

    private AsyncContext async() {
        return Objects.requireNonNull(async);
    }

    private Verification verification() {
        return Objects.requireNonNull(verification);
    }

    private boolean isStill(Phase expected) {
        synchronized (lock) {
            return phase == expected;
        }
    }

    /** Goes on from one phase to another; false if somebody else has. */
    private boolean advance(Phase from, Phase to) {
        synchronized (lock) {
            if (phase != from) {
                return false;
            }
            phase = to;
            return true;
        }
    }

    // ---- the body

    @Override
    public void onDataAvailable() throws IOException {
        ServletInputStream from = Objects.requireNonNull(in);
        while (true) {
            ReadListener draining;
            synchronized (lock) {
                draining = drain;
                isLeftReadable = phase == Phase.ANSWERING;
                if (phase != Phase.READING && draining == null) {
                    return;
                }
            }
            if (draining != null) {
                draining.onDataAvailable();
                return;
            }
            if (!from.isReady()) {
                // Tomcat calls nobody for the end of an HTTP/2 body that comes while its last bytes are read.
                if (request.getProtocol().startsWith("HTTP/2") && sent.isWhole(body.size())) {
                    judge();
                }
                return;
            }
            if (from.isFinished() || !take(from)) {
                return;
            }
        }
    }

    /** Takes what is there; false if nothing more is to be read here for now. */
    private boolean take(ServletInputStream from) throws IOException {
        ByteBuffer chunk;
        try {
            chunk = body.readFrom(from);
        } catch (BodyBuffer.NoRoomException noRoom) {
            body.drop();
            verification().cancel("no room for the body: bodyMemory is used up");
            refuse(Phase.READING, ErrorAnswer.temporarilyUnavailable(), Rest.COMING);
            return true; // nothing was read: it may be dropped
        }
        if (chunk == null) {
            return false; // the container says so once more
        }
        verification().update(chunk);
        Optional<Rejected> rejected = verification().rejection();
        if (rejected.isPresent()) {
            refuse(Phase.READING, rejected.get().answer(), Rest.COMING);
        }
        return true;
    }

    @Override
    public void onAllDataRead() throws IOException {
        ReadListener draining;
        synchronized (lock) {
            draining = drain;
            isAllRead = true;
        }
        if (draining != null) {
            draining.onAllDataRead();
            return;
        }
        if (!isStill(Phase.READING)) {
            return;
        }
        try {
            sent.requireComplete(body.size());
        } catch (SetupFault fault) {
            // The phase first: once the verification says that it has ended, it would be answered like a rejection.
            if (advance(Phase.READING, Phase.JUDGING)) {
                verification().fail(fault);
                fail(Phase.JUDGING, fault);
            }
            return;
        }
        judge();
    }

    /** The client is gone, is too slow, or its framing is broken. Also the container's failures, as a listener of the exchange. */
    @Override
    public void onError(Throwable failure) {
        ReadListener draining;
        synchronized (lock) {
            draining = drain;
        }
        if (draining != null) {
            draining.onError(failure);
            return;
        }
        if (!advance(Phase.READING, Phase.ANSWERING) && !advance(Phase.JUDGING, Phase.ANSWERING)) {
            return;
        }
        Optional<Rejected> meantime = verification().rejection();
        verification().cancel();
        body.drop();
        try {
            if (!BlockingVerification.isTimeout(failure)) {
                refusals.sendBrokenOff(response);
            } else if (meantime.isPresent()) {
                // It ended itself while nothing came: why is worth more to the client than that it was slow.
                refusals.sendAlone(request, response, meantime.get().answer(), Rest.WITHHELD);
            } else {
                refusals.sendTimeout(response);
            }
        } catch (IOException | RuntimeException gone) {
            // Nobody is there to be answered.
        }
        end();
    }

    // ---- the verdict

    private void judge() {
        if (!advance(Phase.READING, Phase.JUDGING)) {
            return;
        }
        verification().finish().whenComplete((verdict, failure) -> conclude(verdict));
    }

    private void conclude(@Nullable Verdict verdict) {
        if (verdict instanceof Accepted accepted) {
            body.release(); // verified from here on, and the application's
            verified = accepted.request();
            dispatch();
            return;
        }
        ErrorAnswer answer =
                verdict instanceof Rejected rejected ? rejected.answer() : ErrorAnswer.temporarilyUnavailable();
        Rest rest = in == null ? RefusalSender.restOfUntouchedBody(request) : Rest.NONE;
        try {
            // Not on the thread that brings the verdict, which may be the verifier's timer: writing may block.
            execute(() -> refuse(Phase.JUDGING, answer, rest));
        } catch (RejectedExecutionException over) {
            if (advance(Phase.JUDGING, Phase.ANSWERING)) {
                body.drop();
                end();
            }
        }
    }

    /** Has {@link #serve} called, on a thread of the container. */
    private void dispatch() {
        if (!advance(Phase.JUDGING, Phase.DISPATCHING)) {
            return;
        }
        request.setAttribute(PENDING, this);
        try {
            async().dispatch();
            advance(Phase.DISPATCHING, Phase.DONE);
        } catch (RuntimeException refused) {
            // The exchange is over, or the container finds no way to its own path: then nobody else would ever answer.
            request.removeAttribute(PENDING);
            fail(Phase.DISPATCHING, refused);
        }
    }

    /** Answers with a 500. Not by a dispatch: one that the filter is not mapped for would go to the application. */
    private void fail(Phase from, RuntimeException fault) {
        if (!advance(from, Phase.ANSWERING)) {
            return;
        }
        body.drop();
        String words = fault instanceof SetupFault ? String.valueOf(fault.getMessage()) : "a request is not dispatched";
        request.getServletContext().log(words, fault);
        try {
            response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR, words);
        } catch (IOException | RuntimeException over) {
            // Nobody is there to be answered.
        }
        end();
    }

    /** Serves what was accepted, in the dispatch that it was waiting for. */
    void serve(HttpServletRequest dispatched, HttpServletResponse to, FilterChain chain, MultipartParser multipart)
            throws IOException, ServletException {
        Objects.requireNonNull(toBeDispatched).hasCome();
        VerifiedRequest accepted = Objects.requireNonNull(verified);
        new ServedRequest(verifier, accepted, in == null ? null : body, multipart, timeoutOfApplication)
                .serve(dispatched, to, chain);
    }

    // ---- the end

    /** Answers, unless somebody else has concluded. */
    private void refuse(Phase from, ErrorAnswer answer, Rest rest) {
        if (!advance(from, Phase.ANSWERING)) {
            return;
        }
        body.drop();
        boolean mayDrain;
        try {
            mayDrain = refusals.sendAlone(request, response, answer, rest);
        } catch (IOException gone) {
            mayDrain = false;
        } catch (RuntimeException over) {
            mayDrain = false; // the container has ended the exchange
        }
        ReadListener draining = mayDrain && in != null ? refusals.drain(async(), in) : null;
        if (draining == null) {
            end();
            return;
        }
        boolean isOver;
        boolean isReadable;
        synchronized (lock) {
            phase = Phase.DRAINING;
            drain = draining;
            isOver = isAllRead;
            isReadable = isLeftReadable;
        }
        try {
            if (isOver) {
                draining.onAllDataRead();
            } else if (isReadable) {
                draining.onDataAvailable();
            }
        } catch (IOException gone) {
            draining.onError(gone);
        }
    }

    private void end() {
        synchronized (lock) {
            phase = Phase.DONE;
        }
        try {
            async().complete();
        } catch (RuntimeException over) {
            // The container was faster.
        }
    }

    // ---- what the container says of the exchange

    @Override
    public void onComplete(AsyncEvent event) {
        boolean isOver;
        ReadListener draining;
        synchronized (lock) {
            draining = drain;
            isOver = phase != Phase.DONE && phase != Phase.DRAINING && phase != Phase.DISPATCHING;
            if (isOver) {
                phase = Phase.DONE;
            }
        }
        if (draining != null) {
            draining.onError(new IOException("the exchange is over"));
        }
        if (isOver) {
            verification().cancel();
            body.drop();
        }
    }

    @Override
    public void onTimeout(AsyncEvent event) {}

    @Override
    public void onError(AsyncEvent event) {
        Throwable failure = event.getThrowable();
        if (isStill(Phase.READING) || isStill(Phase.JUDGING)) {
            onError(failure == null ? new IOException("the container gives no reason") : failure);
        }
    }

    @Override
    public void onStartAsync(AsyncEvent event) {}
}
