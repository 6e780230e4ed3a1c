package dev.countersign.core.step;

import static dev.countersign.api.RejectionReason.DEVICE_PENDING;
import static dev.countersign.api.RejectionReason.DEVICE_REVOKED;
import static dev.countersign.api.RejectionReason.INVALID_SIGNATURE;
import static dev.countersign.api.RejectionReason.KEY_INVALIDATED;

import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * §8.4 (5): the key by app and device. Which keys of the record may have signed, and, once one has, whether its
 * signature counts.
 */
public final class FindKey {
    private static final KeyState[] LIKELIEST_FIRST = {
        KeyState.CURRENT, KeyState.PROVISIONAL, KeyState.PREVIOUS, KeyState.INVALIDATED
    };

    /**
     * The keys to try, at most three. A revoked or pending device's keys and an invalidated key are among them: these
     * answers are given only under a signature that is valid. A previous or provisional key whose time is over is not:
     * its answer is the same without a check, and the checks of a request are few.
     *
     * @param now whole seconds
     */
    public List<DeviceKey> candidates(DeviceRecord record, long now) {
        List<DeviceKey> candidates = new ArrayList<>(3);
        for (KeyState state : LIKELIEST_FIRST) {
            record.key(state).filter(key -> !isOver(key, now)).ifPresent(candidates::add);
        }
        return candidates;
    }

    /**
     * Why a valid signature under this key does not count at this time, or null if it does.
     *
     * @param now whole seconds of the deciding clock reading
     */
    public @Nullable Objection objection(DeviceRecord record, DeviceKey key, long now) {
        if (isOver(key, now)) {
            return Objection.of(INVALID_SIGNATURE, "the key that verifies is past its end");
        }
        if (record.status() == DeviceStatus.REVOKED) {
            return Objection.of(DEVICE_REVOKED);
        }
        if (record.status() == DeviceStatus.PENDING) {
            return Objection.of(DEVICE_PENDING);
        }
        return key.state() == KeyState.INVALIDATED ? Objection.of(KEY_INVALIDATED) : null;
    }

    /** An invalidated key's end limits its rotations; the answer {@code KEY_INVALIDATED} is given after it, too. */
    private static boolean isOver(DeviceKey key, long now) {
        boolean limited = key.state() == KeyState.PREVIOUS || key.state() == KeyState.PROVISIONAL;
        return limited && key.isPast(now);
    }
}
