package dev.countersign.conformance.mutants;

import org.jspecify.annotations.Nullable;

/** A key of a device; {@code notAfter} is the last second in which it counts. */
record DeviceKey(String pointHex, String state, @Nullable Long notAfter) {
    boolean is(String name) {
        return state.equals(name);
    }

    DeviceKey become(String newState, @Nullable Long end) {
        return new DeviceKey(pointHex, newState, end);
    }
}
