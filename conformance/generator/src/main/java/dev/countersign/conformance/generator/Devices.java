package dev.countersign.conformance.generator;

import dev.countersign.conformance.signing.DeviceTemplate;

/** The device "a" with the keys that a case needs. */
final class Devices {
    /** A day: long after everything that a case looks at. */
    static final long DAY = 86_400;

    private Devices() {}

    static DeviceTemplate withKeys(DeviceTemplate.Key... keys) {
        return DeviceTemplate.active("a").withKeys(keys);
    }

    static DeviceTemplate pending() {
        return DeviceTemplate.active("a").withStatus("pending");
    }

    static DeviceTemplate revoked() {
        return DeviceTemplate.active("a").withStatus("revoked");
    }

    /** The device whose operator asked for a new key. */
    static DeviceTemplate invalidated() {
        return withKeys(invalidated("a"));
    }

    static DeviceTemplate.Key current(String key) {
        return new DeviceTemplate.Key(key, "current", null);
    }

    static DeviceTemplate.Key provisional(String key, long notAfter) {
        return new DeviceTemplate.Key(key, "provisional", notAfter);
    }

    static DeviceTemplate.Key previous(String key, long notAfter) {
        return new DeviceTemplate.Key(key, "previous", notAfter);
    }

    static DeviceTemplate.Key invalidated(String key) {
        return new DeviceTemplate.Key(key, "invalidated", DAY);
    }

    static DeviceTemplate.Key retired(String key) {
        return new DeviceTemplate.Key(key, "retired", null);
    }
}
