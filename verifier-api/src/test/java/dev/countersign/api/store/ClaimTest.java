package dev.countersign.api.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.api.device.DeviceIdentity;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
        assertThrows(NullPointerException.class, () -> Claim.builder(null, TOKEN));
        assertThrows(NullPointerException.class, () -> Claim.builder(DEVICE, null));
        assertEquals(Optional.empty(), Claim.builder(DEVICE, TOKEN).build().signature());
    }

    @Property
    void aClaimsTimesFitEachOther(
            @ForAll long timestamp, @ForAll long claimedAt, @ForAll long deadline, @ForAll long earliest) {
        boolean fits = timestamp <= earliest && earliest <= deadline && claimedAt <= deadline;
        if (fits) {
            assertEquals(
                    deadline, claim(timestamp, claimedAt, deadline, earliest).deadline());
        } else {
            assertThrows(IllegalArgumentException.class, () -> claim(timestamp, claimedAt, deadline, earliest));
        }
    }

    @Test
    void theEdgesOfAClaimsTimes() {
        assertEquals(5, claim(5, 5, 5, 5).deadline());
        assertEquals(600, claim(5, 1, 600, 400).deadline(), "dated ahead of the claim");
        assertThrows(IllegalArgumentException.class, () -> claim(5, 6, 5, 5));
        assertThrows(IllegalArgumentException.class, () -> claim(5, 5, 5, 6));
        assertThrows(IllegalArgumentException.class, () -> claim(5, 5, 5, 4));
    }

    @Test
    void aClaimSaysWhatItWasMadeOf() {
        ReplayToken signature = new ReplayToken(3, 4);
        Claim claim = Claim.builder(DEVICE, TOKEN)
                .signature(signature)
                .timestamp(2)
                .claimedAt(3)
                .deadline(5)
                .earliestDeadline(4)
                .build();
        assertEquals(DEVICE, claim.device());
        assertEquals(TOKEN, claim.nonce());
        assertEquals(Optional.of(signature), claim.signature());
        assertEquals(2, claim.timestamp());
        assertEquals(3, claim.claimedAt());
        assertEquals(5, claim.deadline());
        assertEquals(4, claim.earliestDeadline());
    }

    @Test
    void claimsWithTheSamePartsAreEqual() {
        Claim claim = claim(2, 3, 9, 4);
        assertEquals(claim, claim(2, 3, 9, 4));
        assertEquals(claim.hashCode(), claim(2, 3, 9, 4).hashCode());
        List<Claim> others = List.of(
                claim(1, 3, 9, 4),
                claim(2, 2, 9, 4),
                claim(2, 3, 8, 4),
                claim(2, 3, 9, 5),
                times(Claim.builder(DEVICE, TOKEN), 2, 3, 9, 4),
                times(Claim.builder(DEVICE, new ReplayToken(3, 3)).signature(TOKEN), 2, 3, 9, 4),
                times(Claim.builder(new DeviceIdentity("app", "other"), TOKEN).signature(TOKEN), 2, 3, 9, 4));
        assertEquals(others.size(), Set.copyOf(others).size());
        for (Claim other : others) {
            assertNotEquals(claim, other);
        }
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
                times(Claim.builder(DEVICE, new ReplayToken(987654321, 1)).signature(TOKEN), 2, 3, 4, 2)
                        .toString());
    }

    private static Claim claim(long timestamp, long claimedAt, long deadline, long earliest) {
        return times(Claim.builder(DEVICE, TOKEN).signature(TOKEN), timestamp, claimedAt, deadline, earliest);
    }

    private static Claim times(Claim.Builder claim, long timestamp, long claimedAt, long deadline, long earliest) {
        return claim.timestamp(timestamp)
                .claimedAt(claimedAt)
                .deadline(deadline)
                .earliestDeadline(earliest)
                .build();
    }
}
