package dev.countersign.conformance.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiveNamesTest {
    private static LiveNames names(String seed, String caseId) {
        return new LiveNames(seed, caseId, 300, 0, () -> 1_000_000);
    }

    @Test
    void dependOnSeedAndCaseAndNothingElse() {
        Set<String> apps = new HashSet<>();
        Set<String> ids = new HashSet<>();
        for (String seed : new String[] {"1", "2"}) {
            for (String id : new String[] {"a/b", "a/c"}) {
                LiveNames names = names(seed, id);
                for (String name : new String[] {"a", "b"}) {
                    apps.add(names.app(name));
                    ids.add(names.device(name));
                    ids.add(names.nonce(name));
                    ids.add(names.key(name).toString());
                    assertEquals(names(seed, id).key(name), names.key(name));
                    assertEquals(names(seed, id).nonce(name), names.nonce(name));
                }
            }
        }
        assertEquals(8, apps.size());
        assertEquals(24, ids.size());
        assertNotEquals(
                ServerOptions.defaults().seed(), ServerOptions.defaults().seed());
    }

    @Test
    void haveTheFormsThatTheProtocolWants() {
        for (int i = 0; i < 100; i++) {
            LiveNames names = names("" + i, "x/y");
            String uuid4 = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
            assertTrue(names.device("a").matches(uuid4), names.device("a"));
            assertTrue(names.nonce("a").matches(uuid4), names.nonce("a"));
            for (String part : names.nonce("a").split("-", -1)) {
                assertNotEquals(part, part.toUpperCase(Locale.ROOT));
            }
            assertTrue(names.app("a").matches("conformance\\.[0-9a-f]{24}"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1, 1",
        "-1, -1",
        "294, 294",
        "295, 295",
        "296, 295",
        "300, 295",
        "301, 306",
        "305, 306",
        "306, 306",
        "307, 307",
        "600, 600",
        "-295, -295",
        "-296, -295",
        "-300, -295",
        "-301, -306",
        "-305, -306",
        "-306, -306",
        "-307, -307",
        "-100000, -100000"
    })
    void keepAwayFromTheEdgesOfTheWindow(long offset, long moved) {
        assertEquals(1_000_000 + moved, names("s", "x/y").time(offset));
        LiveNames later = new LiveNames("s", "x/y", 300, 77, () -> 1_000_000);
        assertEquals(1_000_000 + moved, later.time(offset + 77), "seen from when the request arrives");
        LiveNames minute = new LiveNames("s", "x/y", 60, 0, () -> 1_000_000);
        assertEquals(1_000_000 + 66, minute.time(62));
    }

    @Test
    void theTimeStandsStillForOneCase() {
        AtomicLong clock = new AtomicLong(500);
        LiveNames names = new LiveNames("s", "x/y", 300, 0, clock::incrementAndGet);
        assertEquals(501, names.time(0));
        assertEquals(511, names.time(10));
        assertEquals(501, names.time(0));
    }
}
