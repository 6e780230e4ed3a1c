package dev.countersign.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.testkit.MutableClock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** What a nonce store must do that several nodes share: over one set of data, and when that cannot be reached. */
public abstract class SharedNonceStoreContract extends NonceStoreContract {
    private static final int NODES = 4;
    private static final long PATIENCE_SECONDS = 30;

    /** For subclasses. */
    protected SharedNonceStoreContract() {}

    /** Another node's store over the data of the store that was opened last. */
    protected abstract NonceStore openAnother(MutableClock storeClock, StoreOptions options) throws Exception;

    /** A fresh store over data that {@link #cutOff} and {@link #stall} reach; each test opens one at most. */
    protected abstract NonceStore openBreakable(MutableClock storeClock, StoreOptions options) throws Exception;

    /** From now on the breakable store's data cannot be reached. */
    protected abstract void cutOff();

    /** From now on nothing that the breakable store asks is answered. */
    protected abstract void stall();

    /** Ends what {@link #cutOff} and {@link #stall} did. */
    protected abstract void restore();

    /** How many claims a breakable store lets wait at a time. */
    protected abstract int mostInFlight();

    @Test
    public void aSharedStoreSaysSo() {
        assertTrue(openRoomy().isShared());
    }

    @Test
    public void whatOneNodeClaimedIsAReplayForTheOthers() {
        List<NonceStore> nodes = openNodes(NODES);
        for (int i = 0; i < 100; i++) {
            expect(ClaimResult.CLAIMED, nodes.get(i % NODES), claim(2L * i, 2L * i + 1));
            for (NonceStore node : nodes) {
                expect(ClaimResult.NONCE_REPLAYED, node, claim(2L * i, 2L * i + 1));
                expect(ClaimResult.SIGNATURE_REPLAYED, node, claim(1_000_000 + i, 2L * i + 1));
            }
        }
    }

    @Test
    public void ofCopiesClaimedThroughManyNodesAtOnceExactlyOneWins() {
        List<NonceStore> nodes = openNodes(NODES);
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                List<Callable<ClaimResult>> calls = new ArrayList<>();
                for (int t = 0; t < threads(); t++) {
                    // Half of them under another nonce: the signature gives them away.
                    long nonce = t % 2 == 0 ? 100L * round : 100L * round + t;
                    calls.add(call(nodes.get(t % NODES), claim(nonce, 100L * round + 99)));
                }
                List<ClaimResult> results = race.run(calls);
                assertEquals(1, Collections.frequency(results, ClaimResult.CLAIMED), "round " + round + ": " + results);
                assertFalse(results.contains(ClaimResult.NOT_WATCHING_YET), "round " + round + ": " + results);
            }
        }
    }

    /** Claims A{n1,s1}, B{n1,s2}, C{n2,s1} through nodes of their own: either A alone wins, or B and C do. */
    @Test
    public void overlappingClaimsThroughManyNodesAreAllOrNone() {
        List<NonceStore> nodes = openNodes(3);
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                long n1 = 10L * round;
                List<Callable<ClaimResult>> calls = new ArrayList<>(List.of(
                        call(nodes.get(0), claim(n1, n1 + 2)),
                        call(nodes.get(1), claim(n1, n1 + 3)),
                        call(nodes.get(2), claim(n1 + 1, n1 + 2))));
                Collections.rotate(calls, round);
                List<ClaimResult> results = race.run(calls);
                Collections.rotate(results, -round);
                int wonA = won(results.get(0));
                int wonB = won(results.get(1));
                int wonC = won(results.get(2));
                assertTrue(wonA == 1 ? wonB + wonC == 0 : wonB == 1 && wonC == 1, "round " + round + ": " + results);
            }
        }
    }

    @Test
    public void aNodeThatJoinsRefusesNobody() throws Exception {
        NonceStore first = openWith(new StoreOptions(100, 100, false));
        long since = first.watchingSince();
        clock.setSecond(Math.max(since, START) + 100);
        NonceStore second = opening(openAnother(clock, new StoreOptions(100, 100, false)));
        assertEquals(since, second.watchingSince());
        Claim claim = claim(PHONE, 1, 2, since + 1);
        expect(ClaimResult.CLAIMED, second, claim);
        expect(ClaimResult.NONCE_REPLAYED, first, claim);
    }

    @Test
    public void aNodeThatLeavesTakesNothingAlong() {
        List<NonceStore> nodes = openNodes(2);
        expect(ClaimResult.CLAIMED, nodes.get(0), claim(1, 2));
        nodes.get(0).close();
        expect(ClaimResult.NONCE_REPLAYED, nodes.get(1), claim(1, 2));
        expect(ClaimResult.CLAIMED, nodes.get(1), claim(3, 4));
    }

    @Test
    public void aStoreThatCannotBeReachedFailsAndRecovers() throws Exception {
        NonceStore store = opening(openBreakable(clock, StoreOptions.ROOMY));
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        cutOff();
        for (int i = 0; i < 20; i++) {
            assertTrue(fails(store, claim(1, 2)), "a replay");
            assertTrue(fails(store, claim(10 + 2L * i, 11 + 2L * i)), "a new request");
        }
        restore();
        // With requests that it has not seen: what became of those above, no answer said.
        long number = 1000;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (fails(store, claim(number, number + 1))) {
            assertTrue(System.nanoTime() < end, "no recovery within " + PATIENCE_SECONDS + " s");
            number += 2;
        }
        expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 2));
    }

    @Test
    public void claimsThatNobodyAnswersAreBoundedAndFail() throws Exception {
        NonceStore store = opening(openBreakable(clock, StoreOptions.ROOMY));
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        stall();
        List<CompletableFuture<ClaimResult>> waiting = new ArrayList<>();
        int tooMany = 100;
        for (int i = 0; i < mostInFlight() + tooMany; i++) {
            waiting.add(store.claim(claim(10 + 2L * i, 11 + 2L * i)).toCompletableFuture());
        }
        for (CompletableFuture<ClaimResult> late : waiting.subList(mostInFlight(), waiting.size())) {
            assertTrue(late.isCompletedExceptionally(), "a claim beyond the bound must fail at once");
        }
        for (CompletableFuture<ClaimResult> claim : waiting) {
            assertTrue(fails(claim), "a claim that nobody answered");
        }
        restore();
    }

    private List<NonceStore> openNodes(int number) {
        List<NonceStore> nodes = new ArrayList<>(List.of(openRoomy()));
        for (int i = 1; i < number; i++) {
            try {
                nodes.add(opening(openAnother(clock, StoreOptions.ROOMY)));
            } catch (Exception failure) {
                throw new AssertionError("the store did not open", failure);
            }
        }
        return nodes;
    }

    private NonceStore opening(NonceStore store) {
        opened.add(store);
        return store;
    }

    private static boolean fails(NonceStore store, Claim claim) {
        return fails(store.claim(claim).toCompletableFuture());
    }

    /** Whether it fails; a stage that does not complete is an error. */
    private static boolean fails(CompletableFuture<ClaimResult> claim) {
        try {
            claim.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return false;
        } catch (ExecutionException failed) {
            return true;
        } catch (TimeoutException late) {
            throw new AssertionError("no answer within " + PATIENCE_SECONDS + " s", late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", interrupted);
        }
    }
}
