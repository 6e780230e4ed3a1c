package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.NOW;
import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.DeviceLifecycle;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.testkit.MutableClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JdbcKeyStoreTest {
    private final JdbcDataSource database = Fixtures.memory();
    private final MutableClock clock = new MutableClock(Fixtures.NOW);
    private final JdbcKeyStore store = Fixtures.inline(database, clock);

    @AfterEach
    void dropDatabase() throws Exception {
        store.close();
        Fixtures.execute(database, "SHUTDOWN");
    }

    @Test
    void aRegisteredDeviceIsFound() {
        assertTrue(await(store.keys().find(PHONE)).isEmpty());
        RegistryResult created = await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
        assertEquals(Outcome.CREATED, created.outcome());
        assertEquals(DeviceRecord.active(PHONE, key(1), 1), created.record().orElseThrow());
        assertEquals(
                Optional.of(DeviceRecord.active(PHONE, key(1), 1)),
                await(store.keys().find(PHONE)));
        assertEquals(
                Outcome.UNCHANGED,
                await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                        .outcome());
        assertEquals(
                Outcome.DEVICE_EXISTS,
                await(store.registry().register(PHONE, key(2), DeviceStatus.ACTIVE))
                        .outcome());
        RegistryResult taken = await(store.registry().register(TABLET, key(1), DeviceStatus.ACTIVE));
        assertEquals(Outcome.KEY_IN_USE, taken.outcome());
        assertEquals(Optional.empty(), taken.record());
        assertEquals(
                Optional.of(KeyOwner.of(PHONE, KeyState.CURRENT)),
                await(store.registry().findByKey(key(1))));
        assertEquals(Optional.empty(), await(store.registry().findByKey(key(2))));
        assertEquals(1, await(store.keys().find(PHONE)).orElseThrow().version(), "what changed nothing has no version");
    }

    @Test
    void aWholeLifeLeavesItsTrace() throws Exception {
        assertEquals(
                Outcome.CREATED,
                await(store.registry().register(PHONE, key(1), DeviceStatus.PENDING))
                        .outcome());
        assertEquals(Outcome.CHANGED, await(store.registry().activate(PHONE)).outcome());
        assertEquals(
                Outcome.CHANGED,
                await(store.registry().rotate(PHONE, key(2), key(1))).outcome());
        assertEquals(
                List.of(
                        DeviceKey.current(key(1)),
                        DeviceKey.of(key(2), KeyState.PROVISIONAL).withNotAfter(NOW.plusSeconds(86_400))),
                sorted(await(store.keys().find(PHONE)).orElseThrow()));
        assertTrue(await(store.keys().confirm(PHONE, key(2), NOW.plusSeconds(7))));
        assertFalse(await(store.keys().confirm(PHONE, key(2), NOW.plusSeconds(8))));
        assertEquals(
                List.of(
                        DeviceKey.current(key(2)),
                        DeviceKey.of(key(1), KeyState.PREVIOUS).withNotAfter(NOW.plusSeconds(307))),
                sorted(await(store.keys().find(PHONE)).orElseThrow()));
        clock.set(NOW.plusSeconds(10));
        assertEquals(Outcome.CHANGED, await(store.registry().invalidate(PHONE)).outcome());
        assertEquals(
                Outcome.CHANGED,
                await(store.registry().rotate(PHONE, key(3), key(2))).outcome());
        assertEquals(
                Outcome.CHANGED,
                await(store.registry().rotate(PHONE, key(4), key(2))).outcome());
        assertTrue(await(store.keys().confirm(PHONE, key(4), NOW.plusSeconds(11))));
        assertEquals(
                Outcome.CHANGED, await(store.registry().replace(PHONE, key(5))).outcome());
        assertEquals(Outcome.CHANGED, await(store.registry().revoke(PHONE)).outcome());
        assertEquals(
                Outcome.KEY_USED_BEFORE,
                await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                        .outcome());
        RegistryResult reinstated = await(store.registry().register(PHONE, key(6), DeviceStatus.ACTIVE));
        assertEquals(Outcome.REINSTATED, reinstated.outcome());
        assertEquals(DeviceRecord.active(PHONE, key(6), 11), reinstated.record().orElseThrow());
        for (int retired = 1; retired <= 5; retired++) {
            assertEquals(
                    Optional.of(KeyOwner.of(PHONE, KeyState.RETIRED)),
                    await(store.registry().findByKey(key(retired))));
        }
        assertEquals(
                List.of(
                        "register",
                        "activate",
                        "rotate",
                        "confirm",
                        "invalidate",
                        "rotate",
                        "rotate",
                        "confirm",
                        "replace",
                        "revoke",
                        "reinstate"),
                rows(database, "SELECT action FROM countersign_audit ORDER BY version").stream()
                        .map(row -> row.get(0))
                        .toList());
    }

    @Test
    void aResultsRecordIsTheOneThatIsFoundAfterwards() {
        List<RegistryResult> results = new ArrayList<>();
        clock.set(NOW.plusNanos(123_456_789));
        results.add(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE)));
        assertEquals(results.get(0).record(), await(store.keys().find(PHONE)));
        RegistryResult rotated = await(store.registry().rotate(PHONE, key(2), key(1)));
        assertEquals(rotated.record(), await(store.keys().find(PHONE)));
        assertEquals(
                Optional.of(NOW.plusSeconds(86_400).plusMillis(123)),
                await(store.keys().find(PHONE))
                        .orElseThrow()
                        .key(KeyState.PROVISIONAL)
                        .flatMap(DeviceKey::notAfter));
        RegistryResult replaced = await(store.registry().replace(PHONE, key(3)));
        assertEquals(replaced.record(), await(store.keys().find(PHONE)));
    }

    @Test
    void ofWhatIsNotThereNothingCanChange() {
        assertEquals(
                Outcome.UNKNOWN_DEVICE, await(store.registry().activate(PHONE)).outcome());
        assertEquals(
                Outcome.UNKNOWN_DEVICE,
                await(store.registry().rotate(PHONE, key(2), key(1))).outcome());
        assertEquals(
                Outcome.UNKNOWN_DEVICE,
                await(store.registry().replace(PHONE, key(2))).outcome());
        assertEquals(
                Outcome.UNKNOWN_DEVICE,
                await(store.registry().invalidate(PHONE)).outcome());
        assertEquals(
                Outcome.UNKNOWN_DEVICE, await(store.registry().revoke(PHONE)).outcome());
        assertFalse(await(store.keys().confirm(PHONE, key(1), NOW)));
    }

    @Test
    void idsCompareInBinary() {
        DeviceIdentity lower = new DeviceIdentity("com.acme.app", "device-1");
        DeviceIdentity upper = new DeviceIdentity("com.Acme.app", "device-1");
        DeviceIdentity upperDevice = new DeviceIdentity("com.acme.app", "Device-1");
        DeviceIdentity longest = new DeviceIdentity("~".repeat(128), "!".repeat(128));
        List<DeviceIdentity> all = List.of(lower, upper, upperDevice, longest);
        for (int i = 0; i < all.size(); i++) {
            assertTrue(await(store.keys().find(all.get(i))).isEmpty());
            assertEquals(
                    Outcome.CREATED,
                    await(store.registry().register(all.get(i), key(i), DeviceStatus.ACTIVE))
                            .outcome());
        }
        for (int i = 0; i < all.size(); i++) {
            assertEquals(
                    DeviceRecord.active(all.get(i), key(i), i + 1),
                    await(store.keys().find(all.get(i))).orElseThrow());
        }
        // A UUID is one device in either case: the identity is canonical before it comes here.
        DeviceIdentity swift =
                new DeviceIdentity("com.acme.app", PHONE.deviceId().toUpperCase(Locale.ROOT));
        assertEquals(
                Outcome.CREATED,
                await(store.registry().register(PHONE, key(10), DeviceStatus.ACTIVE))
                        .outcome());
        assertEquals(PHONE, await(store.keys().find(swift)).orElseThrow().identity());
    }

    @Test
    void theAuditTellsWhenWhatWhoAndNoKey() throws Exception {
        JdbcKeyStore signed = JdbcKeyStore.builder(database)
                .executor(Runnable::run)
                .clock(clock)
                .actor("enrolment service")
                .build();
        assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                .isChange());
        clock.set(NOW.plusMillis(1500));
        assertTrue(await(signed.registry().rotate(PHONE, key(2), key(1))).isChange());
        assertFalse(await(signed.registry().rotate(PHONE, key(2), key(1))).isChange());
        String app = HexFormat.of().formatHex(PHONE.appId().getBytes(StandardCharsets.US_ASCII));
        String device = HexFormat.of().formatHex(PHONE.deviceId().getBytes(StandardCharsets.US_ASCII));
        assertEquals(
                List.of(
                        List.of("1", String.valueOf(NOW.toEpochMilli()), "register", app, device, "unknown"),
                        List.of(
                                "2",
                                String.valueOf(NOW.toEpochMilli() + 1500),
                                "rotate",
                                app,
                                device,
                                "enrolment service")),
                rows(
                        database,
                        "SELECT version, at_ms, action, RAWTOHEX(app_id), RAWTOHEX(device_id), actor"
                                + " FROM countersign_audit ORDER BY version"));
        String everything = rows(database, "SELECT * FROM countersign_audit").toString();
        for (int i = 1; i <= 2; i++) {
            String point = HexFormat.of().formatHex(key(i).toPoint());
            assertFalse(everything.contains(point.substring(2, 18)));
            assertFalse(everything.contains(
                    HexFormat.of().formatHex(key(i).fingerprint()).substring(0, 16)));
        }
    }

    @Test
    void theFeedComesInPages() {
        JdbcKeyStore paged = JdbcKeyStore.builder(database)
                .executor(Runnable::run)
                .changesPerPage(3)
                .build();
        assertEquals(DeviceChanges.of(List.of(), 0), await(paged.keys().changesSince(0)));
        for (int i = 1; i <= 7; i++) {
            assertTrue(await(store.registry().register(device(i), key(i), DeviceStatus.ACTIVE))
                    .isChange());
        }
        assertTrue(await(store.registry().rotate(device(2), key(20), key(2))).isChange());
        assertTrue(await(store.registry().revoke(device(4))).isChange());
        List<Integer> sizes = new ArrayList<>();
        List<DeviceRecord> seen = new ArrayList<>();
        long cursor = 0;
        for (int page = 0; page < 10; page++) {
            DeviceChanges changes = await(paged.keys().changesSince(cursor));
            sizes.add(changes.records().size());
            seen.addAll(changes.records());
            if (changes.records().isEmpty()) {
                assertEquals(cursor, changes.cursor());
                break;
            }
            assertEquals(changes.records().get(changes.records().size() - 1).version(), changes.cursor());
            cursor = changes.cursor();
        }
        assertEquals(List.of(3, 3, 1, 0), sizes, "two live keys of a device are one record");
        assertEquals(
                List.of(1L, 3L, 5L, 6L, 7L, 8L, 9L),
                seen.stream().map(DeviceRecord::version).toList());
        for (DeviceRecord record : seen) {
            assertEquals(Optional.of(record), await(store.keys().find(record.identity())));
        }
        assertEquals(DeviceChanges.of(List.of(), 1_000_000), await(paged.keys().changesSince(1_000_000)));
        assertThrows(IllegalArgumentException.class, () -> paged.keys().changesSince(-1));
    }

    @Test
    void aProvisionalKeyWhoseDayIsOverIsRetired() {
        assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                .isChange());
        assertTrue(await(store.registry().rotate(PHONE, key(2), key(1))).isChange());
        clock.set(NOW.plusSeconds(86_400));
        assertEquals(
                Optional.of(KeyOwner.of(PHONE, KeyState.PROVISIONAL)),
                await(store.registry().findByKey(key(2))));
        assertEquals(
                Outcome.DEVICE_EXISTS,
                await(store.registry().register(PHONE, key(2), DeviceStatus.ACTIVE))
                        .outcome());
        clock.set(NOW.plusSeconds(86_401));
        assertEquals(
                Optional.of(KeyOwner.of(PHONE, KeyState.RETIRED)),
                await(store.registry().findByKey(key(2))));
        assertEquals(
                Outcome.KEY_USED_BEFORE,
                await(store.registry().register(PHONE, key(2), DeviceStatus.ACTIVE))
                        .outcome());
    }

    @Test
    void theLifecycleThatIsSetDecides() {
        JdbcKeyStore quick = JdbcKeyStore.builder(database)
                .executor(Runnable::run)
                .clock(clock)
                .lifecycle(DeviceLifecycle.STANDARD
                        .withPreviousKeyGrace(Duration.ofSeconds(1))
                        .withRotationLimit(Duration.ofSeconds(2)))
                .build();
        assertTrue(await(quick.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                .isChange());
        RegistryResult rotated = await(quick.registry().rotate(PHONE, key(2), key(1)));
        assertEquals(
                Optional.of(NOW.plusSeconds(2)),
                rotated.record()
                        .flatMap(record -> record.key(KeyState.PROVISIONAL))
                        .flatMap(DeviceKey::notAfter));
    }

    @Test
    void aPointIsStoredAsItIs() throws Exception {
        assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                .isChange());
        assertEquals(
                List.of(List.of(HexFormat.of().formatHex(key(1).toPoint()), "CURRENT", "1", "null")),
                rows(database, "SELECT RAWTOHEX(public_key), state, slot, not_after_ms FROM countersign_key"));
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        JdbcKeyStore.Builder builder = JdbcKeyStore.builder(database);
        assertThrows(IllegalArgumentException.class, () -> builder.actor(""));
        assertThrows(IllegalArgumentException.class, () -> builder.actor("a".repeat(129)));
        assertThrows(IllegalArgumentException.class, () -> builder.actor("a\nb"));
        assertThrows(IllegalArgumentException.class, () -> builder.actor("Zoë"));
        assertThrows(IllegalArgumentException.class, () -> builder.threads(2));
        assertThrows(IllegalArgumentException.class, () -> builder.threads(1025));
        assertThrows(IllegalArgumentException.class, () -> builder.connections(2));
        assertThrows(IllegalArgumentException.class, () -> builder.connections(1025));
        assertThrows(IllegalArgumentException.class, () -> builder.queueLength(0));
        assertThrows(IllegalArgumentException.class, () -> builder.queueLength(1_000_001));
        assertThrows(IllegalArgumentException.class, () -> builder.changesPerPage(0));
        assertThrows(IllegalArgumentException.class, () -> builder.changesPerPage(10_001));
        builder.threads(3).executor(Runnable::run);
        IllegalStateException both = assertThrows(IllegalStateException.class, builder::build);
        assertTrue(Fixtures.message(both).contains("leave them out"), Fixtures.message(both));
        assertThrows(
                IllegalArgumentException.class, () -> store.registry().register(PHONE, key(1), DeviceStatus.REVOKED));
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose
    void nullsAreRefusedAtOnce() {
        assertThrows(NullPointerException.class, () -> JdbcKeyStore.builder(null));
        assertThrows(NullPointerException.class, () -> JdbcSchema.createIfMissing(null));
        assertThrows(NullPointerException.class, () -> store.keys().find(null));
        assertThrows(NullPointerException.class, () -> store.registry().findByKey(null));
        assertThrows(NullPointerException.class, () -> store.keys().confirm(PHONE, key(1), null));
        assertThrows(NullPointerException.class, () -> store.keys().confirm(PHONE, null, NOW));
        assertThrows(NullPointerException.class, () -> store.registry().register(null, key(1), DeviceStatus.ACTIVE));
        assertThrows(NullPointerException.class, () -> store.registry().register(PHONE, null, DeviceStatus.ACTIVE));
        assertThrows(NullPointerException.class, () -> store.registry().register(PHONE, key(1), null));
        assertThrows(NullPointerException.class, () -> store.registry().rotate(PHONE, null, key(1)));
        assertThrows(NullPointerException.class, () -> store.registry().rotate(PHONE, key(1), null));
        assertThrows(NullPointerException.class, () -> store.registry().replace(PHONE, null));
        assertThrows(NullPointerException.class, () -> store.registry().activate(null));
        assertThrows(NullPointerException.class, () -> store.registry().invalidate(null));
        assertThrows(NullPointerException.class, () -> store.registry().revoke(null));
    }

    @Test
    void aTimeBeyondMillisecondsIsAFailureAndNoChange() {
        assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                .isChange());
        DeviceRecord before = await(store.keys().find(PHONE)).orElseThrow();
        clock.set(Instant.MAX.minusSeconds(1_000_000));
        assertEquals(
                "invalidate failed: ArithmeticException",
                Fixtures.message(Fixtures.failure(store.registry().invalidate(PHONE))));
        assertEquals(Optional.of(before), await(store.keys().find(PHONE)));
    }

    private static List<DeviceKey> sorted(DeviceRecord record) {
        return record.keys().stream()
                .sorted(Comparator.comparing(DeviceKey::state))
                .toList();
    }
}
