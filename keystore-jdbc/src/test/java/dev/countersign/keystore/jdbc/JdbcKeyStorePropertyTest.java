package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.h2.jdbcx.JdbcConnectionPool;

/** Whatever is asked in whatever order: the database knows what a registry in memory knows. */
class JdbcKeyStorePropertyTest {
    private static final int DEVICES = 3;
    private static final int KEYS = 6;

    enum Kind {
        REGISTER,
        REGISTER_PENDING,
        ACTIVATE,
        ROTATE,
        CONFIRM,
        REPLACE,
        INVALIDATE,
        REVOKE,
        WAIT
    }

    record Step(Kind kind, int device, int key, int signedBy, long seconds) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Step> step = Combinators.combine(
                        Arbitraries.of(Kind.class),
                        Arbitraries.integers().between(1, DEVICES),
                        Arbitraries.integers().between(1, KEYS),
                        Arbitraries.integers().between(1, KEYS),
                        Arbitraries.of(1L, 300L, 301L, 86_399L, 86_400L, 86_401L))
                .as(Step::new);
        return step.list().ofMinSize(1).ofMaxSize(40);
    }

    @Property(tries = 150)
    void agreesWithARegistryInMemory(@ForAll("steps") List<Step> steps) throws Exception {
        MutableClock clock = MutableClock.atSecond(1_800_000_000L);
        JdbcConnectionPool pool = Fixtures.pooled(Fixtures.memory());
        JdbcKeyStore store = Fixtures.inline(pool, clock);
        InMemoryDeviceRegistry model = new InMemoryDeviceRegistry(clock);
        for (Step step : steps) {
            if (step.kind == Kind.WAIT) {
                clock.advance(Duration.ofSeconds(step.seconds));
                continue;
            }
            assertEquals(
                    apply(model, model, step, clock),
                    apply(store.keys(), store.registry(), step, clock),
                    "outcome of " + step);
            for (int i = 1; i <= DEVICES; i++) {
                assertEquals(
                        live(await(model.find(device(i)))),
                        live(await(store.keys().find(device(i)))),
                        "after " + step);
            }
            for (int i = 1; i <= KEYS; i++) {
                assertEquals(
                        await(model.findByKey(key(i))), await(store.registry().findByKey(key(i))), "after " + step);
            }
        }
        Fixtures.execute(pool, "SHUTDOWN");
        pool.dispose();
    }

    private static Object apply(PublicKeyStore keys, DeviceRegistry registry, Step step, MutableClock clock) {
        DeviceIdentity device = device(step.device);
        DevicePublicKey key = key(step.key);
        return switch (step.kind) {
            case REGISTER ->
                await(registry.register(device, key, DeviceStatus.ACTIVE)).outcome();
            case REGISTER_PENDING ->
                await(registry.register(device, key, DeviceStatus.PENDING)).outcome();
            case ACTIVATE -> await(registry.activate(device)).outcome();
            case ROTATE ->
                await(registry.rotate(device, key, key(step.signedBy))).outcome();
            case CONFIRM -> await(keys.confirm(device, key, clock.instant()));
            case REPLACE -> await(registry.replace(device, key)).outcome();
            case INVALIDATE -> await(registry.invalidate(device)).outcome();
            case REVOKE -> await(registry.revoke(device)).outcome();
            case WAIT -> Outcome.UNCHANGED;
        };
    }

    /** Status and keys, without versions, order and retired keys. */
    private static List<Object> live(Optional<DeviceRecord> record) {
        List<Object> all = new ArrayList<>();
        record.ifPresent(known -> {
            all.add(known.identity());
            all.add(known.status());
            Set<DeviceKey> keys = new HashSet<>();
            for (DeviceKey key : known.keys()) {
                if (key.state() != KeyState.RETIRED) {
                    keys.add(key);
                }
            }
            all.add(keys);
        });
        return all;
    }
}
