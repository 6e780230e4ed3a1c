package dev.countersign.servlet;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.CallersThread;
import dev.countersign.api.ErrorAnswer;
import dev.countersign.api.Rejected;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerifiedRequest;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets verified requests through and nothing else: it protects everything that it is mapped to. There is no list of
 * exceptions; what shall be open is mapped elsewhere.
 *
 * <p>For each request it reads the head, then the body (once, into memory, as it arrives and no further than the
 * verifier's limit), and waits for the verdict on the container's thread, at most for the verifier's time limits. The signature is
 * checked and listeners are called on that thread, with its logging context. What is kept
 * of a body is dropped as soon as its verification ends itself, because the timestamp is not fresh any more or the body takes too
 * long; the answer goes out with the next byte, or at the end of the container's wait for one. A
 * body that does not arrive in the container's time is answered with a 408; one that is cut, by the container. A
 * faulty head is answered before a byte of the body is read, also before {@code 100 Continue} is sent. An accepted
 * request goes on with its body unchanged. What the signature does not cover (query, host, other headers) goes on too;
 * {@link VerifiedRequest} says what is what. Methods are taken as sent: a header such as {@code X-HTTP-Method-Override}
 * means nothing here, and a filter behind this one should not honour it either.
 *
 * <p>An answer that is sent before the body was read would often be lost on HTTP/1, the connection being closed under a
 * client that still sends. So the rest of the body is read and dropped before the connection closes, within {@link DrainLimits} and without a
 * thread; that needs asynchronous mode.
 *
 * <h2>Mapping</h2>
 *
 * Map it for <em>all</em> dispatcher types, in front of whatever reads, decompresses or wraps requests. Only the first
 * dispatch of a request is verified; later ones (forward, include, error, async) pass if that request was verified by
 * the same verifier, and are refused if not. A forward of an unverified request from an open servlet into the protected
 * part is refused with an exception; an error page in the protected part is left out for it. The body is verified as it
 * came, so a handler that undoes a {@code Content-Encoding} belongs behind the filter. Mark the filter, those in front
 * of it and the servlets as supporting asynchronous mode, also where no servlet uses it: without that early answers
 * close the connection at once.
 *
 * <h2>Raw targets</h2>
 *
 * The signature covers the path as sent, {@code %2F}, {@code //}, {@code ..} and {@code ;} included. Containers refuse
 * some of these with a 400 of their own before a filter sees them, which is safe. In Jetty 12, the violations of
 * {@code UriCompliance} allowed in the {@code HttpConfiguration} decide which ones come through; allow
 * all but {@code FRAGMENT} and {@code USER_INFO}, which hide a part of the target. Authorise and route by {@link VerifiedRequest#path}: the
 * container's own servlet path is decoded and normalised, and several raw paths map to it. What a container reads into a target
 * before, the filter does not see: Jetty takes {@code http:/x} for {@code /x}, and the filter then verifies {@code /x}.
 * The same holds for a fragment right behind an authority or its query ({@code http://h#f}), which Jetty drops.
 *
 * <h2>What the application sees</h2>
 *
 * {@code getInputStream} and {@code getReader} give the verified bytes, under the rules of the servlet specification
 * and also with a {@code ReadListener}. Parameters come from the query and, for a POST of
 * {@code application/x-www-form-urlencoded} whose body was not read yet, from the body; unlike in most containers,
 * broken escapes stand for themselves, and more than 10000 parameters are an {@code IllegalStateException}. Parts of
 * {@code multipart/form-data} are not parsed: {@code getParts} throws, and the stream has the bytes. Headers, the
 * content length among them, are those that were sent.
 *
 * <p>Thread-safe. Closes nothing: the verifier belongs to whoever built it.
 */
public final class CountersignFilter implements Filter {
    /** The request attribute with the {@link VerifiedRequest}, for expression languages and the like. */
    public static final String ATTRIBUTE = "dev.countersign.verifiedRequest";

    private static final int MAX_CAUSES = 8;
    private static final String PASSED = "dev.countersign.servlet.passed";

    private final RequestVerifier verifier;
    private final RawTargetSource targets;
    private final BodyDrains drains;

    /** A filter with the standard settings: what {@link #builder} builds if nothing is set. */
    public CountersignFilter(RequestVerifier verifier) {
        this(builder(verifier));
    }

    private CountersignFilter(Builder settings) {
        this.verifier = settings.verifier;
        this.targets = settings.rawTargetSource;
        this.drains = new BodyDrains(settings.drainLimits, settings.nanoTime);
    }

    /** Starts the settings of a filter. */
    public static Builder builder(RequestVerifier verifier) {
        return new Builder(Objects.requireNonNull(verifier, "verifier"));
    }

    /** Settings of a {@link CountersignFilter}. Not thread-safe; may build several filters. */
    public static final class Builder {
        private final RequestVerifier verifier;
        private RawTargetSource rawTargetSource = RawTargetSource.requestUri();
        private DrainLimits drainLimits = DrainLimits.standard();
        private LongSupplier nanoTime = System::nanoTime;

        private Builder(RequestVerifier verifier) {
            this.verifier = verifier;
        }

        /** Where the raw target comes from, for a container with a way of its own; {@link RawTargetSource#requestUri} unless set. */
        public Builder rawTargetSource(RawTargetSource source) {
            this.rawTargetSource = Objects.requireNonNull(source, "source");
            return this;
        }

        /**
         * What is read of a body after its request was answered; {@link DrainLimits#standard} unless set. For a verifier whose limit for
         * bodies is another, or for slow clients.
         */
        public Builder drainLimits(DrainLimits limits) {
            this.drainLimits = Objects.requireNonNull(limits, "limits");
            return this;
        }

        /** For tests: the clock of the drains. */
        Builder nanoTime(LongSupplier clock) {
            this.nanoTime = clock;
            return this;
        }

        /** The filter. */
        public CountersignFilter build() {
            return new CountersignFilter(this);
        }
    }

    /** How many bodies are read and dropped now. */
    int drainsRunning() {
        return drains.running();
    }

    /**
     * What was verified of a request, in whatever wrapper it is.
     *
     * @return empty if no filter of this type has let it through
     */
    public static Optional<VerifiedRequest> find(ServletRequest request) {
        return Optional.ofNullable(passed(request)).map(Passed::request);
    }

    /**
     * What was verified of a request, for code that must not run unless it was.
     *
     * @throws IllegalStateException if no filter of this type has let it through
     */
    public static VerifiedRequest require(ServletRequest request) {
        return find(request)
                .orElseThrow(() -> new IllegalStateException(
                        "the request was not verified: map CountersignFilter to this path, for all dispatcher types"));
    }

    /** {@inheritDoc} */
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!(request instanceof HttpServletRequest http) || !(response instanceof HttpServletResponse httpResponse)) {
            throw new ServletException("CountersignFilter verifies HTTP requests only");
        }
        Passed passed = passed(request);
        if (passed != null && passed.verifier == verifier) {
            chain.doFilter(request, response);
        } else if (request.getDispatcherType() == DispatcherType.REQUEST) {
            verify(http, httpResponse, chain);
        } else if (request.getDispatcherType() != DispatcherType.ERROR) {
            throw new ServletException(
                    "an unverified request was dispatched to a path that CountersignFilter protects");
        }
        // An error of an unverified request keeps its status; the page about it is protected and left out.
    }

    private void verify(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        CallersThread thread = new CallersThread();
        Verification verification =
                verifier.begin(new ServletHead(request, targets.target(request)), Caller.on(thread));
        Optional<Rejected> early = verification.rejection();
        if (early.isPresent()) {
            answer(request, response, early.get().answer(), restOfUntouchedBody(request));
            return;
        }
        BodyBuffer body = new BodyBuffer();
        Rejected meanwhile;
        try {
            meanwhile = readBody(request.getInputStream(), body, verification);
        } catch (IOException unreadable) {
            Optional<Rejected> meantime = verification.rejection();
            verification.cancel();
            if (meantime.isPresent() && isTimeout(unreadable)) {
                // It ended itself while nothing came: why is worth more to the client than that it was slow.
                answer(request, response, meantime.get().answer(), Rest.WITHHELD);
                return;
            }
            if (!isTimeout(unreadable)) {
                throw unreadable; // the client is gone or its framing is broken: containers know what to do
            }
            response.setStatus(HttpServletResponse.SC_REQUEST_TIMEOUT); // where some of them answer 500
            response.setHeader("Connection", "close");
            response.setContentLength(0);
            response.flushBuffer();
            return;
        } catch (RuntimeException unreadable) {
            verification.cancel();
            throw unreadable;
        }
        if (meanwhile != null) {
            answer(request, response, meanwhile.answer(), Rest.COMING);
            return;
        }
        boolean interrupted = false;
        Optional<Verdict> verdict;
        try {
            CompletionStage<Verdict> finished = verification.finish();
            thread.runUntil(finished);
            verdict = Optional.of(finished.toCompletableFuture().get());
        } catch (InterruptedException stopped) {
            interrupted = true;
            verification.cancel();
            // With the claim under way the verdict is open, and nobody may wait for it any more.
            verdict = verification.verdict();
        } catch (ExecutionException fault) {
            throw new IllegalStateException("a verification never completes exceptionally", fault);
        }
        if (verdict.orElse(null) instanceof Accepted accepted) {
            interruptIf(interrupted);
            request.setAttribute(PASSED, new Passed(verifier, accepted.request()));
            request.setAttribute(ATTRIBUTE, accepted.request());
            VerifiedServletRequest verified = new VerifiedServletRequest(request, response, body);
            chain.doFilter(verified, response);
            verified.dispatchReturned();
        } else {
            ErrorAnswer answer = verdict.orElse(null) instanceof Rejected rejected
                    ? rejected.answer()
                    : ErrorAnswer.temporarilyUnavailable();
            try {
                answer(request, response, answer, Rest.NONE);
            } finally {
                interruptIf(interrupted); // not before: containers write to interruptible channels
            }
        }
    }

    private static void interruptIf(boolean interrupted) {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Reads to the end, or to a rejection, which it returns. A verification that ends itself while a read waits is found when
     * that returns: the servlet API has no way to end it. What was kept of the body is dropped at once.
     */
    static @Nullable Rejected readBody(InputStream in, BodyBuffer body, Verification verification) throws IOException {
        boolean isWatched = false;
        ByteBuffer chunk = body.readFrom(in);
        while (chunk != null) {
            verification.update(chunk);
            Optional<Rejected> rejected = verification.rejection();
            if (rejected.isPresent()) {
                return rejected.get();
            }
            if (!isWatched) {
                isWatched = true;
                verification.completion().whenComplete((verdict, failure) -> {
                    if (!(verdict instanceof Accepted)) {
                        body.drop();
                    }
                });
            }
            chunk = body.readFrom(in);
        }
        return null;
    }

    private void answer(HttpServletRequest request, HttpServletResponse response, ErrorAnswer answer, Rest rest)
            throws IOException {
        byte[] json = answer.body();
        response.setStatus(answer.status());
        answer.headers().forEach(response::setHeader);
        response.setContentLength(json.length);
        // The rest of the body is in the way of the next request. Later protocols end the one stream alone.
        boolean closes = rest != Rest.NONE && request.getProtocol().startsWith("HTTP/1");
        if (closes) {
            response.setHeader("Connection", "close");
        }
        if (!"HEAD".equals(request.getMethod())) {
            response.getOutputStream().write(json);
        }
        response.flushBuffer();
        if (closes && rest == Rest.COMING) {
            // A connection that closes under what is still sent is reset, and the answer lost with it.
            drains.begin(request);
        }
    }

    private static boolean isTimeout(IOException unreadable) {
        Throwable cause = unreadable;
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            if (cause instanceof TimeoutException || cause instanceof SocketTimeoutException) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    private static Rest restOfUntouchedBody(HttpServletRequest request) {
        if (request.getContentLengthLong() <= 0 && request.getHeader("Transfer-Encoding") == null) {
            return Rest.NONE;
        }
        // Reading would ask for the body.
        return request.getHeader("Expect") != null ? Rest.WITHHELD : Rest.COMING;
    }

    private static @Nullable Passed passed(ServletRequest request) {
        return request.getAttribute(PASSED) instanceof Passed passed ? passed : null;
    }

    /** What of a body is not read when its request is answered. */
    private enum Rest {
        NONE,
        /** The client sends nothing: it waits for {@code 100 Continue}, or has stopped. */
        WITHHELD,
        COMING
    }

    /** The mark of a request that was let through. The type is private, so that nothing else can make one. */
    private record Passed(RequestVerifier verifier, VerifiedRequest request) {}
}
