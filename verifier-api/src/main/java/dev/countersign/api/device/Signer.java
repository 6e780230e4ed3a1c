package dev.countersign.api.device;

/** Who signed a request, as the verifier's records name him: a device of an app, or a user of an app. */
public sealed interface Signer permits DeviceIdentity, AppUser {
    /** The app. */
    String appId();
}
