package dev.countersign.servlet;

import dev.countersign.api.Accepted;
import dev.countersign.api.BodyUse;
import dev.countersign.api.Caller;
import dev.countersign.api.CallersThread;
import dev.countersign.api.ErrorAnswer;
import dev.countersign.api.Rejected;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.servlet.RefusalSender.Rest;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Verifies a request on the container's thread, which waits for body and verdict, and serves it or answers it. */
final class BlockingVerification {
    private static final int MAX_CAUSES = 8;

    private final RequestVerifier verifier;
    private final BodyMemory memory;
    private final RefusalSender refusals;
    private final MultipartParser multipart;

    BlockingVerification(
            RequestVerifier verifier, BodyMemory memory, RefusalSender refusals, MultipartParser multipart) {
        this.verifier = verifier;
        this.memory = memory;
        this.refusals = refusals;
        this.multipart = multipart;
    }

    /** @param target as the container read it */
    void run(HttpServletRequest request, HttpServletResponse response, String target, FilterChain chain)
            throws IOException, ServletException {
        CallersThread thread = new CallersThread();
        Verification verification =
                verifier.begin(new ServletHead(ContainerRequest.of(request), target), Caller.on(thread));
        Optional<Rejected> early = verification.rejection();
        if (early.isPresent()) {
            refusals.sendWithHead(request, response, early.get().answer());
            return;
        }
        if (verifier.bodyUse() == BodyUse.UNTOUCHED) {
            conclude(thread, verification, request, response, chain, null);
            return;
        }
        BodyBuffer body = new BodyBuffer(memory);
        try {
            if (hasBody(request, response, verification, body)) {
                conclude(thread, verification, request, response, chain, body);
            }
        } finally {
            body.release();
        }
    }

    /** Reads the body; false if the request was answered meanwhile. */
    private boolean hasBody(
            HttpServletRequest request, HttpServletResponse response, Verification verification, BodyBuffer body)
            throws IOException, ServletException {
        SentBody sent = new SentBody(ContainerRequest.of(request));
        Rejected meanwhile;
        try {
            ServletInputStream in = sent.open(request);
            meanwhile = readBody(in, body, verification);
            if (meanwhile == null) {
                sent.requireComplete(body.size());
            }
        } catch (SetupFault fault) {
            verification.fail(fault);
            throw new ServletException(fault.getMessage(), fault);
        } catch (BodyBuffer.NoRoomException noRoom) {
            body.drop();
            verification.cancel("no room for the body: bodyMemory is used up");
            refusals.send(request, response, ErrorAnswer.temporarilyUnavailable(), Rest.COMING);
            return false;
        } catch (IOException unreadable) {
            answerUnreadable(unreadable, verification, request, response);
            return false;
        } catch (RuntimeException unreadable) {
            verification.cancel();
            throw unreadable;
        }
        if (meanwhile != null) {
            refusals.send(request, response, meanwhile.answer(), Rest.COMING);
            return false;
        }
        return true;
    }

    private void answerUnreadable(
            IOException unreadable, Verification verification, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        Optional<Rejected> meantime = verification.rejection();
        verification.cancel();
        if (!isTimeout(unreadable)) {
            throw unreadable; // the client is gone or its framing is broken: containers know what to do
        }
        if (meantime.isPresent()) {
            // It ended itself while nothing came: why is worth more to the client than that it was slow.
            refusals.send(request, response, meantime.get().answer(), Rest.WITHHELD);
        } else {
            refusals.sendTimeout(response);
        }
    }

    /** The body is complete, or none of the verifier's: waits for the verdict, and serves the request or answers it. */
    private void conclude(
            CallersThread thread,
            Verification verification,
            HttpServletRequest request,
            HttpServletResponse response,
            FilterChain chain,
            @Nullable BodyBuffer body)
            throws IOException, ServletException {
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
            if (body != null) {
                body.release(); // verified from here on, and the application's
            }
            new ServedRequest(verifier, accepted.request(), body, multipart, null).serve(request, response, chain);
            return;
        }
        ErrorAnswer answer = verdict.orElse(null) instanceof Rejected rejected
                ? rejected.answer()
                : ErrorAnswer.temporarilyUnavailable();
        try {
            if (body == null) {
                refusals.sendWithHead(request, response, answer);
            } else {
                refusals.send(request, response, answer, Rest.NONE);
            }
        } finally {
            interruptIf(interrupted); // not before: containers write to interruptible channels
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

    /** Whether the container has waited for bytes as long as it does. */
    static boolean isTimeout(Throwable unreadable) {
        Throwable cause = unreadable;
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            if (cause instanceof TimeoutException || cause instanceof SocketTimeoutException) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }
}
