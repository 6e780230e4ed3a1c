package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.testkit.RawHttp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same request on many connections at once is served once. */
@Timeout(180)
class ConcurrentReplayTest {
    private static final int SOCKETS = 64;
    private static final int ROUNDS = 200;

    @Test
    void ofTheSameRequestOnManySocketsExactlyOneIsAccepted() throws Exception {
        AtomicInteger served = new AtomicInteger();
        try (VerifiedBackend backend = new VerifiedBackend((request, response) -> served.incrementAndGet())) {
            requireOneAcceptedInEachRound(backend);
        }
        assertEquals(ROUNDS, served.get());
    }

    @Test
    void aStoreThatChecksAndThenPutsIsCaught() throws Exception {
        try (VerifiedBackend backend =
                new VerifiedBackend(new JettyServer(), new CheckThenPutStore(), (request, response) -> {})) {
            AssertionError caught = assertThrows(AssertionError.class, () -> requireOneAcceptedInEachRound(backend));
            assertTrue(caught.toString().contains("accepted in round 0"), caught::toString);
        }
    }

    private static void requireOneAcceptedInEachRound(VerifiedBackend backend) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(SOCKETS);
        List<RawHttp> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < SOCKETS; i++) {
                sockets.add(new RawHttp(backend.port()));
            }
            for (int round = 0; round < ROUNDS; round++) {
                byte[] request = RawHttp.latin1(
                        new SignedRequest("POST", "/v1/round", "body " + round, VerifiedBackend.NOW, round).text());
                CyclicBarrier barrier = new CyclicBarrier(SOCKETS);
                List<Future<Integer>> answers = new ArrayList<>();
                for (RawHttp socket : sockets) {
                    answers.add(clients.submit(() -> {
                        barrier.await(20, TimeUnit.SECONDS);
                        return socket.send(request).read().status();
                    }));
                }
                List<Integer> statuses = new ArrayList<>();
                for (Future<Integer> answer : answers) {
                    statuses.add(answer.get(30, TimeUnit.SECONDS));
                }
                long accepted =
                        statuses.stream().filter(status -> status == 200).count();
                long replays = statuses.stream().filter(status -> status == 401).count();
                assertEquals(1, accepted, "accepted in round " + round);
                assertEquals(SOCKETS - 1, replays, "answered as replays in round " + round);
            }
        } finally {
            for (RawHttp socket : sockets) {
                socket.close();
            }
            clients.shutdownNow();
        }
    }

    /**
     * What a store must not be: it looks, and then it writes. Between the two it waits until a second claim has looked,
     * as happens by itself when the store is a network away.
     */
    private static final class CheckThenPutStore implements NonceStore {
        private final Set<ReplayToken> known = ConcurrentHashMap.newKeySet();
        private final Map<ReplayToken, CountDownLatch> looking = new ConcurrentHashMap<>();

        @Override
        public CompletionStage<ClaimResult> claim(Claim claim) {
            if (known.contains(claim.nonce())) {
                return CompletableFuture.completedFuture(ClaimResult.NONCE_REPLAYED);
            }
            CountDownLatch second = looking.computeIfAbsent(claim.nonce(), token -> new CountDownLatch(2));
            second.countDown();
            try {
                if (!second.await(20, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("no second claim came");
                }
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(stopped);
            }
            known.add(claim.nonce());
            return CompletableFuture.completedFuture(ClaimResult.CLAIMED);
        }

        @Override
        public long watchingSince() {
            return ALWAYS;
        }

        @Override
        public boolean isShared() {
            return false;
        }

        @Override
        public void close() {}
    }
}
