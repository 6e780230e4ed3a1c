package dev.countersign.api.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.StoreStatus.Availability;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StoreStatusTest {
    private static final Instant SINCE = Instant.ofEpochSecond(1_700_000_000L);

    @Test
    void eachStateSaysWhatIsKnown() {
        StoreStatus unknown = StoreStatus.unknown();
        assertEquals(Availability.UNKNOWN, unknown.availability());
        assertFalse(unknown.isAvailable());
        assertEquals(Optional.empty(), unknown.since());
        assertEquals("", unknown.reason());

        StoreStatus available = StoreStatus.available(SINCE);
        assertEquals(Availability.AVAILABLE, available.availability());
        assertTrue(available.isAvailable());
        assertEquals(Optional.of(SINCE), available.since());
        assertEquals("", available.reason());

        StoreStatus down = StoreStatus.unavailable(SINCE, "connection refused");
        assertEquals(Availability.UNAVAILABLE, down.availability());
        assertFalse(down.isAvailable());
        assertEquals(Optional.of(SINCE), down.since());
        assertEquals("connection refused", down.reason());
        assertEquals("StoreStatus[UNAVAILABLE since 2023-11-14T22:13:20Z: connection refused]", down.toString());
    }

    @Test
    @SuppressWarnings("NullAway") // what callers without null checks do
    void whatIsKnownIsSaid() {
        assertThrows(NullPointerException.class, () -> StoreStatus.available(null));
        assertThrows(NullPointerException.class, () -> StoreStatus.unavailable(null, "down"));
        assertThrows(IllegalArgumentException.class, () -> StoreStatus.unavailable(SINCE, ""));
    }

    @Test
    void aStoreMaySayMore() {
        class Richer extends StoreStatus {
            Richer(StoreStatus same) {
                super(same);
            }
        }
        StoreStatus richer = new Richer(StoreStatus.unavailable(SINCE, "down"));
        assertEquals(Availability.UNAVAILABLE, richer.availability());
        assertEquals(Optional.of(SINCE), richer.since());
        assertEquals("down", richer.reason());
        assertTrue(richer.toString().startsWith("Richer["), richer.toString());
    }

    /** A store that was written before there was a status compiles, and says that nothing is known. */
    @Test
    void unlessOverriddenNothingIsKnown() throws Exception {
        for (Class<?> type : List.of(
                NonceStore.class, PublicKeyStore.class, BlockingNonceStore.class, BlockingPublicKeyStore.class)) {
            Method status = type.getMethod("status");
            assertTrue(status.isDefault(), type.getName());
            Object store = Proxy.newProxyInstance(
                    type.getClassLoader(),
                    new Class<?>[] {type},
                    (proxy, method, arguments) ->
                            java.lang.reflect.InvocationHandler.invokeDefault(proxy, method, arguments));
            assertEquals(Availability.UNKNOWN, ((StoreStatus) status.invoke(store)).availability(), type.getName());
        }
    }
}
