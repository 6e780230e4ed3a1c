package dev.countersign.api.device;

/** What is known of where a key of a device lives. */
public enum KeyAttestation {
    /** The platform attested when the key was registered that the device's hardware holds it. */
    ATTESTED,
    /** A rotation named the key, signed by a key that was attested or that itself came by such rotations from one. */
    ROTATED_FROM_ATTESTED,
    /** The key was registered without an attestation, or named by a rotation that such a key signed. */
    UNATTESTED,
    /** Nothing is known: the store keeps no attestations, or was not asked to. */
    UNKNOWN
}
