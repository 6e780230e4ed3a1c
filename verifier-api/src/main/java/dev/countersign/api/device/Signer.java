package dev.countersign.api.device;

/** Who signed a request, as stored: a device of an app, or a user of an app. */
public sealed interface Signer permits DeviceIdentity, AppUser {
    /** The app. */
    String appId();
}
