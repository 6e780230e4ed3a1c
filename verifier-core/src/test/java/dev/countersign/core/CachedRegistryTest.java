package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Accepted;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CachedRegistryTest {
    private static final long NOW = 1_800_000_000L;
    private static final DeviceIdentity DEVICE = new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE);

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry store = new InMemoryDeviceRegistry(clock);
    private final ManualTimer timer = new ManualTimer(); // the feed never polls by itself
    private final KeyCache cache = KeyCache.builder(store).timer(timer).build();
    private final DeviceRegistry registry = cache.registry(store);
    private final CountersignVerifier verifier = CountersignVerifier.builder(cache, new ObviousNonceStore())
            .clock(clock)
            .timer(timer)
            .build();
    private int requests;

    @AfterEach
    void close() {
        verifier.close();
        cache.close();
        timer.shutdownNow();
    }

    private Verdict request(long key) {
        Draft draft = good(key, NOW, nonce(++requests));
        return verifier.verify(draft.head(), draft.body());
    }

    private static RegistryResult done(CompletionStage<RegistryResult> change) throws Exception {
        return change.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Test
    void aChangeCountsAtOnce() throws Exception {
        assertEquals(
                RegistryResult.Outcome.CREATED,
                done(registry.register(DEVICE, TestKeys.publicKey(1), DeviceStatus.ACTIVE))
                        .outcome());
        assertInstanceOf(Accepted.class, request(1));
        done(registry.as(AuditNote.by("an operator")).replace(DEVICE, TestKeys.publicKey(2)));
        assertInstanceOf(Accepted.class, request(2));
        assertEquals(
                RejectionReason.INVALID_SIGNATURE,
                assertInstanceOf(Rejected.class, request(1)).reason());
        done(registry.revoke(DEVICE));
        assertEquals(
                RejectionReason.DEVICE_REVOKED,
                assertInstanceOf(Rejected.class, request(2)).reason());
        done(registry.erase(DEVICE));
        assertEquals(
                RejectionReason.UNKNOWN_DEVICE,
                assertInstanceOf(Rejected.class, request(2)).reason());
    }

    /** Without the registry of the cache, the record at hand counts until the feed is read. */
    @Test
    void aChangePastItWaitsForTheFeed() throws Exception {
        done(registry.register(DEVICE, TestKeys.publicKey(1), DeviceStatus.ACTIVE));
        assertInstanceOf(Accepted.class, request(1));
        done(store.revoke(DEVICE));
        assertInstanceOf(Accepted.class, request(1));
    }

    @Test
    void aChangeOfUnknownOutcomeCountsAsOne() throws Exception {
        done(registry.register(DEVICE, TestKeys.publicKey(1), DeviceStatus.ACTIVE));
        assertInstanceOf(Accepted.class, request(1));
        DeviceRegistry silent = cache.registry(makesTheChangeAndFails());
        assertTrue(silent.revoke(DEVICE).toCompletableFuture().isCompletedExceptionally());
        assertEquals(
                RejectionReason.DEVICE_REVOKED,
                assertInstanceOf(Rejected.class, request(1)).reason());
    }

    private DeviceRegistry makesTheChangeAndFails() {
        return (DeviceRegistry) Proxy.newProxyInstance(
                DeviceRegistry.class.getClassLoader(),
                new Class<?>[] {DeviceRegistry.class},
                (proxy, method, arguments) -> {
                    try {
                        Object made = method.invoke(store, arguments);
                        return made instanceof CompletionStage<?>
                                ? CompletableFuture.failedFuture(new IllegalStateException("no answer"))
                                : made;
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }
}
