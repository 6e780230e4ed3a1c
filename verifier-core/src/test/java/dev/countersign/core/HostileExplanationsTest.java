package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Rejected;
import dev.countersign.api.RequestHead;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.core.explain.Explanation;
import dev.countersign.core.explain.ExplanationListener;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.NumericChars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

/** Every byte of a request is the attacker's: each rejection has an explanation, in printable ASCII, and none fails. */
class HostileExplanationsTest {
    private static final long NOW = 1_800_000_000L;
    private static final long KEY = 1;
    private static final int LONGEST_TEXT = 6000;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final AtomicLong nanos = new AtomicLong();
    private final List<Explanation> explanations = new ArrayList<>();
    private final CountersignVerifier verifier = CountersignVerifier.builder(
                    KeySource.uncached(registry), new ObviousNonceStore())
            .clock(clock)
            .nanoTime(nanos::get)
            .timer(new ManualTimer())
            .explainRejections(new ExplanationListener() {
                @Override
                public void onTurnedOn(String warning) {}

                @Override
                public void onRejection(Explanation explanation) {
                    explanations.add(explanation);
                }
            })
            .build();

    HostileExplanationsTest() {
        registry.put(DeviceRecord.active(
                new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE), TestKeys.publicKey(KEY), 1));
    }

    @Property(tries = 300)
    void anyCharactersAnywhereAreExplained(
            @ForAll @StringLength(max = 40) String method,
            @ForAll @StringLength(max = 200) String target,
            @ForAll @Size(6) List<@StringLength(max = 150) String> values,
            @ForAll byte[] body) {
        List<Map.Entry<String, String>> lines = new ArrayList<>();
        for (int i = 0; i < SignedRequests.NAMES.size(); i++) {
            lines.add(Map.entry(SignedRequests.NAMES.get(i), values.get(i)));
        }
        explained(RequestHead.of(method, target, lines), body);
        Draft good = SignedRequests.good(KEY, NOW, SignedRequests.nonce(1));
        explained(RequestHead.of(method, target, good.headers()), body);
        for (int i = 0; i < SignedRequests.NAMES.size(); i++) {
            explained(good.with(SignedRequests.NAMES.get(i), values.get(i)).head(), body);
            explained(good.adding(SignedRequests.NAMES.get(i), values.get(i)).head(), body);
        }
    }

    /** Heads that are in their form, whatever the path is, so that other forms of it are tried. */
    @Property(tries = 300)
    void anyPathIsTriedInOtherForms(
            @ForAll @AlphaChars @NumericChars @Chars({'/', '%', ';', '.', '?', '&', '~'}) @StringLength(max = 60)
                    String target,
            @ForAll byte[] body) {
        Draft good = SignedRequests.good(KEY, NOW, SignedRequests.nonce(1));
        explained(good.withTarget("/ingest/v1/" + target).head(), body);
        explained(good.withTarget("/" + target).withMethod("DELETE").head(), body);
        Explanation last = explanations.get(explanations.size() - 1);
        assertTrue(last.messageHead().isPresent() && last.possibleSigners().size() == 2, last::text);
    }

    private void explained(RequestHead head, byte[] body) {
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        int before = explanations.size();
        Rejected rejected = assertInstanceOf(Rejected.class, verifier.verify(head, body));
        assertEquals(0, verifier.explanationFailures());
        assertEquals(before + 1, explanations.size());
        Explanation explanation = explanations.get(before);
        assertEquals(rejected.reason(), explanation.reason());
        assertTrue(!explanation.likelyCauses().isEmpty(), explanation::text);
        assertTrue(explanation.text().matches("[ -~\n]+"), explanation::text);
        assertTrue(explanation.text().length() < LONGEST_TEXT, explanation::text);
    }
}
