package dev.countersign.netty;

import dev.countersign.api.BodyUse;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerifiedRequest;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.tck.TestVerdicts;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A verifier that decides by a script and records what it saw. */
final class ScriptedVerifier implements RequestVerifier {
    static final long SERVER_TIME = 1_700_000_000L;

    /** Rejects with the head, if set. */
    volatile @Nullable RejectionReason atHead;
    /** Rejects as too large once more than this many bytes are in. */
    volatile long maxBodyBytes = Long.MAX_VALUE;
    /** Rejects at the end, if set. */
    volatile @Nullable RejectionReason atEnd;
    /** What it says of the body. */
    volatile BodyUse bodyUse = BodyUse.COVERED;
    /** What {@code finish} gives instead, if set. */
    volatile @Nullable CompletableFuture<Verdict> pending;

    private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();

    /** What the verifier saw of a request. */
    static final class Seen implements Verification {
        final String method;
        final String target;
        final long announced;
        final List<String> appIds = new ArrayList<>();
        final List<String> signatures = new ArrayList<>();
        final ByteArrayOutputStream body = new ByteArrayOutputStream();
        final CountDownLatch firstBytes = new CountDownLatch(1);
        final CountDownLatch cancelled = new CountDownLatch(1);
        final CountDownLatch finish = new CountDownLatch(1);
        volatile boolean finished;
        volatile @Nullable String why;
        volatile @Nullable Throwable failure;
        private final ScriptedVerifier script;
        private final CompletableFuture<Verdict> completion = new CompletableFuture<>();
        private volatile @Nullable Rejected rejection;
        private @Nullable VerifiedRequest verified;

        Seen(ScriptedVerifier script, RequestHead head) {
            this.script = script;
            this.method = head.method();
            this.target = head.target();
            this.announced = head.announcedBodyBytes();
            appIds.addAll(head.headers("x-app-id"));
            signatures.addAll(head.headers("X-Synheart-Signature"));
            this.rejection = rejected(script.atHead);
        }

        @Override
        public Optional<Rejected> rejection() {
            return Optional.ofNullable(rejection);
        }

        @Override
        public void update(ByteBuffer chunk) {
            byte[] bytes = new byte[chunk.remaining()];
            chunk.get(bytes);
            body.writeBytes(bytes);
            if (body.size() > script.maxBodyBytes) {
                rejection = rejected(RejectionReason.BODY_TOO_LARGE);
            }
            firstBytes.countDown();
        }

        @Override
        public CompletionStage<Verdict> finish() {
            finished = true;
            finish.countDown();
            CompletableFuture<Verdict> pending = script.pending;
            if (pending != null) {
                return pending;
            }
            Rejected end = rejected(script.atEnd);
            return CompletableFuture.completedFuture(end != null ? end : TestVerdicts.accepted(verified()));
        }

        @Override
        public CompletionStage<Verdict> completion() {
            return completion;
        }

        @Override
        public void cancel() {
            cancel("");
        }

        /** As a real one: it has a verdict then. */
        @Override
        public void cancel(String detail) {
            why = detail;
            if (!finished) {
                endsItself(RejectionReason.CANCELLED);
            }
            cancelled.countDown();
        }

        @Override
        public void fail(Throwable fault) {
            failure = fault;
            endsItself(RejectionReason.INTERNAL);
        }

        @Override
        public Optional<Verdict> verdict() {
            return Optional.ofNullable(rejection);
        }

        /** As a verification ends while its body is on its way. */
        void endsItself(RejectionReason reason) {
            Rejected ended = ScriptedVerifier.rejection(reason);
            rejection = ended;
            completion.complete(ended);
        }

        void isAccepted() {
            completion.complete(TestVerdicts.accepted(verified()));
        }

        /** The body, one character for each byte. */
        String text() {
            return body.toString(StandardCharsets.ISO_8859_1);
        }

        /** The one that it is accepted with. */
        synchronized VerifiedRequest verified() {
            VerifiedRequest known = verified;
            if (known == null) {
                known = newVerified();
                verified = known;
            }
            return known;
        }

        private VerifiedRequest newVerified() {
            int mark = target.indexOf('?');
            return TestVerdicts.request(new DeviceIdentity("com.acme", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"))
                    .method(method)
                    .path(mark < 0 ? target : target.substring(0, mark))
                    .signedPath("/signed")
                    .query(mark < 0 ? null : target.substring(mark + 1))
                    .timestamp(SERVER_TIME)
                    .nonce("6ba7b810-9dad-41d1-80b4-00c04fd430c9")
                    .body(body.size(), true)
                    .build();
        }

        private static @Nullable Rejected rejected(@Nullable RejectionReason reason) {
            return reason == null ? null : ScriptedVerifier.rejection(reason);
        }
    }

    static Rejected rejection(RejectionReason reason) {
        return TestVerdicts.rejected(reason, SERVER_TIME);
    }

    /** The next request that the verifier saw; waits for it. */
    Seen next() throws InterruptedException {
        Seen next = seen.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("the verifier saw no request");
        }
        return next;
    }

    /** How many requests it saw that {@link #next} has not returned. */
    int unread() {
        return seen.size();
    }

    @Override
    public BodyUse bodyUse() {
        return bodyUse;
    }

    @Override
    public Verification begin(RequestHead head, Caller caller) {
        Seen next = new Seen(this, head);
        seen.add(next);
        return next;
    }

    @Override
    public Verdict verify(RequestHead head, ByteBuffer body, @Nullable Object attachment) {
        throw new UnsupportedOperationException("the adapter streams");
    }

    @Override
    public CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller) {
        throw new UnsupportedOperationException("the adapter streams");
    }

    @Override
    public void close() {}
}
