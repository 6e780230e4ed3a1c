package dev.countersign.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.servers.MariaDbServer;
import dev.countersign.servers.RedisSentinels;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A group of Redis servers that fails over, and MariaDB. */
@Tag("full")
@Timeout(600)
class SentinelFaultsTest {
    @Test
    void promisesAreKept() {
        try (RedisSentinels redis = RedisSentinels.start();
                MariaDbServer mariaDb = MariaDbServer.start()) {
            Findings findings = new Scenario(
                            "Redis under Sentinel, MariaDB",
                            Scenario.seed(21),
                            () -> new SentinelSite(redis),
                            () -> new JdbcSite(mariaDb))
                    .harms(harm -> true)
                    .expectAllBut(Count.EMPTIED, Count.SLOTS_MOVED)
                    .run();
            assertEquals(Set.of(), findings.broken());
        }
    }
}
