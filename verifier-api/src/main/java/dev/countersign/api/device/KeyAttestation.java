package dev.countersign.api.device;

/** What is known about the hardware that holds a key of a device. */
public enum KeyAttestation {
    /** At registration, the platform attested that the device's hardware holds the key. */
    ATTESTED,
    /** A rotation named the key. The key that signed it was attested, or came from an attested one by rotations. */
    ROTATED_FROM_ATTESTED,
    /** The key was registered without an attestation, or named by a rotation that such a key signed. */
    UNATTESTED,
    /** Nothing is known, because the store keeps no attestations. */
    UNKNOWN
}
