package dev.countersign.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.servers.PostgresServer;
import dev.countersign.servers.RedisServer;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One Redis and one PostgreSQL, and every fault that either of them and the connections to them can have. */
@Timeout(300)
class StandaloneFaultsTest {
    @Test
    void promisesAreKept() {
        keepsPromises(0);
    }

    @Tag("full")
    @ParameterizedTest
    @ValueSource(ints = {11, 12, 13})
    void promisesAreKeptBySeed(int seed) {
        keepsPromises(seed);
    }

    private static void keepsPromises(int seed) {
        try (RedisServer redis = RedisServer.start();
                PostgresServer postgres = PostgresServer.start()) {
            Findings findings = new Scenario(
                            "Redis alone, PostgreSQL",
                            Scenario.seed(seed),
                            () -> new StandaloneSite(redis),
                            () -> new JdbcSite(postgres))
                    .harms(harm -> true)
                    .expectAllBut(Count.FAILOVERS, Count.SLOTS_MOVED)
                    .run();
            assertEquals(Set.of(), findings.broken());
            assertEquals(0, findings.count(Count.EXCUSED), "a Redis that has lost claims was not watching before");
        }
    }
}
