package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class ReachesInside {
    boolean uuid = dev.countersign.api.wire.UuidText.isUuid("");
}
