package dev.countersign.testkit;

import dev.countersign.api.store.StoreStatus;

/**
 * Whether the parts of a store's status fit each other, and may be shown.
 *
 * <pre>{@code
 * store.close();
 * TestStatus.check(store.status());
 * }</pre>
 */
public final class TestStatus {
    private TestStatus() {}

    /**
     * Passes if the status says since when exactly if it is known, says why exactly if the store is not available, and the reason is
     * printable ASCII.
     *
     * @throws AssertionError otherwise; its message says what is wrong
     */
    public static void check(StoreStatus status) {
        StoreStatus.Availability availability = status.availability();
        require(
                status.since().isPresent() == (availability != StoreStatus.Availability.UNKNOWN),
                "a status that is known says since when",
                status);
        require(
                status.reason().isEmpty() == (availability != StoreStatus.Availability.UNAVAILABLE),
                "a store that is not available says why, and no other does",
                status);
        require(status.reason().chars().allMatch(c -> c >= 0x20 && c <= 0x7E), "a reason is printable ASCII", status);
    }

    private static void require(boolean isSo, String rule, StoreStatus status) {
        if (!isSo) {
            throw new AssertionError(rule + ": " + status);
        }
    }
}
