package dev.countersign.nonce.memory;

import static dev.countersign.nonce.memory.Claims.START;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.testkit.MutableClock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

class MemoryNonceStoreModelTest {
    private static final int QUOTA = 3;
    private static final int CAPACITY = 6;

    /**
     * One thing that happens.
     *
     * @param signature negative for none
     * @param age how long before the clock's second the request was signed; negative if it is dated ahead
     * @param kept how long after its second the request stays
     * @param clockStep what the clock does before it
     */
    record Step(int device, int nonce, int signature, int age, int kept, int clockStep) {
        Claim claim(long now) {
            long timestamp = now - age;
            long earliest = timestamp + kept;
            return Claim.builder(Claims.device(device), Claims.token(nonce))
                    .signature(signature < 0 ? null : Claims.token(signature))
                    .timestamp(timestamp)
                    .claimedAt(now)
                    .deadline(Math.max(earliest, now + kept))
                    .earliestDeadline(earliest)
                    .build();
        }
    }

    @Property(edgeCases = EdgeCasesMode.NONE)
    void theStoreIsTheModel(@ForAll("steps") List<Step> steps) {
        MutableClock clock = MutableClock.atSecond(START);
        Model model = new Model();
        try (MemoryNonceStore store = store(clock)) {
            for (Step step : steps) {
                clock.advanceSeconds(step.clockStep);
                store.purgeExpired();
                model.purge(clock.second());
                Claim claim = step.claim(clock.second());
                assertEquals(model.claim(claim), Claims.result(store, claim));
                assertEquals(model.claims.size(), store.liveClaims());
                assertEquals(model.tokens().size(), store.tokens());
                assertEquals(model.devices().size(), store.devices());
            }
        }
    }

    /** Without a purge but the claims' own, the store may know more than it must, and never less. */
    @Property(edgeCases = EdgeCasesMode.NONE)
    void withoutPurgesNothingThatIsLiveIsForgotten(@ForAll("steps") List<Step> steps) {
        MutableClock clock = MutableClock.atSecond(START);
        Map<ReplayToken, Long> deadlines = new HashMap<>();
        Map<ReplayToken, Long> everClaimed = new HashMap<>();
        long latest = START;
        try (MemoryNonceStore store = store(clock)) {
            for (Step step : steps) {
                clock.advanceSeconds(step.clockStep);
                latest = Math.max(latest, clock.second());
                Claim claim = step.claim(clock.second());
                boolean won = Claims.result(store, claim) == ClaimResult.CLAIMED;
                for (ReplayToken token : Model.tokensOf(claim)) {
                    if (won) {
                        assertFalse(
                                deadlines.getOrDefault(token, Long.MIN_VALUE) >= latest, "a live token was claimed");
                        assertFalse(
                                everClaimed.getOrDefault(token, Long.MIN_VALUE) >= claim.earliestDeadline(),
                                "a copy of a request was claimed");
                        deadlines.put(token, claim.deadline());
                        everClaimed.merge(token, claim.deadline(), Math::max);
                    }
                }
            }
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Integer> clockSteps = Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(6, Arbitraries.just(0)),
                net.jqwik.api.Tuple.of(4, Arbitraries.integers().between(0, 40)),
                net.jqwik.api.Tuple.of(1, Arbitraries.integers().between(-60, 400)));
        return Combinators.combine(
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 30),
                        Arbitraries.integers().between(-2, 30),
                        Arbitraries.integers().between(-30, 30),
                        Arbitraries.of(31, 60),
                        clockSteps)
                .as(Step::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(120);
    }

    private static MemoryNonceStore store(MutableClock clock) {
        return MemoryNonceStore.builder()
                .clock(clock)
                .quotaPerDevice(QUOTA)
                .capacity(CAPACITY)
                .alwaysWatching()
                .noBackgroundPurge()
                .build();
    }

    /** The paragraph of the protocol, slow and obvious. */
    private static final class Model {
        private final List<Claim> claims = new ArrayList<>();
        private @Nullable Long latestPurged;

        void purge(long now) {
            for (Claim claim : claims) {
                if (claim.deadline() < now) {
                    latestPurged = latestPurged == null ? claim.deadline() : Math.max(latestPurged, claim.deadline());
                }
            }
            claims.removeIf(claim -> claim.deadline() < now);
        }

        ClaimResult claim(Claim claim) {
            if (tokens().contains(claim.nonce())) {
                return ClaimResult.NONCE_REPLAYED;
            }
            if (claim.signature().filter(tokens()::contains).isPresent()) {
                return ClaimResult.SIGNATURE_REPLAYED;
            }
            if (latestPurged != null && latestPurged >= claim.earliestDeadline()) {
                return ClaimResult.NOT_WATCHING_YET;
            }
            long ofDevice = claims.stream()
                    .filter(live -> live.device().equals(claim.device()))
                    .count();
            if (ofDevice >= QUOTA || claims.size() >= CAPACITY) {
                return ClaimResult.FULL;
            }
            claims.add(claim);
            return ClaimResult.CLAIMED;
        }

        Set<ReplayToken> tokens() {
            Set<ReplayToken> tokens = new HashSet<>();
            claims.forEach(claim -> tokens.addAll(tokensOf(claim)));
            return tokens;
        }

        Set<DeviceIdentity> devices() {
            Set<DeviceIdentity> devices = new HashSet<>();
            claims.forEach(claim -> devices.add(claim.device()));
            return devices;
        }

        static Set<ReplayToken> tokensOf(Claim claim) {
            Set<ReplayToken> tokens = new HashSet<>(Set.of(claim.nonce()));
            claim.signature().ifPresent(tokens::add);
            return tokens;
        }
    }
}
