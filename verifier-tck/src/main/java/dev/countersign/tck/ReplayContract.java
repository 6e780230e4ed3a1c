package dev.countersign.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestClaims;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A part of {@link NonceStoreContract}: which claims are replays, and for how long. */
public abstract class ReplayContract {
    ReplayContract() {}

    /** The Unix second in which each test starts. */
    protected static final long START = 1_800_000_000L;

    static final long WINDOW = TestClaims.WINDOW_SECONDS;
    static final DeviceIdentity PHONE = new DeviceIdentity("com.example.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    static final DeviceIdentity TABLET = new DeviceIdentity("com.example.app", "11111111-2222-4333-8444-555555555555");

    /** The clock of the store and of the verifier whose claims these are. A test may step it back. */
    protected final MutableClock clock = MutableClock.atSecond(START);

    final List<NonceStore> opened = new ArrayList<>();

    /**
     * What a test asks of a store.
     *
     * @param quotaPerDevice requests that one device may have in the store
     * @param capacity requests that all devices together may have in the store
     * @param alwaysWatching whether no request was signed too early for the store; else it is watching since it was
     *     opened
     */
    public record StoreOptions(int quotaPerDevice, long capacity, boolean alwaysWatching) {
        /** Room for everything, and always watching. */
        public static final StoreOptions ROOMY = new StoreOptions(1_000_000, 1_000_000, true);

        /** The same with another quota. */
        public StoreOptions withQuota(int requests) {
            return new StoreOptions(requests, capacity, alwaysWatching);
        }

        /** The same with another capacity. */
        public StoreOptions withCapacity(long requests) {
            return new StoreOptions(quotaPerDevice, requests, alwaysWatching);
        }
    }

    /** Makes a store drop at once what its time allows it to drop, where that can be asked. Does nothing by default. */
    protected void dropExpired(NonceStore store) {}

    /**
     * Whether a token is known from any device that brings it. The protocol needs less, for a nonce's token is made of
     * its device and a key belongs to one device ever: a store may keep the devices apart.
     */
    protected boolean knowsTokensOfOtherDevices() {
        return true;
    }

    /** Whether the store's time is the clock it is given; one that uses a server's time cannot be stepped. */
    protected boolean followsClock() {
        return true;
    }

    /** How many threads claim the same tokens. */
    protected int threads() {
        return 8;
    }

    /** By how much the longest tests are made shorter: 1 for not at all; for a store behind a network, 10 or more. */
    protected int shorterBy() {
        return 1;
    }

    /** Closes what the test opened. */
    @AfterEach
    public final void closeStores() {
        opened.forEach(NonceStore::close);
    }

    // What is known, and what it is called.

    @Test
    public void aNewRequestIsClaimedAndItsCopiesAreReplays() {
        NonceStore store = openRoomy();
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 2));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 2));
        expect(ClaimResult.CLAIMED, store, claim(3, 4));
    }

    @Test
    public void aKnownNonceComesBeforeAKnownSignature() {
        NonceStore store = openRoomy();
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        expect(ClaimResult.CLAIMED, store, claim(3, 4));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 5));
        expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(5, 2));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 4), "each known from another request");
    }

    @Test
    public void aReplayedNonceStoresNothing() {
        NonceStore store = openRoomy();
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 9));
        expect(ClaimResult.CLAIMED, store, claim(8, 9));
    }

    @Test
    public void aReplayedSignatureStoresNothing() {
        NonceStore store = openRoomy();
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(8, 2));
        expect(ClaimResult.CLAIMED, store, claim(8, 9));
    }

    @Test
    public void aClaimWithoutASignatureIsAboutItsNonceAlone() {
        NonceStore store = openRoomy();
        expect(ClaimResult.CLAIMED, store, claimOfNonce(1));
        expect(ClaimResult.CLAIMED, store, claimOfNonce(2));
        expect(ClaimResult.NONCE_REPLAYED, store, claimOfNonce(1));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 3));
        expect(ClaimResult.CLAIMED, store, claim(4, 3));
        expect(ClaimResult.NONCE_REPLAYED, store, claimOfNonce(4));
    }

    @Test
    public void aTokenIsKnownInEitherRole() {
        NonceStore store = openRoomy();
        expect(ClaimResult.CLAIMED, store, claim(1, 2));
        expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(3, 1));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(2, 4));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(2, 1));
        expect(ClaimResult.CLAIMED, store, claim(3, 4), "the losers stored nothing");
    }

    @Test
    public void aClaimWhoseTokensAreTheSameIsOneRequest() {
        NonceStore store = openRoomy();
        expect(ClaimResult.CLAIMED, store, claim(1, 1));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(1, 1));
        expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(2, 1));
    }

    @Test
    public void aTokenIsKnownFromAnyDevice() {
        NonceStore store = openRoomy();
        expect(ClaimResult.CLAIMED, store, claim(PHONE, 1, 2, START));
        if (knowsTokensOfOtherDevices()) {
            expect(ClaimResult.NONCE_REPLAYED, store, claim(TABLET, 1, 3, START));
            expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(TABLET, 3, 2, START));
            return;
        }
        // Two devices that bring the same tokens are kept apart, and neither takes away what is known of the other.
        claimNow(store, claim(TABLET, 1, 3, START));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(TABLET, 1, 4, START));
        expect(ClaimResult.NONCE_REPLAYED, store, claim(PHONE, 1, 4, START));
        expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(PHONE, 4, 2, START));
    }

    @Test
    public void everyBitOfATokenCounts() {
        NonceStore store = openRoomy();
        List<ReplayToken> tokens = new ArrayList<>();
        tokens.add(new ReplayToken(0, 0));
        tokens.add(new ReplayToken(-1, -1));
        for (int bit = 0; bit < 64; bit++) {
            tokens.add(new ReplayToken(1L << bit, 0));
            tokens.add(new ReplayToken(0, 1L << bit));
        }
        for (ReplayToken token : tokens) {
            expect(ClaimResult.CLAIMED, store, claim(PHONE, token, null, START, START));
        }
        for (ReplayToken token : tokens) {
            expect(ClaimResult.NONCE_REPLAYED, store, claim(PHONE, token, null, START, START));
        }
    }

    @Test
    public void manyRequestsAreAllRemembered() {
        NonceStore store = openRoomy();
        int requests = 5_000;
        for (int i = 0; i < requests; i++) {
            expect(ClaimResult.CLAIMED, store, claim(2L * i, 2L * i + 1));
        }
        for (int i = 0; i < requests; i++) {
            expect(ClaimResult.NONCE_REPLAYED, store, claim(2L * i, 1_000_000 + i));
            expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(1_000_000 + i, 2L * i + 1));
        }
    }

    // Deadlines.

    @Test
    public void aRequestIsKnownThroughTheSecondOfItsDeadline() {
        assumeTrue(followsClock(), "the store's time cannot be stepped");
        NonceStore store = openRoomy();
        Claim claim = claim(1, 2);
        expect(ClaimResult.CLAIMED, store, claim);
        for (long second : new long[] {START + 1, claim.deadline() - 1, claim.deadline()}) {
            clock.setSecond(second);
            dropExpired(store);
            clock.set(clock.instant().plusNanos(999_999_999));
            dropExpired(store);
            expect(ClaimResult.NONCE_REPLAYED, store, claim);
            expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(PHONE, 3, 2, second));
        }
    }

    @Test
    public void aRequestIsNeverClaimedAgainAfterItsDeadline() {
        assumeTrue(followsClock(), "the store's time cannot be stepped");
        NonceStore store = openRoomy();
        Claim claim = claim(1, 2);
        expect(ClaimResult.CLAIMED, store, claim);
        for (long after : new long[] {1, 2, 60, 3600, 1_000_000}) {
            clock.setSecond(claim.deadline() + after);
            dropExpired(store);
            expectRefused(store, claim);
            long now = clock.second();
            expect(ClaimResult.CLAIMED, store, claim(PHONE, 1000 + after, 2_000_000 + after, now), "a new request");
        }
    }

    @Test
    public void aLosingClaimDoesNotChangeHowLongTheWinnerIsKnown() {
        assumeTrue(followsClock(), "the store's time cannot be stepped");
        NonceStore store = openRoomy();
        Claim ahead = claim(PHONE, 1, 2, START + WINDOW);
        expect(ClaimResult.CLAIMED, store, ahead);
        expect(ClaimResult.NONCE_REPLAYED, store, claim(PHONE, 1, 2, START - WINDOW), "with an earlier deadline");
        clock.setSecond(ahead.deadline());
        dropExpired(store);
        expect(ClaimResult.NONCE_REPLAYED, store, ahead);
    }

    @Test
    public void aClockThatStepsBackRevivesNothing() {
        assumeTrue(followsClock(), "the store's time cannot be stepped");
        NonceStore store = openRoomy();
        Claim claim = claim(1, 2);
        Claim ahead = claim(PHONE, 3, 4, START + WINDOW);
        expect(ClaimResult.CLAIMED, store, claim);
        expect(ClaimResult.CLAIMED, store, ahead);
        clock.setSecond(ahead.deadline() + 1000);
        dropExpired(store);
        expect(ClaimResult.CLAIMED, store, claim(PHONE, 5, 6, clock.second()), "a store that follows its clock");
        for (long second = START + 2 * WINDOW; second >= START - WINDOW; second -= 50) {
            clock.setSecond(second);
            dropExpired(store);
            expectRefused(store, claim);
            expectRefused(store, ahead);
            expectRefused(store, claim(PHONE, 7, 2, START)); // the nonce is not signed: a copy may have another
        }
    }

    @Test
    public void whateverTheClockDoesNoRequestIsClaimedTwice() {
        assumeTrue(followsClock(), "the store's time cannot be stepped");
        for (long seed = 1; seed <= 20; seed++) {
            Random random = new Random(seed);
            clock.setSecond(START);
            NonceStore store = openRoomy();
            int requests = 40;
            long[] timestamps = new long[requests];
            int[] accepted = new int[requests];
            for (int i = 0; i < requests; i++) {
                timestamps[i] = START + random.nextInt(2000);
            }
            for (int step = 0; step < 3000 / shorterBy(); step++) {
                if (random.nextInt(4) == 0) {
                    int far = random.nextInt(10) == 0 ? 2000 : 100;
                    clock.setSecond(Math.max(START - 400, clock.second() + random.nextInt(far) - far / 2));
                }
                if (random.nextInt(8) == 0) {
                    dropExpired(store);
                }
                int i = random.nextInt(requests);
                if (Math.abs(clock.second() - timestamps[i]) <= WINDOW) {
                    // Half of the copies have another nonce: the signature gives them away.
                    long nonce = random.nextBoolean() ? i : 1_000 + step;
                    Claim claim = claim(PHONE, nonce, 500 + i, timestamps[i]);
                    accepted[i] += claimed(store, claim) ? 1 : 0;
                }
            }
            int once = 0;
            for (int i = 0; i < requests; i++) {
                assertTrue(
                        accepted[i] <= 1, "seed " + seed + ": request " + i + " was claimed " + accepted[i] + " times");
                once += accepted[i];
            }
            assertTrue(once > 0, "seed " + seed + ": nothing was ever claimed");
            store.close(); // a store that watches its server would say something of the next one's, too
        }
    }

    NonceStore openRoomy() {
        return openWith(StoreOptions.ROOMY);
    }

    static ClaimResult claimNow(NonceStore store, Claim claim) {
        return Race.await(store.claim(claim));
    }

    static boolean claimed(NonceStore store, Claim claim) {
        return claimNow(store, claim) == ClaimResult.CLAIMED;
    }

    static void expect(ClaimResult expected, NonceStore store, Claim claim) {
        expect(expected, store, claim, "claim");
    }

    static void expect(ClaimResult expected, NonceStore store, Claim claim, String what) {
        assertEquals(expected, claimNow(store, claim), what);
    }

    /** A request that was claimed is refused, with the reason that the store still knows. */
    private void expectRefused(NonceStore store, Claim claim) {
        ClaimResult result = claimNow(store, claim);
        assertTrue(
                result == ClaimResult.NONCE_REPLAYED
                        || result == ClaimResult.SIGNATURE_REPLAYED
                        || result == ClaimResult.NOT_WATCHING_YET,
                () -> result + " at second " + clock.second());
    }

    Claim claim(long nonce, long signature) {
        return claim(PHONE, nonce, signature, START);
    }

    Claim claim(DeviceIdentity device, long nonce, long signature, long timestamp) {
        return claim(device, token(nonce), token(signature), timestamp, clock.second());
    }

    Claim claimOfNonce(long nonce) {
        return claim(PHONE, token(nonce), null, START, clock.second());
    }

    /** As a verifier makes one that accepts a request for {@value #WINDOW} s on either side. */
    static Claim claim(
            DeviceIdentity device, ReplayToken nonce, @Nullable ReplayToken signature, long timestamp, long now) {
        return TestClaims.of(device, nonce, signature, timestamp, now);
    }

    /** A token as good as a hash's: neighbours have nothing in common. */
    static ReplayToken token(long number) {
        return TestClaims.token(number);
    }

    static DeviceIdentity device(int number) {
        return TestClaims.device(number);
    }

    NonceStore openWith(StoreOptions options) {
        try {
            NonceStore store = open(clock, options);
            opened.add(store);
            return store;
        } catch (Exception failure) {
            throw new AssertionError("the store did not open", failure);
        }
    }

    /**
     * A fresh, empty store.
     *
     * @param storeClock the store's time
     */
    protected abstract NonceStore open(MutableClock storeClock, StoreOptions options) throws Exception;
}
