package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryResult.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Who asked for a change and why, in the audit; and what is left of that when a device is erased. */
class AuditNotesTest {
    private static final AuditNote ALICE = AuditNote.by("alice").because("ticket 4711: it's \u201clost\u201d");
    private static final AuditNote JUERGEN = AuditNote.by("J\u00fcrgen \ud83d\udcf1");

    @Nested
    class OnH2 extends Cases {
        OnH2() {
            super(Vendor.H2);
        }
    }

    @Nested
    class OnPostgreSql extends Cases {
        OnPostgreSql() {
            super(Vendor.POSTGRESQL);
        }
    }

    @Nested
    class OnMariaDb extends Cases {
        OnMariaDb() {
            super(Vendor.MARIADB);
        }
    }

    @Nested
    class WithMySqlsDriver extends Cases {
        WithMySqlsDriver() {
            super(Vendor.MYSQL);
        }
    }

    abstract static class Cases extends OnFreshDatabase {
        private final JdbcKeyStore store;
        private final DeviceRegistry registry;

        Cases(Vendor vendor) {
            super(vendor);
            this.store = Fixtures.inline(data);
            this.registry = store.registry();
        }

        /** Version, action, who and why of each row, as text; "null" for nothing. */
        private List<List<String>> audit() throws Exception {
            List<List<String>> audit = new ArrayList<>();
            for (List<String> row : rows(
                    data,
                    "SELECT a.version, a.action, " + database.hex("n.by_whom") + ", " + database.hex("n.reason")
                            + " FROM countersign_audit a LEFT JOIN countersign_audit_note n ON n.version = a.version"
                            + " ORDER BY a.version")) {
                audit.add(List.of(row.get(0), row.get(1), text(row.get(2)), text(row.get(3))));
            }
            return audit;
        }

        private static String text(String hex) {
            return hex.equals("null")
                    ? hex
                    : new String(HexFormat.of().parseHex(hex.toLowerCase(Locale.ROOT)), StandardCharsets.UTF_8);
        }

        @Test
        void eachChangeHasTheNoteUnderWhichItWasMade() throws Exception {
            DeviceRegistry alice = registry.as(ALICE);
            assertTrue(await(registry.register(PHONE, key(1), DeviceStatus.PENDING))
                    .isChange());
            assertTrue(await(alice.activate(PHONE)).isChange());
            assertTrue(await(alice.as(JUERGEN).rotate(PHONE, key(2), key(1))).isChange());
            assertTrue(await(store.keys().confirm(PHONE, key(2), Fixtures.NOW)));
            assertTrue(await(alice.replace(PHONE, key(3))).isChange());
            assertTrue(await(alice.invalidate(PHONE)).isChange());
            assertTrue(await(registry.revoke(PHONE)).isChange());
            assertTrue(await(alice.register(PHONE, key(4), DeviceStatus.ACTIVE)).isChange());
            String reason = ALICE.reason().orElseThrow();
            assertEquals(
                    List.of(
                            List.of("1", "register", "null", "null"),
                            List.of("2", "activate", "alice", reason),
                            List.of("3", "rotate", JUERGEN.by(), "null"),
                            List.of("4", "confirm", "null", "null"),
                            List.of("5", "replace", "alice", reason),
                            List.of("6", "invalidate", "alice", reason),
                            List.of("7", "revoke", "null", "null"),
                            List.of("8", "reinstate", "alice", reason)),
                    audit());
        }

        @Test
        void whatChangesNothingIsNotNoted() throws Exception {
            DeviceRegistry alice = registry.as(ALICE);
            assertTrue(
                    await(registry.register(PHONE, key(1), DeviceStatus.ACTIVE)).isChange());
            assertEquals(
                    Outcome.UNCHANGED,
                    await(alice.register(PHONE, key(1), DeviceStatus.ACTIVE)).outcome());
            assertEquals(Outcome.UNKNOWN_DEVICE, await(alice.revoke(TABLET)).outcome());
            assertEquals(Outcome.UNCHANGED, await(alice.erase(TABLET)).outcome());
            assertEquals(List.of(), rows(data, "SELECT version FROM countersign_audit_note"));
        }

        @Test
        void theLongestTextsFit() throws Exception {
            AuditNote longest = AuditNote.by("\ud83d\udcf1".repeat(AuditNote.MAX_BY))
                    .because("\ud83d\udcf1".repeat(AuditNote.MAX_REASON));
            assertTrue(await(registry.as(longest).register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            assertEquals(
                    List.of(List.of(
                            "1", "register", longest.by(), longest.reason().orElseThrow())),
                    audit());
        }

        @Test
        void aFleetIsImportedUnderANote() throws Exception {
            List<DeviceRecord> fleet = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                fleet.add(DeviceRecord.active(device(i), key(i), 0));
            }
            FleetImport.Result result =
                    FleetImport.into(store).as(ALICE).batchSize(3).run(fleet.iterator());
            assertEquals(5, result.imported());
            List<List<String>> expected = new ArrayList<>();
            for (int version = 1; version <= 5; version++) {
                expected.add(List.of(
                        Integer.toString(version),
                        "import",
                        "alice",
                        ALICE.reason().orElseThrow()));
            }
            assertEquals(expected, audit());
        }

        @Test
        void anErasureDropsTheNotesOfTheDeviceAndKeepsItsOwn() throws Exception {
            AuditNote request = AuditNote.by("bob").because("request 12 of a user");
            assertTrue(await(registry.as(ALICE).register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(registry.as(ALICE).register(TABLET, key(2), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(registry.as(JUERGEN).revoke(PHONE)).isChange());
            erase(request, PHONE);
            List<List<String>> once = List.of(
                    List.of("1", "register", "null", "null"),
                    List.of("2", "register", "alice", ALICE.reason().orElseThrow()),
                    List.of("3", "revoke", "null", "null"),
                    List.of("4", "erase", "bob", "request 12 of a user"));
            assertEquals(once, audit());
            assertEquals(
                    List.of(List.of("2"), List.of("4")),
                    rows(data, "SELECT version FROM countersign_audit_note ORDER BY version"));

            // Registered anew and erased again: the first erasure keeps its note, too.
            assertTrue(await(registry.as(ALICE).register(PHONE, key(3), DeviceStatus.ACTIVE))
                    .isChange());
            erase(JUERGEN, PHONE);
            List<List<String>> twice = new ArrayList<>(once);
            twice.add(List.of("5", "register", "null", "null"));
            twice.add(List.of("6", "erase", JUERGEN.by(), "null"));
            assertEquals(twice, audit());
        }

        private void erase(AuditNote note, DeviceIdentity device) {
            assertEquals(
                    RegistryResult.of(Outcome.ERASED), await(registry.as(note).erase(device)));
        }

        @Test
        void theNoteOfAnErasureDoesNotNameTheDevice() throws Exception {
            assertTrue(
                    await(registry.register(PHONE, key(1), DeviceStatus.ACTIVE)).isChange());
            DeviceRegistry naming = registry.as(AuditNote.by("bob").because("erase " + PHONE.deviceId()));
            assertEquals(
                    "the note of an erasure stays when the device is gone, and must not have its device id in it",
                    Fixtures.message(assertThrows(IllegalArgumentException.class, () -> naming.erase(PHONE))));
            assertThrows(IllegalArgumentException.class, () -> naming.blocking().erase(PHONE));
            assertTrue(await(store.keys().find(PHONE)).isPresent());
            assertTrue(await(naming.revoke(PHONE)).isChange(), "other notes go with the device");
        }

        /** The query that the documentation gives to operators. */
        @Test
        void anOperatorReadsTheAuditOfADevice() throws Exception {
            assertTrue(
                    await(registry.register(PHONE, key(1), DeviceStatus.ACTIVE)).isChange());
            assertTrue(await(registry.as(ALICE).register(TABLET, key(2), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(registry.as(ALICE).revoke(PHONE)).isChange());
            String ids =
                    switch (vendor) {
                        case H2 -> "a.app_id = STRINGTOUTF8('%s') AND a.device_id = STRINGTOUTF8('%s')";
                        case POSTGRESQL ->
                            "a.app_id = convert_to('%s', 'UTF8') AND a.device_id = convert_to('%s', 'UTF8')";
                        case MARIADB, MYSQL -> "a.app_id = '%s' AND a.device_id = '%s'";
                    };
            String text =
                    switch (vendor) {
                        case H2 -> "UTF8TOSTRING(%s)";
                        case POSTGRESQL -> "convert_from(%s, 'UTF8')";
                        case MARIADB, MYSQL -> "CONVERT(%s USING utf8mb4)";
                    };
            String query = "SELECT a.version, a.at_ms, a.action, a.actor, " + String.format(text, "n.by_whom")
                    + " AS by_whom, " + String.format(text, "n.reason") + " AS reason"
                    + " FROM countersign_audit a LEFT JOIN countersign_audit_note n ON n.version = a.version"
                    + " WHERE " + String.format(ids, PHONE.appId(), PHONE.deviceId()) + " ORDER BY a.version";
            String at = Long.toString(Fixtures.NOW.toEpochMilli());
            assertEquals(
                    List.of(
                            List.of("1", at, "register", "unknown", "null", "null"),
                            List.of(
                                    "3",
                                    at,
                                    "revoke",
                                    "unknown",
                                    "alice",
                                    ALICE.reason().orElseThrow())),
                    rows(data, query));
        }
    }
}
