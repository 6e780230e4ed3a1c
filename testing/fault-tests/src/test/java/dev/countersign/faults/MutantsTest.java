package dev.countersign.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.faults.Event.FaultKind;
import dev.countersign.faults.Event.Target;
import dev.countersign.servers.PostgresServer;
import dev.countersign.servers.RedisServer;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Stores that break a promise each are found out by the checker that the sound ones pass. */
@Timeout(180)
class MutantsTest {
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(1);

    private static RedisServer redis;
    private static PostgresServer postgres;

    @BeforeAll
    static void start() {
        redis = RedisServer.start();
        postgres = PostgresServer.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
        postgres.close();
    }

    private static Scenario scenario(String title) {
        return scenario(title, () -> new StandaloneSite(redis));
    }

    private static Scenario scenario(String title, Supplier<NonceSite> nonces) {
        return new Scenario(title, Scenario.seed(1), nonces, () -> new JdbcSite(postgres))
                .calm(LONG_ENOUGH)
                .expect(
                        Count.ACCEPTED,
                        Count.REPLAYS_REFUSED,
                        Count.FORGERIES_REFUSED,
                        Count.REVOCATIONS,
                        Count.ROTATIONS);
    }

    @Test
    void forgettingOneClaimInAHundredIsFound() {
        assertEquals(
                Set.of(Rule.ACCEPTED_TWICE),
                scenario("mutant: forgets 1 %")
                        .mutateNonces(ForgetfulNonceStore::new)
                        .run()
                        .broken());
    }

    @Test
    void claimingBeforeVerifyingIsFound() {
        assertEquals(
                Set.of(Rule.CALLED_A_REPLAY),
                scenario("mutant: claims before it verifies")
                        .verifiers((keys, nonces) -> {
                            Fleet.Node sound = Scenario.verifier(keys, ClaimingFirstVerifier.agreeing());
                            return new Fleet.Node(
                                    new ClaimingFirstVerifier(sound.verifier(), nonces),
                                    sound.feedLag(),
                                    sound.parts());
                        })
                        .run()
                        .broken());
    }

    @Test
    void ignoringRevocationsIsFound() {
        assertEquals(
                Set.of(Rule.REVOKED_ACCEPTED),
                scenario("mutant: ignores revocations")
                        .mutateKeys(UnrevokedKeyStore::new)
                        .calm(LONG_ENOUGH.multipliedBy(3))
                        .run()
                        .broken());
    }

    @Test
    void sendingClaimsAgainIsFound() {
        assertEquals(
                Set.of(Rule.CALLED_A_REPLAY),
                losingAnswers(scenario(
                                "mutant: sends claims again",
                                () -> new StandaloneSite(
                                        redis, (uri, node, history) -> new BlindlyResendingNonceStore(uri))))
                        .run()
                        .broken());
    }

    @Test
    void soundStoresPass() {
        assertEquals(
                Set.of(),
                losingAnswers(scenario("sound stores"))
                        .calm(LONG_ENOUGH.multipliedBy(2))
                        .run()
                        .broken());
    }

    private static Scenario losingAnswers(Scenario scenario) {
        return scenario.harms(harm -> harm.kind() == FaultKind.LOSE_ANSWERS && harm.target() == Target.NONCES)
                .rounds(5)
                .expect(Count.ACCEPTED, Count.ANSWERS_LOST, Count.REPLAYS_REFUSED, Count.REVOKED_REFUSED);
    }
}
