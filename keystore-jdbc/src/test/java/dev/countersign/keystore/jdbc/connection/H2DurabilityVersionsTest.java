package dev.countersign.keystore.jdbc.connection;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.keystore.jdbc.failure.StoreFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class H2DurabilityVersionsTest {
    @ParameterizedTest
    @ValueSource(strings = {"2.5.250", "2.5.252"})
    void releasesThatForgetAreRefused(String version) {
        StoreFailure refusal = assertThrows(StoreFailure.class, () -> H2Durability.requireRemembering(version));
        assertEquals(
                "H2 " + version + " may open a file without its last changes after the process was killed, so that a"
                        + " revocation can be lost: use H2 2.4.240",
                refusal.getMessage());
    }

    @Test
    void othersAreNot() {
        assertDoesNotThrow(() -> H2Durability.requireRemembering("2.4.240"));
    }
}
