package dev.countersign.core.step;

import java.util.ArrayList;
import java.util.List;

/**
 * §8.4 (4): rebuild the signed message. Only its hash is needed, so the message is never put together: the head's part
 * is hashed at once and the body as it arrives, once for each path that the signature may cover.
 */
public final class RebuildMessage {
    /** Starts the message of a head. */
    public SignedMessage start(SignedHead head) {
        List<byte[]> prefixes = new ArrayList<>(head.signedPaths().size());
        for (String path : head.signedPaths()) {
            prefixes.add(head.scheme().messagePrefix(head.method(), path, head.timestampText()));
        }
        return new SignedMessage(prefixes);
    }
}
