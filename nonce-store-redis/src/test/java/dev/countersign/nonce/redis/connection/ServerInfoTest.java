package dev.countersign.nonce.redis.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What a server must say of itself before it may hold claims. */
class ServerInfoTest {
    private static final String SERVER =
            "# Server\r\nredis_version:6.2.11\r\nrun_id:0123456789abcdef0123456789abcdef\r\n";
    private static final String REPLICATION = "role:master\r\nmaster_replid:fedcba9876543210fedcba9876543210\r\n";
    private static final String MEMORY = "maxmemory:0\r\nmaxmemory_policy:noeviction\r\n";

    private static String refusal(String... sections) {
        return new ServerInfo(null, sections).refusal(false, false);
    }

    @Test
    void aServerThatSaysEverythingMayHoldClaims() {
        ServerInfo info = new ServerInfo(null, SERVER, REPLICATION, MEMORY);
        assertEquals("", info.refusal(false, false));
        assertTrue(info.isPrimary());
        assertEquals("6.2.11", info.version());
        assertEquals("noeviction", info.evictionPolicy());
    }

    @Test
    void aMissingPolicyIsRefusedUnlessItDoesNotMatter() {
        String refusal = refusal(SERVER, REPLICATION, "maxmemory:0\r\n");
        assertTrue(refusal.contains("INFO does not tell maxmemory_policy"), refusal);
        assertEquals("", new ServerInfo(null, SERVER, REPLICATION).refusal(true, false));
    }

    @Test
    void aPolicyThatIsMissingLaterIsNotRemembered() {
        ServerInfo first = new ServerInfo(null, SERVER, REPLICATION, MEMORY);
        ServerInfo later = new ServerInfo(first, REPLICATION, "maxmemory:0\r\n");
        assertTrue(later.evictionRefusal(false).contains("does not tell"));
        assertFalse(new ServerInfo(first, MEMORY).isPrimary(), "nor is the role");
    }

    @Test
    void aPolicyThatEvictsIsNamed() {
        String refusal = refusal(SERVER, REPLICATION, "maxmemory_policy:allkeys-lru\r\n");
        assertTrue(refusal.contains("allkeys-lru") && refusal.contains("noeviction"), refusal);
    }

    @Test
    void anOldServerIsRefused() {
        for (String version : new String[] {"6.0.16", "5.0.14.1", "2.8.24", "6.1", "4", "nonsense", "6.x"}) {
            String refusal = refusal(SERVER.replace("6.2.11", version), REPLICATION, MEMORY);
            assertTrue(refusal.contains("too old"), version + ": " + refusal);
        }
        for (String version : new String[] {"6.2.0", "6.2", "6.10.1", "7.0.15", "10.0"}) {
            assertEquals("", refusal(SERVER.replace("6.2.11", version), REPLICATION, MEMORY), version);
        }
    }

    @Test
    void aServerThatHidesWhoItIsIsRefused() {
        assertTrue(refusal("redis_version:6.2.11\r\n", REPLICATION, MEMORY).contains("run_id"));
        assertTrue(refusal(SERVER, "role:master\r\n", MEMORY).contains("master_replid"));
        assertTrue(refusal(REPLICATION, MEMORY).contains("redis_version"));
    }

    @Test
    void aClusterNodeBelongsInACluster() {
        String node = "cluster_enabled:1\r\n";
        assertTrue(refusal(SERVER, REPLICATION, MEMORY, node).contains("redis-cluster://"));
        assertEquals("", new ServerInfo(null, SERVER, REPLICATION, MEMORY, node).refusal(false, true));
        assertNotEquals("", new ServerInfo(null, SERVER, REPLICATION, MEMORY).refusal(false, true));
    }
}
