package dev.countersign.tck.adapter;

import dev.countersign.api.BodyUse;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.testkit.TestVerdicts;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Another verifier, and what it was asked; can keep its verdicts back, as one with a slow store does. Thread-safe. */
final class RecordingVerifier implements RequestVerifier {
    private static final long HANGING_SECONDS = 30;

    private final RequestVerifier verifier;
    private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();
    private final AtomicInteger begun = new AtomicInteger();
    private volatile boolean isSlow;

    RecordingVerifier(RequestVerifier verifier) {
        this.verifier = verifier;
    }

    /** Whether verdicts come later, and from another thread. */
    void slow(boolean slow) {
        isSlow = slow;
    }

    /** How many requests it has seen. */
    int begun() {
        return begun.get();
    }

    /** Forgets what {@link #next} has not returned. */
    void forget() {
        seen.clear();
    }

    /** The next request that it sees; waits for it. */
    Seen next() throws InterruptedException {
        Seen next = seen.poll(HANGING_SECONDS, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("the verifier saw no request");
        }
        return next;
    }

    @Override
    public BodyUse bodyUse() {
        return verifier.bodyUse();
    }

    @Override
    public Verification begin(RequestHead head, Caller caller) {
        Seen next = new Seen(verifier.begin(head, caller), caller, isSlow);
        begun.incrementAndGet();
        seen.add(next);
        return next;
    }

    @Override
    public Verdict verify(RequestHead head, ByteBuffer body, @Nullable Object attachment) {
        begun.incrementAndGet();
        return verifier.verify(head, body, attachment);
    }

    @Override
    public CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller) {
        begun.incrementAndGet();
        return verifier.verifyAsync(head, body, caller);
    }

    @Override
    public void close() {
        verifier.close();
    }

    /** One request. */
    static final class Seen implements Verification {
        private final Verification verification;
        private final Caller caller;
        private final boolean isSlow;
        private final Semaphore bytes = new Semaphore(0);
        private final CountDownLatch ended = new CountDownLatch(1);
        private final CompletableFuture<Verdict> itself = new CompletableFuture<>();
        private @Nullable CompletableFuture<Verdict> finished;

        Seen(Verification verification, Caller caller, boolean isSlow) {
            this.verification = verification;
            this.caller = caller;
            this.isSlow = isSlow;
        }

        /** Waits until so many further bytes of the body have come. */
        void awaitBytes(int count) throws InterruptedException {
            if (!bytes.tryAcquire(count, HANGING_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the verifier got no more than " + bytes.availablePermits() + " bytes");
            }
        }

        /** Waits until the adapter has given the request up. */
        void awaitEnd() throws InterruptedException {
            if (!ended.await(HANGING_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the adapter waits still for a client that is gone");
            }
        }

        /** As a verification ends while its body is on its way. */
        void endsItself(RejectionReason reason) {
            itself.complete(TestVerdicts.rejected(reason, 1_700_000_000L));
        }

        @Override
        public Optional<Rejected> rejection() {
            return itself.getNow(null) instanceof Rejected rejected ? Optional.of(rejected) : verification.rejection();
        }

        @Override
        public void update(ByteBuffer chunk) {
            int count = chunk.remaining();
            verification.update(chunk);
            bytes.release(count);
        }

        @Override
        public synchronized CompletionStage<Verdict> finish() {
            CompletableFuture<Verdict> known = finished;
            if (known == null) {
                known = new CompletableFuture<>();
                finished = known;
                CompletableFuture<Verdict> answer = known;
                var unused = verification.finish().whenComplete((verdict, failure) -> answerWith(answer, verdict));
            }
            return known;
        }

        private void answerWith(CompletableFuture<Verdict> answer, Verdict verdict) {
            Verdict counts = itself.getNow(null) instanceof Rejected rejected ? rejected : verdict;
            if (!isSlow) {
                answer.complete(counts);
                return;
            }
            // As a store's answer does: it comes on the store's thread, and what follows runs where the caller says.
            Thread store = new Thread(() -> caller.executor().execute(() -> answer.complete(counts)), "slow store");
            store.setDaemon(true);
            store.start();
        }

        @Override
        public CompletionStage<Verdict> completion() {
            return verification.completion().toCompletableFuture().applyToEither(itself, verdict -> verdict);
        }

        @Override
        public void cancel() {
            verification.cancel();
            ended.countDown();
        }

        @Override
        public void cancel(String detail) {
            verification.cancel(detail);
            ended.countDown();
        }

        @Override
        public void fail(Throwable fault) {
            verification.fail(fault);
            ended.countDown();
        }

        @Override
        public Optional<Verdict> verdict() {
            return itself.isDone() ? Optional.of(itself.join()) : verification.verdict();
        }
    }
}
