package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.Verdict;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Whatever stands in a head, there is a verdict, and never one that names a fault of ours. The inputs lie among the resources;
 * CONTRIBUTING says how to look for more. Of an input, the lines are method, target, the six values, and further names and values by
 * turns.
 */
class HeadFuzzTest {
    private static final long NOW = 1_800_000_000L;

    private final MutableClock clock = MutableClock.atSecond(NOW);

    @FuzzTest
    void anyHeadGetsAVerdict(byte[] data) {
        String[] lines = new String(data, StandardCharsets.ISO_8859_1).split("\n", -1);
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        for (int i = 2; i < Math.min(lines.length, 8); i++) {
            headers.add(Map.entry(SignedRequests.NAMES.get(i - 2), lines[i]));
        }
        for (int i = 9; i < lines.length; i += 2) {
            headers.add(Map.entry(lines[i - 1], lines[i]));
        }
        InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        registry.put(DeviceRecord.active(
                new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE), TestKeys.publicKey(1), 1));
        try (CountersignVerifier verifier = CountersignVerifier.builder(
                        KeySource.uncached(new ScriptedKeyStore(registry)), new ObviousNonceStore())
                .clock(clock)
                .timer(new ManualTimer())
                .opaqueDeviceIds()
                .build()) {
            Verdict verdict =
                    verifier.verify(RequestHead.of(lines[0], lines.length < 2 ? "" : lines[1], headers), data);
            if (verdict instanceof Rejected rejected) {
                assertNotEquals(RejectionReason.INTERNAL, rejected.reason());
            }
            assertEquals(0, verifier.internalFaults());
        }
    }
}
