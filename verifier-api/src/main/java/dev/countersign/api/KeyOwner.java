package dev.countersign.api;

/**
 * To which device a key belongs. A key belongs to one device, ever, also after it was retired.
 *
 * @param device the device that registered or was rotated to the key
 * @param state the key's state there
 */
public record KeyOwner(DeviceIdentity device, KeyState state) {}
