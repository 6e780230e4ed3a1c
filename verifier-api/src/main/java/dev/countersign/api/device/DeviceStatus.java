package dev.countersign.api.device;

/** Whether a device's signatures count at all (protocol, Keys). */
public enum DeviceStatus {
    /** Registered and in use. */
    ACTIVE,
    /** Registered, waiting to be activated; its requests are answered with 503. */
    PENDING,
    /** Compromised or gone: nothing it signs counts. It lives again only through a key that was never used. */
    REVOKED
}
