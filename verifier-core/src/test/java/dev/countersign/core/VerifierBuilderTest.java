package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class VerifierBuilderTest {
    private final MutableClock clock = MutableClock.atSecond(1_800_000_000L);
    private final ObviousNonceStore nonces = new ObviousNonceStore();

    private VerifierBuilder settings() {
        return CountersignVerifier.builder(KeySource.uncached(new InMemoryDeviceRegistry(clock)), nonces);
    }

    @Test
    void aBodyMayTakeASecondToAnHour() {
        for (Duration allowed : List.of(Duration.ofSeconds(1), Duration.ofHours(1))) {
            settings().bodyTimeLimit(allowed).build().close();
        }
        for (Duration refused :
                List.of(Duration.ofSeconds(-1), Duration.ZERO, Duration.ofMillis(999), Duration.ofSeconds(3601))) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> settings().bodyTimeLimit(refused).build());
        }
    }

    @Test
    void whatIsOutOfRangeIsRefusedAndNamed() {
        Duration second = Duration.ofSeconds(1);
        refused("freshnessWindow", b -> b.freshnessWindow(Duration.ZERO));
        refused("freshnessWindow", b -> b.freshnessWindow(Duration.ofMillis(1500)));
        refused("freshnessWindow", b -> b.freshnessWindow(Duration.ofDays(1).plus(second)));
        refused("maxAhead", b -> b.maxAhead(Duration.ofSeconds(301)));
        refused("maxAhead", b -> b.maxAhead(second.negated()));
        refused("maxAhead", b -> b.freshnessWindow(Duration.ofSeconds(10)).maxAhead(Duration.ofSeconds(11)));
        refused("nodeClockDifference", b -> b.nodeClockDifference(Duration.ZERO));
        refused("lookupTimeLimit", b -> b.lookupTimeLimit(Duration.ZERO));
        refused("lookupTimeLimit", b -> b.lookupTimeLimit(Duration.ofMinutes(6)));
        refused("claimTimeLimit", b -> b.claimTimeLimit(Duration.ofNanos(1)));
        refused("maxBodyBytes", b -> b.maxBodyBytes(-1));
        refused("preparedKeys", b -> b.preparedKeys(0));
        refused("redactionKey", b -> b.redactionKey(new byte[15]));
    }

    @Test
    void theEdgesOfTheRangesAreTaken() {
        for (Consumer<VerifierBuilder> change : List.<Consumer<VerifierBuilder>>of(
                b -> b.freshnessWindow(Duration.ofSeconds(1)),
                b -> b.freshnessWindow(Duration.ofDays(1)),
                b -> b.maxAhead(Duration.ZERO),
                b -> b.maxAhead(Duration.ofSeconds(300)),
                b -> b.nodeClockDifference(Duration.ofSeconds(1)),
                b -> b.lookupTimeLimit(Duration.ofMillis(1)),
                b -> b.claimTimeLimit(Duration.ofMinutes(5)),
                b -> b.maxBodyBytes(0),
                b -> b.preparedKeys(1),
                b -> b.redactionKey(new byte[16]))) {
            VerifierBuilder builder = settings();
            change.accept(builder);
            builder.build().close();
        }
    }

    @Test
    void theMarginOfASharedStoreCoversClocksAndLimitRoundedUp() {
        VerifierBuilder builder = settings();
        assertEquals(Duration.ofSeconds(1), builder.margin());
        nonces.shared = true;
        assertEquals(Duration.ofSeconds(10), builder.margin());
        assertEquals(
                Duration.ofSeconds(5),
                builder.nodeClockDifference(Duration.ofSeconds(3))
                        .claimTimeLimit(Duration.ofMillis(1001))
                        .margin());
    }

    private void refused(String setting, Consumer<VerifierBuilder> change) {
        refused(setting, this::settings, change);
    }

    @Test
    void readsWithoutANonceStoreContradictReadsWithoutProtection() {
        refused(
                "acceptReadsWithoutNonceStore",
                b -> b.acceptReadsWithoutNonceStore().replayProtectionOnWritesOnly());
        settings().acceptReadsWithoutNonceStore().build().close();
        settings().replayProtectionOnWritesOnly().build().close();
    }

    @Test
    void whatAKeyCacheDecidesIsNotSetTwice() {
        try (KeyCache cache = KeyCache.builder(new InMemoryDeviceRegistry(clock))
                .loadTimeLimit(Duration.ofMillis(500))
                .build()) {
            Supplier<VerifierBuilder> over = () -> CountersignVerifier.builder(cache, nonces);
            over.get().build().close();
            over.get().lookupTimeLimit(Duration.ofMillis(501)).build().close();
            refused("engine", over, b -> b.engine(EcdsaP256Engine.bouncyCastle()));
            refused("preparedKeys", over, b -> b.preparedKeys(100));
            refused("lookupTimeLimit", over, b -> b.lookupTimeLimit(Duration.ofMillis(500)));
        }
    }

    private static void refused(String setting, Supplier<VerifierBuilder> of, Consumer<VerifierBuilder> change) {
        VerifierBuilder builder = of.get();
        change.accept(builder);
        String message =
                assertThrows(IllegalArgumentException.class, builder::build).getMessage();
        assertNotNull(message);
        assertTrue(message.startsWith(setting + " must"), message);
    }
}
