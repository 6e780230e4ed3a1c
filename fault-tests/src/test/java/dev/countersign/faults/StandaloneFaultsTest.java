package dev.countersign.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.servers.PostgresServer;
import dev.countersign.servers.RedisServer;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One Redis and one PostgreSQL, and every fault that either of them and the connections to them can have. */
@Timeout(300)
class StandaloneFaultsTest {
    @Test
    void promisesAreKept() {
        try (RedisServer redis = RedisServer.start();
                PostgresServer postgres = PostgresServer.start()) {
            Findings findings = new Scenario(
                            "Redis alone, PostgreSQL",
                            Scenario.seed(0),
                            () -> new StandaloneSite(
                                    redis, (uri, node, history) -> new BlindlyResendingNonceStore(uri)),
                            () -> new JdbcSite(postgres))
                    .harms(harm -> harm.target() == Event.Target.KEYS)
                    .expect(
                            Count.ACCEPTED,
                            Count.REPLAYS_REFUSED,
                            Count.FORGERIES_REFUSED,
                            Count.REVOCATIONS,
                            Count.REVOKED_REFUSED,
                            Count.ROTATIONS,
                            Count.KILLS,
                            Count.TRANSACTIONS_KILLED,
                            Count.PAUSES,
                            Count.CUTS,
                            Count.ANSWERS_LOST,
                            Count.HELD,
                            Count.SLOWED)
                    .run();
            assertEquals(Set.of(), findings.broken());
        }
    }
}
