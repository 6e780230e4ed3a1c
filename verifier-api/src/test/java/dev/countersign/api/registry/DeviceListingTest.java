package dev.countersign.api.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeviceListingTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("app", "a-device-with-a-long-id");

    @Test
    void aListingIsOfAnAppFromAPositionInPagesOfASize() {
        DeviceListing first = DeviceListing.ofApp("app");
        assertEquals("app", first.appId());
        assertEquals(Optional.empty(), first.after());
        assertEquals(100, first.size());
        DeviceListing next = first.size(7).after(DEVICE);
        assertEquals(Optional.of(DEVICE), next.after());
        assertEquals(7, next.size());
        assertEquals(first.after(DEVICE).size(7), next);
        assertEquals(first.after(DEVICE).size(7).hashCode(), next.hashCode());
        assertNotEquals(first, next);
        assertFalse(next.toString().contains(DEVICE.deviceId()), next::toString);
    }

    @Test
    void sizesAndPositionsHaveBounds() {
        DeviceListing listing = DeviceListing.ofApp("app");
        assertEquals(1, listing.size(1).size());
        assertEquals(1000, listing.size(1000).size());
        for (int size : List.of(0, -1, 1001, Integer.MAX_VALUE, Integer.MIN_VALUE)) {
            assertThrows(IllegalArgumentException.class, () -> listing.size(size));
        }
        assertThrows(IllegalArgumentException.class, () -> listing.after(new DeviceIdentity("App", "device-1")));
        assertThrows(IllegalArgumentException.class, () -> DeviceListing.ofApp(""));
        assertThrows(IllegalArgumentException.class, () -> DeviceListing.ofApp("two apps"));
    }

    @Test
    void aPageKeepsWhatItWasMadeOf() {
        List<DeviceRecord> devices = new ArrayList<>();
        devices.add(DeviceRecord.of(DEVICE, DeviceStatus.ACTIVE, List.of(), 1));
        DeviceListing next = DeviceListing.ofApp("app").after(DEVICE);
        DevicePage page = DevicePage.of(devices, next);
        DevicePage last = DevicePage.last(devices);
        devices.clear();
        assertEquals(1, page.devices().size());
        assertEquals(Optional.of(next), page.next());
        assertEquals(1, last.devices().size());
        assertEquals(Optional.empty(), last.next());
        assertEquals("DevicePage[1 devices, more follow]", page.toString());
        assertEquals("DevicePage[1 devices, the last]", last.toString());
    }
}
