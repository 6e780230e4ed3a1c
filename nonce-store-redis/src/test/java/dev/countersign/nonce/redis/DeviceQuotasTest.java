package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import org.junit.jupiter.api.Test;

class DeviceQuotasTest {
    private static final DeviceIdentity PHONE = Claims.PHONE;

    @Test
    void countsUntilTheDeadlineHasPassed() {
        DeviceQuotas quotas = new DeviceQuotas(2, 1000);
        assertTrue(quotas.reserve(PHONE, 310, 0));
        assertTrue(quotas.reserve(PHONE, 311, 1));
        assertFalse(quotas.reserve(PHONE, 620, 310));
        assertTrue(quotas.reserve(PHONE, 621, 311));
        assertFalse(quotas.reserve(PHONE, 621, 311));
    }

    @Test
    void whatIsGivenBackIsFreeAtOnce() {
        DeviceQuotas quotas = new DeviceQuotas(1, 1000);
        assertTrue(quotas.reserve(PHONE, 310, 0));
        quotas.release(PHONE, 310);
        assertEquals(0, quotas.devices());
        assertTrue(quotas.reserve(PHONE, 310, 0));
    }

    /** One request a second for ever: never refused, never forgotten too early, and freed within a tenth of its life. */
    @Test
    void aSteadyDeviceIsCountedNearlyExactly() {
        int life = 610;
        DeviceQuotas quotas = new DeviceQuotas(life + 1 + 64, 1000);
        for (int second = 0; second < 10_000; second++) {
            assertTrue(quotas.reserve(PHONE, second + life, second), "second " + second);
        }
        DeviceQuotas strict = new DeviceQuotas(life, 1000);
        int admitted = 0;
        for (int second = 0; second < life + 1; second++) {
            admitted += strict.reserve(PHONE, second + life, second) ? 1 : 0;
        }
        assertEquals(life, admitted, "nothing is freed before its deadline");
    }

    @Test
    void releasingAfterDeadlinesWereJoinedTakesBackOne() {
        int requests = 200;
        DeviceQuotas quotas = new DeviceQuotas(requests, 1000);
        for (int i = 0; i < requests; i++) {
            assertTrue(quotas.reserve(PHONE, 1000 + i, 0));
        }
        assertFalse(quotas.reserve(PHONE, 2000, 0));
        for (int i = 0; i < requests; i++) {
            quotas.release(PHONE, 1000 + i);
            assertTrue(quotas.reserve(PHONE, 1000 + i, 0), "place " + i);
            assertFalse(quotas.reserve(PHONE, 1000 + i, 0), "place " + i);
        }
    }

    @Test
    void onlyTheDevicesSeenLastAreCounted() {
        DeviceQuotas quotas = new DeviceQuotas(1, 640);
        assertTrue(quotas.reserve(PHONE, 310, 0));
        for (int i = 0; i < 5000; i++) {
            assertTrue(quotas.reserve(Claims.device(i), 310, 0));
            assertFalse(quotas.reserve(PHONE, 310, 0), "seen again and again, it stays");
        }
        assertTrue(quotas.devices() <= 640);
    }
}
