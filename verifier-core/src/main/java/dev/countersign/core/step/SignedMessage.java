package dev.countersign.core.step;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * A message whose body is arriving: one running SHA-256 for each path that the signature may cover. Not thread-safe.
 */
public final class SignedMessage {
    private final MessageDigest[] digests;
    private long bodyBytes;

    SignedMessage(List<byte[]> prefixes) {
        digests = new MessageDigest[prefixes.size()];
        for (int i = 0; i < digests.length; i++) {
            digests[i] = newSha256();
            digests[i].update(prefixes.get(i));
        }
    }

    /** Takes the next bytes of the body; consumes the chunk whole and keeps nothing of it. */
    public void update(ByteBuffer chunk) {
        bodyBytes += chunk.remaining();
        for (int i = 1; i < digests.length; i++) {
            digests[i].update(chunk.duplicate());
        }
        digests[0].update(chunk);
    }

    /** How many bytes of body there were so far. */
    public long bodyBytes() {
        return bodyBytes;
    }

    /** The hashes, in the order of the head's signed paths. To be called once, when the body is complete. */
    public byte[][] digests() {
        byte[][] results = new byte[digests.length][];
        for (int i = 0; i < digests.length; i++) {
            results[i] = digests[i].digest();
        }
        return results;
    }

    public static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
