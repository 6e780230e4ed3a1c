package dev.countersign.nonce.redis.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.countersign.nonce.redis.claim.KeyLayout;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClusterViewTest {
    private static final String HEALTHY = """
            aa 10.0.0.1:7001@17001 myself,master - 0 0 3 connected 0-99 200 [100->-bb]
            bb 10.0.0.2:7002@17002 master - 0 1700000000000 4 connected 100-199
            cc 10.0.0.3:7003@17003 slave aa 0 1700000000000 3 connected
            dd 10.0.0.4:7004@17004 master - 0 1700000000000 0 connected
            """;

    @Test
    void readsWhoServesWhat() {
        ClusterView view = new ClusterView();
        assertEquals(2, view.add("asked", false, HEALTHY));
        Map<ClusterMember, List<Integer>> slots = view.slots();
        assertEquals(2, slots.size());
        ClusterMember first = view.owner(0);
        assertEquals(new ClusterMember("aa", "10.0.0.1", "10.0.0.1", 7001, 3), first);
        assertEquals(first, view.owner(99));
        assertEquals("bb", idOf(view, 100), "a slot that migrates still belongs to the source");
        assertEquals("bb", idOf(view, 199));
        assertEquals(first, view.owner(200));
        assertNull(view.owner(201));
    }

    @Test
    void theHigherEpochCountsInEitherOrder() {
        String old = "aa 10.0.0.1:7001@17001 myself,master - 0 0 3 connected 0-99";
        String later = "cc 10.0.0.3:7003@17003 myself,master - 0 0 7 connected 0-99\n"
                + "aa 10.0.0.1:7001@17001 master,fail - 0 0 3 connected";
        for (List<String> order : List.of(List.of(old, later), List.of(later, old))) {
            ClusterView view = new ClusterView();
            order.forEach(answer -> view.add("asked", false, answer));
            assertEquals("cc", idOf(view, 50), order.get(0));
        }
    }

    @Test
    void namesAreForTlsAndForNodesWithoutAnAddress() {
        String line = "aa 10.0.0.1:7001@17001,one.example myself,master - 0 0 3 connected 0-99";
        assertEquals("10.0.0.1", hostOf(line, false));
        assertEquals("one.example", hostOf(line, true));
        assertEquals("one.example", hostOf(line.replace("10.0.0.1", ""), false));
        assertEquals("asked", hostOf("aa :7001@17001 myself,master - 0 0 3 connected 0-99", false));
        assertEquals("2001:db8::1", hostOf("aa 2001:db8::1:7001@17001 myself,master - 0 0 3 connected 0-99", false));
    }

    @Test
    void whatItCannotReadGivesNothing() {
        for (String junk : new String[] {
            "",
            "\n\n",
            "-ERR no",
            "aa 10.0.0.1:7001@17001 myself,master - 0 0 3 connected 16384",
            "aa 10.0.0.1:7001@17001 myself,master - 0 0 3 connected 5-4",
            "aa 10.0.0.1:7001@17001 myself,master - 0 0 3 connected -1",
            "aa 10.0.0.1:7001@17001 myself,master - 0 0 3 connected 99999999999999999999",
            "aa 10.0.0.1:70010@17001 myself,master - 0 0 3 connected 1",
            "aa 10.0.0.1:7001@17001 myself,master - 0 0 x connected 1",
            "aa :0@0 master,noaddr - 0 0 3 connected 1",
            "aa nowhere master - 0 0 3 connected 1",
        }) {
            ClusterView view = new ClusterView();
            assertEquals(0, view.add("asked", false, junk), junk);
            assertEquals(Map.of(), view.slots(), junk);
        }
    }

    @Test
    void readsManySingleSlotsAndNoRangeWithoutEnd() {
        StringBuilder line = new StringBuilder("aa 10.0.0.1:7001@17001,,shard-id=1 master - 0 0 3 connected");
        for (int slot = 0; slot < KeyLayout.SLOTS; slot += 2) {
            line.append(' ').append(slot);
        }
        ClusterView view = new ClusterView();
        assertEquals(1, view.add("asked", true, line + "\r\n"));
        assertEquals(
                List.of(KeyLayout.SLOTS / 2),
                view.slots().values().stream().map(List::size).toList());
        assertEquals("10.0.0.1", hostOf("aa 10.0.0.1:7001@17001,,shard-id=1 master - 0 0 3 connected 0", true));
        assertTimeoutPreemptively(
                Duration.ofMinutes(1),
                () -> assertEquals(
                        0, view.add("asked", true, "aa 10.0.0.1:7001@17001 master - 0 0 9 connected 0-2147483647")));
    }

    private static String idOf(ClusterView view, int slot) {
        ClusterMember owner = view.owner(slot);
        return owner == null ? "nobody" : owner.id();
    }

    private static String hostOf(String line, boolean preferNames) {
        ClusterView view = new ClusterView();
        assertEquals(1, view.add("asked", preferNames, line));
        ClusterMember owner = view.owner(0);
        return owner == null ? "nobody" : owner.host();
    }
}
