package dev.countersign.tck;

import static dev.countersign.tck.Race.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.BlockingDeviceRegistry;
import dev.countersign.api.registry.DeviceListing;
import dev.countersign.api.registry.DevicePage;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every registry must do for administration: finding, listing, changes under a note, and calls that wait. What
 * becomes of devices and keys is in {@link KeyStoreContract}, which has all of this, too.
 */
public abstract class DeviceRegistryContract {
    static final int WRITERS = 3;
    static final String APP = "com.example.app";
    static final DeviceIdentity PHONE = new DeviceIdentity(APP, "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    static final DeviceIdentity TABLET = new DeviceIdentity(APP, "11111111-2222-4333-8444-555555555555");
    static final DevicePublicKey KEY_1 = TestKeys.publicKey(1);
    static final DevicePublicKey KEY_2 = TestKeys.publicKey(2);
    static final DevicePublicKey KEY_3 = TestKeys.publicKey(3);
    static final DevicePublicKey KEY_4 = TestKeys.publicKey(4);

    private static final AuditNote NOTE = AuditNote.by("J\u00fcrgen, support").because("ticket 4711: \u201clost\u201d");

    /** Server time: the second in which each test starts, until it steps on. */
    protected final MutableClock clock = MutableClock.atSecond(1_800_000_000L);

    private OpenedKeyStore opened;

    /** For subclasses; the store comes from {@link #open}. */
    @SuppressWarnings("NullAway.Init") // JUnit calls openStore before any test
    protected DeviceRegistryContract() {}

    /**
     * A fresh store without any device.
     *
     * @param serverTime to be used for everything that ends
     */
    protected abstract OpenedKeyStore open(MutableClock serverTime) throws Exception;

    /** How often a test with concurrent calls starts anew. */
    protected int rounds() {
        return 25;
    }

    @BeforeEach
    public final void openStore() throws Exception {
        opened = open(clock);
    }

    @AfterEach
    public final void closeStore() throws Exception {
        closeOwner();
    }

    final void closeOwner() throws Exception {
        opened.owner().close();
    }

    final PublicKeyStore keys() {
        return opened.keys();
    }

    final DeviceRegistry registry() {
        return opened.registry();
    }

    // The registry finds.

    @Test
    public void theRegistryFindsWhatAVerifierFinds() {
        assertEquals(Optional.empty(), await(registry().find(PHONE)));
        register(PHONE, KEY_1);
        expect(Outcome.CHANGED, registry().rotate(PHONE, KEY_2, KEY_1));
        expect(Outcome.CHANGED, registry().rotate(PHONE, KEY_3, KEY_1)); // KEY_2 is retired
        assertEquals(await(keys().find(PHONE)), await(registry().find(PHONE)));
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        DeviceRecord record = await(registry().find(PHONE)).orElseThrow();
        assertEquals(DeviceStatus.REVOKED, record.status());
        assertEquals(2, record.keys().size(), "no retired key");
        erase(PHONE);
        assertEquals(Optional.empty(), await(registry().find(PHONE)));
    }

    // Listing.

    @Test
    public void anAppWithoutDevicesIsOneEmptyPage() {
        registerAll(List.of(new DeviceIdentity("com.example.other", "device-1")));
        DevicePage page = await(registry().list(DeviceListing.ofApp(APP)));
        assertEquals(List.of(), page.devices());
        assertEquals(Optional.empty(), page.next());
    }

    @Test
    public void aListHasEveryDeviceOfTheAppAsFindShowsIt() {
        register(PHONE, KEY_1);
        expect(Outcome.CHANGED, registry().rotate(PHONE, KEY_2, KEY_1));
        expect(Outcome.CHANGED, registry().rotate(PHONE, KEY_3, KEY_1));
        expect(Outcome.CREATED, registry().register(TABLET, KEY_4, DeviceStatus.PENDING));
        register(device(1), TestKeys.publicKey(11));
        expect(Outcome.CHANGED, registry().revoke(device(1)));
        register(device(2), TestKeys.publicKey(12));
        erase(device(2));
        List<DeviceRecord> expected = new ArrayList<>();
        for (DeviceIdentity device : List.of(device(1), TABLET, PHONE)) {
            expected.add(found(device));
        }
        expected.sort(Comparator.comparing(record -> record.identity().deviceId()));
        assertEquals(expected, listed(DeviceListing.ofApp(APP)));
    }

    @Test
    public void aListIsOfOneAppAlone() {
        List<DeviceIdentity> others = List.of(
                new DeviceIdentity("com.Example.app", "device-1"),
                new DeviceIdentity("com.example.ap", "pdevice-1"),
                new DeviceIdentity("com.example.app.", "device-1"),
                new DeviceIdentity("com.example.app2", "device-1"));
        registerAll(others);
        DeviceIdentity own = new DeviceIdentity(APP, "device-1");
        register(own, KEY_1);
        assertEquals(List.of(own), identities(listed(DeviceListing.ofApp(APP))));
        for (DeviceIdentity other : others) {
            assertEquals(List.of(other), identities(listed(DeviceListing.ofApp(other.appId()))));
        }
    }

    /** By bytes, as no collation of a language orders them. */
    @Test
    public void theOrderIsThatOfTheIdsBytes() {
        List<DeviceIdentity> devices = new ArrayList<>();
        for (String id : List.of(
                "a",
                "A",
                "aa",
                "Aa",
                "aA",
                "AA",
                "b",
                "B",
                "-",
                "_",
                "~",
                "!",
                "0",
                "9",
                "a-1",
                "a_1",
                "a.1",
                "z",
                "Z",
                "a-10",
                "a-2",
                "'",
                "%",
                "\\",
                "x".repeat(128),
                "x".repeat(127))) {
            devices.add(new DeviceIdentity(APP, id));
        }
        registerAll(devices);
        devices.sort(Comparator.comparing(DeviceIdentity::deviceId));
        for (int size : List.of(1, 2, 5, devices.size() - 1, devices.size(), devices.size() + 1, 1000)) {
            assertEquals(devices, identities(listed(DeviceListing.ofApp(APP).size(size))), "in pages of " + size);
        }
    }

    @Test
    public void aPageHasAtMostItsSizeAndAFullOneIsFollowedByTheRest() {
        for (int i = 0; i < 5; i++) {
            register(device(i), TestKeys.publicKey(20 + i));
        }
        DeviceListing first = DeviceListing.ofApp(APP).size(2);
        DevicePage page = await(registry().list(first));
        assertEquals(List.of(device(0), device(1)), identities(page.devices()));
        assertEquals(Optional.of(first.after(device(1))), page.next());
        page = await(registry().list(page.next().orElseThrow()));
        assertEquals(List.of(device(2), device(3)), identities(page.devices()));
        page = await(registry().list(page.next().orElseThrow()));
        assertEquals(List.of(device(4)), identities(page.devices()));
        assertEquals(Optional.empty(), page.next());
    }

    /** What lies before the position changes nothing about what comes after it. */
    @Test
    public void betweenTwoPagesDevicesComeChangeAndGo() {
        for (int i = 10; i < 20; i++) {
            register(device(i), TestKeys.publicKey(20 + i));
        }
        DevicePage page = await(registry().list(DeviceListing.ofApp(APP).size(4)));
        assertEquals(List.of(device(10), device(11), device(12), device(13)), identities(page.devices()));

        erase(device(11));
        erase(device(13)); // the position itself
        erase(device(15));
        register(device(1), TestKeys.publicKey(51)); // before the position
        register(device(2), TestKeys.publicKey(52));
        register(device(25), TestKeys.publicKey(53));
        expect(Outcome.CHANGED, registry().revoke(device(16)));
        List<DeviceRecord> rest = listed(page.next().orElseThrow());
        List<DeviceIdentity> expected = new ArrayList<>();
        for (int i : List.of(14, 16, 17, 18, 19, 25)) {
            expected.add(device(i));
        }
        assertEquals(expected, identities(rest));
        assertEquals(DeviceStatus.REVOKED, rest.get(1).status(), "as it is now");
    }

    @Test
    public void aListingGoesOnAfterAnyIdentity() {
        register(device(10), KEY_1);
        register(device(20), KEY_2);
        DeviceListing listing = DeviceListing.ofApp(APP);
        assertEquals(List.of(device(20)), identities(listed(listing.after(device(15)))));
        assertEquals(List.of(device(20)), identities(listed(listing.after(device(10)))));
        assertEquals(List.of(), identities(listed(listing.after(device(20)))));
        assertEquals(List.of(device(10), device(20)), identities(listed(listing.after(device(5)))));
    }

    /**
     * Devices that stay are changed all the time, and others around them come and go, while all are listed in small
     * pages. Each listing has every device that stays, once, and each record is one that the device had: keys, status
     * and version of one moment.
     */
    @Test
    public void aListBesideWritersMissesNothingAndRepeatsNothing() {
        int staying = 12;
        Set<DeviceRecord> had = ConcurrentHashMap.newKeySet();
        Set<DeviceIdentity> stay = new HashSet<>();
        for (int i = 0; i < staying; i++) {
            DeviceIdentity device = device(10 * i + 5);
            stay.add(device);
            remember(had, registry().register(device, TestKeys.publicKey(1000 + i), DeviceStatus.ACTIVE));
        }
        AtomicInteger writing = new AtomicInteger(WRITERS);
        Set<DeviceRecord> seen = new HashSet<>();
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            int writer = w;
            calls.add(() -> {
                try {
                    for (int round = 0; round < rounds(); round++) {
                        writeAround(writer, round, staying, had);
                    }
                    return true;
                } finally {
                    writing.decrementAndGet();
                }
            });
        }
        calls.add(() -> {
            int listings = 0;
            do {
                seen.addAll(assertListing(listed(DeviceListing.ofApp(APP).size(3)), stay));
                listings++;
            } while (writing.get() > 0 && listings < 100_000);
            return true;
        });
        try (Race race = new Race()) {
            assertFalse(race.run(calls).contains(false));
        }
        for (DeviceRecord record : assertListing(listed(DeviceListing.ofApp(APP).size(3)), stay)) {
            assertEquals(found(record.identity()), record);
        }
        // Only now, for a list may show a change before it is answered.
        for (DeviceRecord record : seen) {
            assertTrue(had.contains(record), () -> "a record of one moment: " + record);
        }
    }

    /** A device that stays, changed twice, and one beside it that comes and goes. */
    private void writeAround(int writer, int round, int staying, Set<DeviceRecord> had) {
        int number = 10_000 + 1_000 * writer + 10 * round;
        DeviceIdentity stays = device(10 * (writer + WRITERS * (round % (staying / WRITERS))) + 5);
        remember(had, registry().replace(stays, TestKeys.publicKey(number)));
        DeviceIdentity passes = device(10 * (round % staying) + writer);
        remember(had, registry().register(passes, TestKeys.publicKey(number + 1), DeviceStatus.ACTIVE));
        remember(had, registry().invalidate(stays));
        erase(passes);
    }

    /** What a change made of a device. */
    private static void remember(Set<DeviceRecord> had, CompletionStage<RegistryResult> stage) {
        RegistryResult result = await(stage);
        assertTrue(result.isChange(), () -> "nothing changed: " + result.outcome());
        had.add(result.record().orElseThrow(() -> new AssertionError("no record")));
    }

    private static List<DeviceRecord> assertListing(List<DeviceRecord> listed, Set<DeviceIdentity> stay) {
        List<DeviceIdentity> identities = identities(listed);
        List<DeviceIdentity> sorted = new ArrayList<>(new HashSet<>(identities));
        sorted.sort(Comparator.comparing(DeviceIdentity::deviceId));
        assertEquals(sorted, identities, "in order, and none twice");
        Set<DeviceIdentity> missed = new HashSet<>(stay);
        identities.forEach(missed::remove);
        assertEquals(Set.of(), missed, "devices that were there all the time");
        return listed;
    }

    // Changes under a note.

    @Test
    public void aChangeUnderANoteIsThatChange() {
        DeviceRegistry noting = registry().as(NOTE);
        expect(Outcome.CREATED, noting.register(PHONE, KEY_1, DeviceStatus.PENDING));
        expect(Outcome.CHANGED, noting.activate(PHONE));
        expect(Outcome.CHANGED, noting.rotate(PHONE, KEY_2, KEY_1));
        expect(Outcome.CHANGED, noting.replace(PHONE, KEY_3));
        expect(Outcome.CHANGED, noting.invalidate(PHONE));
        expect(Outcome.CHANGED, noting.as(AuditNote.by("another")).revoke(PHONE));
        expect(Outcome.UNCHANGED, noting.revoke(PHONE));
        assertEquals(found(PHONE), await(noting.find(PHONE)).orElseThrow());
        assertEquals(
                List.of(PHONE),
                identities(await(noting.list(DeviceListing.ofApp(APP))).devices()));
        assertEquals(Optional.of(KeyOwner.of(PHONE, KeyState.RETIRED)), await(noting.findByKey(KEY_1)));
        assertEquals(RegistryResult.of(Outcome.ERASED), await(noting.erase(PHONE)));
        assertEquals(Optional.empty(), await(registry().find(PHONE)));
    }

    // Calls that wait.

    @Test
    public void theBlockingFormAnswersAsTheStagesDo() throws Exception {
        BlockingDeviceRegistry blocking = registry().blocking().as(NOTE);
        assertEquals(
                Outcome.CREATED,
                blocking.register(PHONE, KEY_1, DeviceStatus.PENDING).outcome());
        assertEquals(Outcome.CHANGED, blocking.activate(PHONE).outcome());
        assertEquals(Outcome.CHANGED, blocking.rotate(PHONE, KEY_2, KEY_1).outcome());
        assertEquals(
                Outcome.KEY_NOT_ALLOWED, blocking.rotate(PHONE, KEY_3, KEY_2).outcome());
        assertEquals(Outcome.CHANGED, blocking.replace(PHONE, KEY_3).outcome());
        assertEquals(Outcome.CHANGED, blocking.invalidate(PHONE).outcome());
        assertEquals(await(registry().find(PHONE)), blocking.find(PHONE));
        assertEquals(await(registry().findByKey(KEY_3)), blocking.findByKey(KEY_3));
        assertEquals(
                List.of(found(PHONE)), blocking.list(DeviceListing.ofApp(APP)).devices());
        assertEquals(Outcome.CHANGED, blocking.revoke(PHONE).outcome());
        assertEquals(Outcome.ERASED, blocking.erase(PHONE).outcome());
        assertThrows(IllegalArgumentException.class, () -> blocking.register(PHONE, KEY_4, DeviceStatus.REVOKED));
    }

    @Test
    public void onAnInterruptedThreadNothingBegins() {
        BlockingDeviceRegistry blocking = registry().blocking();
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> blocking.register(PHONE, KEY_1, DeviceStatus.ACTIVE));
        assertFalse(Thread.interrupted(), "the exception stands for the interrupt");
        assertEquals(Optional.empty(), await(registry().find(PHONE)));
    }

    // What the contracts share.

    /** All pages from there on. */
    final List<DeviceRecord> listed(DeviceListing from) {
        List<DeviceRecord> all = new ArrayList<>();
        Optional<DeviceListing> next = Optional.of(from);
        for (int pages = 0; next.isPresent(); pages++) {
            assertTrue(pages < 1_000, "a listing ends");
            DevicePage page = await(registry().list(next.get()));
            assertTrue(page.devices().size() <= from.size(), "a page has at most its size");
            all.addAll(page.devices());
            next = page.next();
        }
        return all;
    }

    private void registerAll(List<DeviceIdentity> devices) {
        for (int i = 0; i < devices.size(); i++) {
            register(devices.get(i), TestKeys.publicKey(100 + i));
        }
    }

    private static List<DeviceIdentity> identities(List<DeviceRecord> records) {
        return records.stream().map(DeviceRecord::identity).toList();
    }

    final void register(DeviceIdentity device, DevicePublicKey key) {
        expect(Outcome.CREATED, registry().register(device, key, DeviceStatus.ACTIVE));
    }

    final void erase(DeviceIdentity device) {
        assertEquals(RegistryResult.of(Outcome.ERASED), await(registry().erase(device)));
    }

    final DeviceRecord found(DeviceIdentity device) {
        return await(keys().find(device)).orElseThrow(() -> new AssertionError("no record of " + device));
    }

    static void expect(Outcome outcome, CompletionStage<RegistryResult> stage) {
        expect(outcome, stage, "outcome");
    }

    static void expect(Outcome outcome, CompletionStage<RegistryResult> stage, String what) {
        assertEquals(outcome, await(stage).outcome(), what);
    }

    static DeviceIdentity device(int number) {
        return new DeviceIdentity(APP, new UUID(0x4000, 0x8000_0000_0000_0000L | number).toString());
    }
}
