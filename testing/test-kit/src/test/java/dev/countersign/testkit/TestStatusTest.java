package dev.countersign.testkit;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.api.store.StoreStatus;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TestStatusTest {
    @Test
    void aStatusWhosePartsFitPasses() {
        TestStatus.check(StoreStatus.unknown());
        TestStatus.check(StoreStatus.available(Instant.EPOCH));
        TestStatus.check(StoreStatus.unavailable(Instant.EPOCH, "closed"));
    }

    @Test
    void aReasonThatCannotBeShownDoesNot() {
        StoreStatus wrong = StoreStatus.unavailable(Instant.EPOCH, "caf\u00e9");
        assertThrows(AssertionError.class, () -> TestStatus.check(wrong));
    }
}
