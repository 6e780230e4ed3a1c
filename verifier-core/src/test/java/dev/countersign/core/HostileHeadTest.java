package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

/** Every byte of the head is the attacker's: always a verdict, never INTERNAL, and never more work than it is worth. */
class HostileHeadTest {
    private static final long NOW = 1_800_000_000L;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final ScriptedKeyStore keys = new ScriptedKeyStore(registry);
    private final ObviousNonceStore nonces = new ObviousNonceStore();
    private final CountersignVerifier verifier = CountersignVerifier.builder(KeySource.uncached(keys), nonces)
            .clock(clock)
            .timer(new ManualTimer())
            .opaqueDeviceIds()
            .build();

    HostileHeadTest() {
        registry.put(DeviceRecord.active(
                new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE), TestKeys.publicKey(1), 1));
    }

    @Property(tries = 2000)
    void anyCharactersAnywhereGetAVerdict(
            @ForAll @StringLength(max = 40) String method,
            @ForAll @StringLength(max = 200) String target,
            @ForAll @Size(6) List<@StringLength(max = 150) String> values,
            @ForAll byte[] body) {
        List<Map.Entry<String, String>> lines = new ArrayList<>();
        for (int i = 0; i < SignedRequests.NAMES.size(); i++) {
            lines.add(Map.entry(SignedRequests.NAMES.get(i), values.get(i)));
        }
        rejected(RequestHead.of(method, target, lines), body);
        Draft good = SignedRequests.good(1, NOW, SignedRequests.nonce(1));
        rejected(RequestHead.of(method, target, good.headers()), body);
        for (int i = 0; i < SignedRequests.NAMES.size(); i++) {
            Draft one = good.with(SignedRequests.NAMES.get(i), values.get(i));
            rejected(one.head(), body);
        }
        assertEquals(List.of(), nonces.claims);
    }

    private void rejected(RequestHead head, byte[] body) {
        Rejected rejected = assertInstanceOf(Rejected.class, verifier.verify(head, body));
        assertTrue(rejected.reason() != RejectionReason.INTERNAL && verifier.internalFaults() == 0);
    }

    @Test
    void aHeaderOfAMegabyteEndsAtTheHead() {
        String huge = "A".repeat(1 << 20);
        Draft good = SignedRequests.good(1, NOW, SignedRequests.nonce(1));
        for (String name : SignedRequests.NAMES) {
            for (int i = 0; i < 200; i++) {
                assertEquals(
                        RejectionReason.MALFORMED_HEADER,
                        reasonAtOnce(good.with(name, huge).head()));
            }
        }
        assertEquals(0, keys.lookups.get());
    }

    @Test
    void aTargetOfAMegabyteIsAPathLikeAnother() {
        String path = "/" + "a".repeat(1 << 20);
        Draft draft = SignedRequests.signed(1, "POST", path, path, NOW, SignedRequests.nonce(1), new byte[0]);
        assertTrue(verifier.verify(draft.head(), draft.body()).isAccepted());
    }

    /** Of ten thousand values of one name two are looked at. */
    @Test
    void noMoreThanTwoValuesOfAHeaderAreLookedAt() {
        Draft good = SignedRequests.good(1, NOW, SignedRequests.nonce(1));
        for (String name : SignedRequests.NAMES) {
            int[] taken = {0};
            RequestHead head = new RequestHead() {
                @Override
                public String method() {
                    return good.method();
                }

                @Override
                public String target() {
                    return good.target();
                }

                @Override
                public List<String> headers(String asked) {
                    if (!asked.equals(name)) {
                        return good.head().headers(asked);
                    }
                    return new AbstractList<>() {
                        @Override
                        public int size() {
                            return 10_000;
                        }

                        @Override
                        public String get(int index) {
                            taken[0]++;
                            return good.header(name);
                        }
                    };
                }
            };
            assertEquals(RejectionReason.MALFORMED_HEADER, reasonAtOnce(head));
            assertTrue(taken[0] <= 2, taken[0] + " values of " + name);
        }
    }

    @Test
    void faultsComeInTheOrderOfTheProtocol() {
        // Every header absent, then empty, from the last to the first: the first fault in order is the one that is
        // told.
        Draft draft = SignedRequests.good(1, NOW - 1000, SignedRequests.nonce(1))
                .withMethod("post")
                .withTarget("*");
        assertEquals(RejectionReason.MALFORMED_TARGET, reasonAtOnce(draft.head()));
        List<String> fromTheLast = List.of(
                SignedHeaders.NONCE,
                SignedHeaders.TIMESTAMP,
                SignedHeaders.SIGNATURE,
                SignedHeaders.DEVICE_ID,
                SignedHeaders.APP_ID,
                SignedHeaders.SIG_VERSION);
        for (String name : fromTheLast) {
            draft = draft.with(name, "");
            assertEquals(RejectionReason.MALFORMED_HEADER, reasonAtOnce(draft.head()), name);
            assertEquals(
                    RejectionReason.MISSING_HEADER,
                    reasonAtOnce(draft.without(name).head()),
                    name);
        }
        Draft other = SignedRequests.good(1, NOW, SignedRequests.nonce(1)).with(SignedHeaders.SIG_VERSION, "2");
        assertEquals(
                RejectionReason.UNSUPPORTED_VERSION,
                reasonAtOnce(other.without(SignedHeaders.APP_ID).head()));
    }

    /** With a faulty head not one byte of the body is looked at. */
    @Test
    void noWorkOnTheBodyOfAFaultyHead() {
        Draft faulty = SignedRequests.good(1, NOW, SignedRequests.nonce(1)).with(SignedHeaders.NONCE, "x");
        Verification verification = verifier.begin(faulty.head(), Caller.inline());
        long before = System.nanoTime();
        ByteBuffer large = ByteBuffer.allocate(1 << 20);
        for (int i = 0; i < 1 << 20; i++) {
            large.clear();
            verification.update(large);
        }
        // 2⁴⁰ bytes: hashing them would take half an hour, so this limit guards against hanging and measures nothing.
        assertTrue(System.nanoTime() - before < 60_000_000_000L);
        assertEquals(RejectionReason.MALFORMED_HEADER, rejectionOf(verification));
    }

    private RejectionReason reasonAtOnce(RequestHead head) {
        return rejectionOf(verifier.begin(head, Caller.inline()));
    }

    private static RejectionReason rejectionOf(Verification verification) {
        return verification.rejection().orElseThrow().reason();
    }
}
