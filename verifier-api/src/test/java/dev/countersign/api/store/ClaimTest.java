package dev.countersign.api.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.api.device.DeviceIdentity;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ClaimTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    private static final ReplayToken TOKEN = new ReplayToken(1, 2);

    @Test
    @SuppressWarnings("NullAway") // what callers without null checks do
    void partsAreRequired() {
        assertThrows(NullPointerException.class, () -> new Claim(null, TOKEN, TOKEN, 1, 1, 1, 1));
        assertThrows(NullPointerException.class, () -> new Claim(DEVICE, null, TOKEN, 1, 1, 1, 1));
        assertNull(new Claim(DEVICE, TOKEN, null, 1, 1, 1, 1).signature());
    }

    @Property
    void aClaimsTimesFitEachOther(
            @ForAll long timestamp, @ForAll long claimedAt, @ForAll long deadline, @ForAll long earliest) {
        boolean fits = timestamp <= earliest && earliest <= deadline && claimedAt <= deadline;
        if (fits) {
            assertEquals(
                    deadline, new Claim(DEVICE, TOKEN, TOKEN, timestamp, claimedAt, deadline, earliest).deadline());
        } else {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new Claim(DEVICE, TOKEN, TOKEN, timestamp, claimedAt, deadline, earliest));
        }
    }

    @Test
    void theEdgesOfAClaimsTimes() {
        assertEquals(5, new Claim(DEVICE, TOKEN, TOKEN, 5, 5, 5, 5).deadline());
        assertEquals(600, new Claim(DEVICE, TOKEN, TOKEN, 5, 1, 600, 400).deadline(), "dated ahead of the claim");
        assertThrows(IllegalArgumentException.class, () -> new Claim(DEVICE, TOKEN, TOKEN, 5, 6, 5, 5));
        assertThrows(IllegalArgumentException.class, () -> new Claim(DEVICE, TOKEN, TOKEN, 5, 5, 5, 6));
        assertThrows(IllegalArgumentException.class, () -> new Claim(DEVICE, TOKEN, TOKEN, 5, 5, 5, 4));
    }

    @Property
    void aTokenIsTheFirst16BytesOfAHash(@ForAll @Size(32) byte[] hash) {
        ReplayToken token = ReplayToken.ofHash(hash);
        java.nio.ByteBuffer expected = java.nio.ByteBuffer.wrap(hash);
        assertEquals(expected.getLong(), token.high());
        assertEquals(expected.getLong(), token.low());
        assertEquals(token, ReplayToken.ofHash(java.util.Arrays.copyOf(hash, ReplayToken.BYTES)));
        assertEquals(token.hashCode(), new ReplayToken(token.high(), token.low()).hashCode());
    }

    @Test
    void toStringShowsTheDeviceAlone() {
        assertEquals(
                "Claim[DeviceIdentity[app, 6ba7b810...]]",
                new Claim(DEVICE, new ReplayToken(987654321, 1), TOKEN, 2, 3, 4, 2).toString());
    }
}
