package dev.countersign.core.diagnosis;

import dev.countersign.core.step.SignedMessage;
import java.util.HexFormat;

/** The hash of messages, bodies and thumbprints. */
final class Sha256 {
    private Sha256() {}

    static byte[] of(byte[] bytes) {
        return SignedMessage.newSha256().digest(bytes);
    }

    static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }
}
