package dev.countersign.api.device;

/** Whether a device's signatures count (protocol, Keys). */
public enum DeviceStatus {
    /** Registered and in use. */
    ACTIVE,
    /** Registered, waiting to be activated; its requests are answered with 503. */
    PENDING,
    /**
     * Compromised or gone: its signatures do not count. Only a registration with a key that was never used ends this.
     */
    REVOKED
}
