package dev.countersign.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.StoreStatus;

/** Whether the parts of a status fit each other, and may be shown. */
final class TestStatus {
    private TestStatus() {}

    static void check(StoreStatus status) {
        StoreStatus.Availability availability = status.availability();
        assertEquals(
                availability != StoreStatus.Availability.UNKNOWN,
                status.since().isPresent(),
                "a status that is known says since when");
        assertEquals(
                availability == StoreStatus.Availability.UNAVAILABLE,
                !status.reason().isEmpty(),
                "a store that is not available says why, and no other does");
        assertTrue(status.reason().chars().allMatch(c -> c >= 0x20 && c <= 0x7E), "a reason is printable ASCII");
    }
}
