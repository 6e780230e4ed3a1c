package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.BodyUse;
import dev.countersign.api.Caller;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.route.Routes;
import dev.countersign.tck.TestVerdicts;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Pipelined requests of all kinds, cut anywhere, with verdicts, reads and answers at any moment: what the application sees is each
 * accepted and open request, whole, once and in order, and what the client sees is one answer to each, in order.
 */
@ExtendWith(Leaks.class)
@Timeout(120)
class RandomTrafficTest {
    private static final int RUNS = 1500;
    private static final long SEED = 20261127;

    /** What is to become of a request, as its path says. */
    private static RejectionReason reason(String target) {
        return target.startsWith("/v1/head") ? RejectionReason.CLOCK_SKEW : RejectionReason.INVALID_SIGNATURE;
    }

    /** Decides by the path, when the test says so. */
    private static final class ByPath implements RequestVerifier {
        final ArrayDeque<Runnable> verdicts = new ArrayDeque<>();
        private final BodyUse bodyUse;
        boolean isSlow;

        ByPath(BodyUse bodyUse) {
            this.bodyUse = bodyUse;
        }

        @Override
        public BodyUse bodyUse() {
            return bodyUse;
        }

        @Override
        public Verification begin(RequestHead head, Caller caller) {
            ScriptedVerifier script = new ScriptedVerifier();
            if (head.target().startsWith("/v1/head")) {
                script.atHead = reason(head.target());
            }
            ScriptedVerifier.Seen seen = (ScriptedVerifier.Seen) script.begin(head, caller);
            Verdict verdict = head.target().startsWith("/v1/no")
                    ? ScriptedVerifier.rejection(reason(head.target()))
                    : TestVerdicts.accepted(seen.verified());
            CompletableFuture<Verdict> pending = new CompletableFuture<>();
            script.pending = pending;
            if (isSlow) {
                verdicts.add(() -> pending.complete(verdict));
            } else {
                pending.complete(verdict);
            }
            return seen;
        }

        @Override
        public Verdict verify(RequestHead head, ByteBuffer body, @Nullable Object attachment) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private final ByPath verifier = new ByPath(BodyUse.COVERED);
    private final ByPath ofHeads = new ByPath(BodyUse.UNTOUCHED);
    private final CountersignHandler.Factory countersign = CountersignHandler.builder(
                    Routes.by(verifier).route("/heads/**", ofHeads).protectAllExcept("/open/**"))
            .build();

    private static String body(Random random) {
        return "b".repeat(random.nextInt(4) == 0 ? random.nextInt(20_000) : random.nextInt(20));
    }

    @Test
    void whateverTheMomentsAre() {
        for (int run = 0; run < RUNS; run++) {
            run(SEED + run);
        }
        assertEquals(0, countersign.heldBytes());
    }

    private void run(long seed) {
        Random random = new Random(seed);
        String where = "seed " + seed;
        List<String> passing = new ArrayList<>();
        List<Integer> statuses = new ArrayList<>();
        StringBuilder sent = new StringBuilder();
        int requests = 1 + random.nextInt(6);
        for (int i = 0; i < requests; i++) {
            String target = List.of("/open/", "/v1/yes/", "/v1/no/", "/v1/head/", "/heads/yes/")
                            .get(random.nextInt(5))
                    + i;
            // Where the head alone is at fault the connection would close after a body.
            String body = target.startsWith("/v1/head") ? "" : body(random);
            boolean isChunked = !target.startsWith("/v1/head") && random.nextBoolean();
            sent.append("POST ").append(target).append(" HTTP/1.1\r\n");
            if (isChunked) {
                sent.append("Transfer-Encoding: chunked\r\n\r\n");
                int at = 0;
                while (at < body.length()) {
                    int size = 1 + random.nextInt(body.length() - at);
                    sent.append(Integer.toHexString(size))
                            .append("\r\n")
                            .append(body, at, at + size)
                            .append("\r\n");
                    at += size;
                }
                sent.append("0\r\n\r\n");
            } else {
                sent.append("Content-Length: ")
                        .append(body.length())
                        .append("\r\n\r\n")
                        .append(body);
            }
            boolean passes = target.startsWith("/open") || target.contains("/yes");
            if (passes) {
                passing.add(target + " " + body);
            }
            statuses.add(passes ? 200 : 401);
        }
        verifier.verdicts.clear();
        verifier.isSlow = random.nextBoolean();
        ofHeads.verdicts.clear();
        ofHeads.isSlow = random.nextBoolean();
        List<String> seen = new ArrayList<>();
        StringBuilder answers = new StringBuilder();
        try (Embedded embedded = new Embedded(random.nextBoolean(), countersign)) {
            Application application = new Application(embedded, seen);
            int at = 0;
            int idle = 0;
            int extra = 0;
            while (count(answers) < statuses.size() || at < sent.length() || application.owes || extra++ < 20) {
                idle = at < sent.length() ? 0 : idle + 1;
                assertTrue(idle < 5_000, where + ": it stands still after " + seen);
                switch (random.nextInt(6)) {
                    case 0, 1 -> {
                        int size = Math.min(sent.length() - at, 1 + random.nextInt(random.nextBoolean() ? 30 : 10_000));
                        if (size > 0) {
                            embedded.arrives(sent.substring(at, at + size));
                            at += size;
                        } else {
                            embedded.readsOn();
                        }
                    }
                    case 2 -> embedded.channel.read();
                    case 3 -> {
                        for (ByPath each : List.of(verifier, ofHeads)) {
                            Runnable verdict = each.verdicts.poll();
                            if (verdict != null) {
                                verdict.run();
                            }
                        }
                    }
                    case 4 -> application.takes();
                    default -> application.answers();
                }
                answers.append(embedded.sent());
            }
            assertNull(embedded.next());
        }
        assertEquals(passing, seen, where);
        List<Integer> got = new ArrayList<>();
        for (int i = answers.indexOf("HTTP/1.1 "); i >= 0; i = answers.indexOf("HTTP/1.1 ", i + 1)) {
            got.add(answers.charAt(i + 9) == '2' ? 200 : 401);
        }
        assertEquals(statuses, got, where);
    }

    private static int count(StringBuilder answers) {
        int count = 0;
        for (int i = answers.indexOf("HTTP/1.1 "); i >= 0; i = answers.indexOf("HTTP/1.1 ", i + 1)) {
            count++;
        }
        return count;
    }

    private static final class Application {
        private final Embedded embedded;
        private final List<String> seen;
        private final StringBuilder request = new StringBuilder();
        boolean owes;

        Application(Embedded embedded, List<String> seen) {
            this.embedded = embedded;
            this.seen = seen;
        }

        void takes() {
            for (Object message = embedded.next(); message != null; message = embedded.next()) {
                if (message instanceof HttpRequest head) {
                    assertTrue(!owes, "a second request before the first is answered");
                    assertEquals(
                            !head.uri().startsWith("/open"),
                            CountersignHandler.verified(embedded.channel)
                                    .filter(verified -> verified.path().equals(head.uri()))
                                    .isPresent());
                    request.setLength(0);
                    request.append(head.uri()).append(' ');
                }
                if (message instanceof HttpContent content) {
                    request.append(content.content().toString(StandardCharsets.ISO_8859_1));
                }
                if (message instanceof LastHttpContent) {
                    seen.add(request.toString());
                    owes = true;
                }
                ReferenceCountUtil.release(message);
            }
        }

        void answers() {
            if (owes) {
                owes = false;
                embedded.answers();
            }
        }
    }
}
