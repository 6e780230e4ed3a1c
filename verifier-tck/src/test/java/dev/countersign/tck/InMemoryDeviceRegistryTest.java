package dev.countersign.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.DeviceLifecycle;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InMemoryDeviceRegistryTest extends KeyStoreContract {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("app", "device-1");

    @Override
    protected OpenedKeyStore open(MutableClock serverTime) {
        return OpenedKeyStore.of(new InMemoryDeviceRegistry(serverTime));
    }

    @Test
    void putSetsAnyRecordUnderTheNextVersion() {
        InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        DeviceRecord wanted = DeviceRecord.of(
                DEVICE,
                DeviceStatus.REVOKED,
                List.of(
                        DeviceKey.current(TestKeys.publicKey(1)),
                        DeviceKey.current(TestKeys.publicKey(2)).retired()),
                999);
        DeviceRecord stored = registry.put(wanted);
        assertEquals(1, stored.version());
        assertEquals(DeviceStatus.REVOKED, stored.status());
        assertEquals(List.of(DeviceKey.current(TestKeys.publicKey(1))), stored.keys(), "retired keys are left out");
        assertEquals(Optional.of(stored), Race.await(registry.find(DEVICE)));
        assertEquals(
                Optional.of(KeyOwner.of(DEVICE, KeyState.RETIRED)),
                Race.await(registry.findByKey(TestKeys.publicKey(2))),
                "and remembered");
        assertEquals(2, registry.put(wanted).version());
        assertEquals(1, Race.await(registry.changesSince(0)).records().size());
    }

    @Test
    void putLeavesAKeyWithItsFirstOwner() {
        InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        DeviceIdentity other = new DeviceIdentity("app", "device-2");
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 0));
        registry.put(DeviceRecord.active(other, TestKeys.publicKey(1), 0));
        assertEquals(
                Optional.of(KeyOwner.of(DEVICE, KeyState.CURRENT)),
                Race.await(registry.findByKey(TestKeys.publicKey(1))));
    }

    @Test
    void thePeriodsCanBeChosen() {
        InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(
                clock,
                DeviceLifecycle.STANDARD
                        .withPreviousKeyGrace(Duration.ofSeconds(7))
                        .withRotationLimit(Duration.ofSeconds(70)));
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 0));
        Race.await(registry.rotate(DEVICE, TestKeys.publicKey(2), TestKeys.publicKey(1)));
        assertEquals(
                Optional.of(DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL)
                        .withNotAfter(clock.instant().plusSeconds(70))),
                Race.await(registry.find(DEVICE)).orElseThrow().key(KeyState.PROVISIONAL));
        assertTrue(Race.await(registry.confirm(DEVICE, TestKeys.publicKey(2), clock.instant())));
        assertEquals(
                Optional.of(DeviceKey.of(TestKeys.publicKey(1), KeyState.PREVIOUS)
                        .withNotAfter(clock.instant().plusSeconds(7))),
                Race.await(registry.find(DEVICE)).orElseThrow().key(KeyState.PREVIOUS));
    }

    @Test
    void everyStageIsCompleteWhenItIsReturned() {
        InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        assertTrue(registry.register(DEVICE, TestKeys.publicKey(1), DeviceStatus.ACTIVE)
                .toCompletableFuture()
                .isDone());
        assertTrue(registry.find(DEVICE).toCompletableFuture().isDone());
        assertTrue(registry.changesSince(0).toCompletableFuture().isDone());
    }

    @Test
    void itStaysReadableWhenClosed() {
        InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 0));
        registry.close();
        assertTrue(Race.await(registry.find(DEVICE)).isPresent());
    }
}
