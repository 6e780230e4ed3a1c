package dev.countersign.tck;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.testkit.TestStatus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What every nonce store must do (protocol, Holes). Extend it, return a fresh store from {@link #open}, and all tests
 * are inherited; stores are closed after each test. A store that lacks a feature says so in one of the {@code has…}
 * methods, and the tests of that feature are then reported as skipped. A store that limits what all devices together
 * may claim extends {@link BoundedNonceStoreContract}, one that several nodes share {@link SharedNonceStoreContract}.
 */
public abstract class NonceStoreContract extends ReplayContract {
    /** For subclasses. */
    protected NonceStoreContract() {}

    /** Whether the store limits the requests of a device, exactly. */
    protected boolean hasQuota() {
        return true;
    }

    /** Whether the store refuses what was signed before it began to watch. */
    protected boolean hasStartGuard() {
        return true;
    }

    /** How often a test with concurrent claims starts anew. */
    protected int rounds() {
        return 200;
    }

    /** How many claims a thread makes in a row where threads must meet; for a store behind a network, fewer will do. */
    protected int claimsInARow() {
        return 100_000;
    }

    // Quota and capacity.

    @Test
    public void aQuotaCountsTheRequestsOfOneDevice() {
        assumeTrue(hasQuota(), "the store has no quota");
        NonceStore store = openWith(StoreOptions.ROOMY.withQuota(3));
        expect(ClaimResult.CLAIMED, store, claim(PHONE, 1, 2, START));
        expect(ClaimResult.CLAIMED, store, claim(PHONE, 3, 4, START));
        expect(ClaimResult.CLAIMED, store, claimOfNonce(5));
        expect(ClaimResult.FULL, store, claim(PHONE, 7, 8, START));
        expect(ClaimResult.FULL, store, claimOfNonce(9));
        expect(ClaimResult.CLAIMED, store, claim(TABLET, 7, 8, START), "another device, and nothing was stored");
    }

    @Test
    public void aReplayIsDecidedBeforeAQuota() {
        assumeTrue(hasQuota(), "the store has no quota");
        NonceStore store = openWith(StoreOptions.ROOMY.withQuota(1));
        expectReplaysWhenFull(store);
    }

    void expectReplaysWhenFull(NonceStore store) {
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        expect(ClaimResult.FULL, store, claim(3, 4));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 2));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 4));
        expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(3, 2));
    }

    @Test
    public void losersUseUpNoQuota() {
        assumeTrue(hasQuota(), "the store has no quota");
        NonceStore store = openWith(StoreOptions.ROOMY.withQuota(2));
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        for (int i = 0; i < 1000; i++) {
            expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(100 + i, 2));
            expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 5000 + i));
        }
        expect(ClaimResult.CLAIMED, store, claim(3, 4));
        expect(ClaimResult.FULL, store, claim(5, 6));
    }

    @Test
    public void aQuotaIsFreeAgainAfterTheDeadline() {
        assumeTrue(hasQuota() && followsClock(), "the store has no quota, or its time cannot be stepped");
        expectRoomAfterTheDeadline(openWith(StoreOptions.ROOMY.withQuota(2)));
    }

    void expectRoomAfterTheDeadline(NonceStore store) {
        for (int i = 0; i < 5; i++) {
            long now = clock.second();
            Claim first = claim(PHONE, 10L * i, 10L * i + 1, now);
            expect(ClaimResult.CLAIMED, store, first);
            expect(ClaimResult.CLAIMED, store, claim(PHONE, token(10L * i + 2), null, now, now));
            clock.setSecond(first.deadline());
            dropExpired(store);
            expect(ClaimResult.FULL, store, claim(PHONE, 10L * i + 4, 10L * i + 5, clock.second()), "the last second");
            clock.setSecond(first.deadline() + 1);
            dropExpired(store);
        }
    }

    // Since when the store is watching.

    @Test
    public void whatWasSignedBeforeTheStoreWatchedIsNotClaimed() {
        assumeTrue(hasStartGuard(), "the store does not guard its start");
        NonceStore store = openWith(new StoreOptions(100, 100, false));
        long since = store.watchingSince();
        assertNotEquals(NonceStore.ALWAYS, since);
        long now = Math.max(since, START);
        expect(ClaimResult.NOT_WATCHING_YET, store, claim(PHONE, token(1), token(2), since - WINDOW, now));
        expect(ClaimResult.NOT_WATCHING_YET, store, claim(PHONE, token(1), token(2), since - 1, now));
        expect(ClaimResult.NOT_WATCHING_YET, store, claim(PHONE, token(1), token(2), since, now), "that very second");
        expect(
                ClaimResult.CLAIMED,
                store,
                claim(PHONE, token(1), token(2), since + 1, now),
                "and the refusals stored nothing");
        expect(
                ClaimResult.NONCE_REPLAYED,
                store,
                claim(PHONE, token(1), token(3), since, now),
                "a known token is a replay, however early");
    }

    @Test
    public void theStartGuardComesBeforeAQuota() {
        assumeTrue(hasStartGuard() && hasQuota(), "the store has no start guard or no limit");
        NonceStore store = openWith(new StoreOptions(1, 1_000_000, false));
        long since = store.watchingSince();
        long now = Math.max(since, START);
        expect(ClaimResult.CLAIMED, store, claim(PHONE, token(1), token(2), since + 1, now));
        expect(ClaimResult.FULL, store, claim(PHONE, token(3), token(4), since + 1, now));
        expect(ClaimResult.NOT_WATCHING_YET, store, claim(PHONE, token(3), token(4), since, now));
    }

    @Test
    public void aStoreThatIsAlwaysWatchingTakesAnOldRequest() {
        NonceStore store = openRoomy();
        assertEquals(NonceStore.ALWAYS, store.watchingSince());
        expect(ClaimResult.CLAIMED, store, claim(PHONE, 1, 2, START - WINDOW));
    }

    // Concurrency.

    @Test
    public void ofCopiesClaimedAtOnceExactlyOneWins() {
        NonceStore store = openRoomy();
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                Claim claim = claim(10L * round, 10L * round + 1);
                List<ClaimResult> results = race.run(Collections.nCopies(threads(), call(store, claim)));
                assertEquals(1, Collections.frequency(results, ClaimResult.CLAIMED), "round " + round + ": " + results);
                assertEquals(
                        threads() - 1,
                        Collections.frequency(results, ClaimResult.NONCE_REPLAYED),
                        "round " + round + ": " + results);
            }
        }
    }

    @Test
    public void ofCopiesWithSwappedNoncesClaimedAtOnceExactlyOneWins() {
        NonceStore store = openRoomy();
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                List<Callable<ClaimResult>> calls = new ArrayList<>();
                for (int i = 0; i < threads(); i++) {
                    calls.add(call(store, claim(100L * round + i, 100L * round + 99)));
                }
                List<ClaimResult> results = race.run(calls);
                int winner = results.indexOf(ClaimResult.CLAIMED);
                assertEquals(1, Collections.frequency(results, ClaimResult.CLAIMED), "round " + round + ": " + results);
                assertEquals(
                        threads() - 1,
                        Collections.frequency(results, ClaimResult.SIGNATURE_REPLAYED),
                        "round " + round + ": " + results);
                for (int i = 0; i < threads(); i++) {
                    ClaimResult again = claimNow(store, claimOfNonce(100L * round + i));
                    assertEquals(
                            i == winner ? ClaimResult.NONCE_REPLAYED : ClaimResult.CLAIMED,
                            again,
                            "round " + round + ": a loser's nonce was stored, or the winner's was not");
                }
            }
        }
    }

    /** Claims A{n1,s1}, B{n1,s2}, C{n2,s1}, each twice: either A alone wins, or B and C do. */
    @Test
    public void overlappingClaimsAtOnceAreAllOrNone() {
        NonceStore store = openRoomy();
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                long n1 = 10L * round;
                long n2 = n1 + 1;
                long s1 = n1 + 2;
                long s2 = n1 + 3;
                Callable<ClaimResult> a = call(store, claim(n1, s1));
                Callable<ClaimResult> b = call(store, claim(n1, s2));
                Callable<ClaimResult> c = call(store, claim(n2, s1));
                // The order rotates, so that each of them is the last to be released now and then.
                List<Callable<ClaimResult>> calls = new ArrayList<>(List.of(a, b, c, a, b, c));
                Collections.rotate(calls, round);
                List<ClaimResult> results = race.run(calls);
                Collections.rotate(results, -round);
                String what = "round " + round + ": " + results;
                int wonA = won(results.get(0)) + won(results.get(3));
                int wonB = won(results.get(1)) + won(results.get(4));
                int wonC = won(results.get(2)) + won(results.get(5));
                assertTrue(wonA == 1 ? wonB + wonC == 0 : wonA == 0 && wonB == 1 && wonC == 1, what);
                // What a winner stored is known; what only losers brought is not.
                expect(ClaimResult.NONCE_REPLAYED, store, claim(n1, n1 + 4), what);
                expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(n1 + 4, s1), what);
                if (wonA == 1) {
                    expect(ClaimResult.CLAIMED, store, claim(n2, s2), what);
                } else {
                    expect(ClaimResult.NONCE_REPLAYED, store, claim(n2, n1 + 4), what);
                    expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(n1 + 4, s2), what);
                }
            }
        }
    }

    @Test
    public void claimsThatHaveTheirTokensCrossedDoNotBlockEachOther() {
        NonceStore store = openRoomy();
        int pairs = 4;
        int each = claimsInARow();
        try (Race race = new Race()) {
            List<Callable<Integer>> calls = new ArrayList<>();
            for (int t = 0; t < threads(); t++) {
                boolean crossed = t % 2 == 0;
                calls.add(() -> {
                    int won = 0;
                    for (int i = 0; i < each; i++) {
                        long one = 2L * (i % pairs);
                        won += won(claimNow(store, crossed ? claim(one + 1, one) : claim(one, one + 1)));
                    }
                    return won;
                });
            }
            int won = race.run(calls).stream().mapToInt(Integer::intValue).sum();
            assertEquals(pairs, won, "claims won");
        }
    }

    @Test
    public void aQuotaIsExactUnderConcurrentClaims() {
        assumeTrue(hasQuota(), "the store has no quota");
        expectExactly(20, StoreOptions.ROOMY.withQuota(20), false);
    }

    /** The limit is reached while all threads are claiming, not when they start. */
    void expectExactly(int limit, StoreOptions options, boolean manyDevices) {
        int each = limit;
        int racing = 2; // more would start one after the other on a machine with few cores
        try (Race race = new Race()) {
            for (int round = 0; round < 2 * rounds(); round++) {
                NonceStore store = openWith(options);
                List<Callable<Integer>> calls = new ArrayList<>();
                for (int t = 0; t < racing; t++) {
                    int first = t * each;
                    calls.add(() -> {
                        int won = 0;
                        for (int i = first; i < first + each; i++) {
                            DeviceIdentity device = manyDevices ? device(i) : PHONE;
                            ClaimResult result = claimNow(store, claim(device, 2L * i, 2L * i + 1, START));
                            assertTrue(result == ClaimResult.CLAIMED || result == ClaimResult.FULL, () -> "" + result);
                            won += won(result);
                        }
                        return won;
                    });
                }
                int won = race.run(calls).stream().mapToInt(Integer::intValue).sum();
                assertEquals(limit, won, "round " + round);
                opened.remove(store);
                store.close();
            }
        }
    }

    @Test
    public void noRequestIsClaimedTwiceWhileTheClockJumps() {
        assumeTrue(followsClock(), "the store's time cannot be stepped");
        NonceStore store = openRoomy();
        int requests = 64;
        long[] timestamps = new long[requests];
        AtomicInteger[] accepted = new AtomicInteger[requests];
        for (int i = 0; i < requests; i++) {
            timestamps[i] = START + 20L * i;
            accepted[i] = new AtomicInteger();
        }
        try (Race race = new Race()) {
            List<Callable<Boolean>> calls = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                Random random = new Random(t);
                calls.add(() -> {
                    for (int step = 0; step < 20_000 / shorterBy(); step++) {
                        int i = random.nextInt(requests);
                        long now = clock.second();
                        if (Math.abs(now - timestamps[i]) <= WINDOW) {
                            Claim claim = claim(PHONE, token(i), token(1000 + i), timestamps[i], now);
                            if (claimed(store, claim)) {
                                accepted[i].incrementAndGet();
                            }
                        }
                    }
                    return true;
                });
            }
            calls.add(() -> {
                Random random = new Random(99);
                for (int step = 0; step < 2_000 / shorterBy(); step++) {
                    clock.setSecond(START + random.nextInt(3000));
                    dropExpired(store);
                }
                return true;
            });
            assertEquals(Collections.nCopies(calls.size(), true), race.run(calls));
        }
        for (int i = 0; i < requests; i++) {
            assertTrue(accepted[i].get() <= 1, "request " + i + " was claimed " + accepted[i] + " times");
        }
    }

    // The end.

    @Test
    public void theStatusSaysNothingThatIsWrong() {
        NonceStore store = openRoomy();
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        assertNotEquals(
                StoreStatus.Availability.UNAVAILABLE, store.status().availability(), "a claim was answered just now");
        TestStatus.check(store.status());
        store.close();
        assertFalse(store.status().isAvailable(), "it is closed");
        TestStatus.check(store.status());
    }

    @Test
    public void closingTwiceIsOneClosing() {
        NonceStore store = openRoomy();
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        store.close();
        assertDoesNotThrow(store::close);
    }

    static Callable<ClaimResult> call(NonceStore store, Claim claim) {
        return () -> claimNow(store, claim);
    }

    static int won(ClaimResult result) {
        return result == ClaimResult.CLAIMED ? 1 : 0;
    }
}
