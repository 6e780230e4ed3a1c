package dev.countersign.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.servers.PostgresServer;
import dev.countersign.servers.RedisCluster;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A Redis Cluster that moves slots and fails over, and PostgreSQL. */
@Tag("full")
@Timeout(600)
class ClusterFaultsTest {
    /** A machine that has other things to do must not make the Cluster fail over by itself all the time. */
    private static final String NODE_TIMEOUT_MILLIS = "1500";

    @Test
    void promisesAreKept() {
        try (RedisCluster redis = RedisCluster.startWithReplicas("--cluster-node-timeout", NODE_TIMEOUT_MILLIS);
                PostgresServer postgres = PostgresServer.start()) {
            Findings findings = new Scenario(
                            "Redis Cluster, PostgreSQL",
                            Scenario.seed(31),
                            () -> new ClusterSite(redis),
                            () -> new JdbcSite(postgres))
                    .harms(harm -> true)
                    .expectAllBut(Count.EMPTIED)
                    .run();
            assertEquals(Set.of(), findings.broken());
        }
    }
}
