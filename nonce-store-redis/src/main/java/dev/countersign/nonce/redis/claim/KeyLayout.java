package dev.countersign.nonce.redis.claim;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.ReplayToken;
import io.lettuce.core.cluster.SlotHash;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Key layout 1: {@code prefix 1 { tag } token}, where the tag is two bytes and the token sixteen. With a prefix of one
 * character that is 22 bytes, and a Redis string of 22 bytes is the largest that fits into 24 bytes of memory.
 *
 * <p>The tag makes all keys of a device share a Redis Cluster slot, so that one script may touch them. The device's
 * slot is the first 14 bits of a hash of its identity; the tag is the largest two-byte number that lies in this slot
 * and has no byte <code>}</code>. (A tag that began with that byte would be no tag at all: Redis would hash the whole
 * key, and the two keys of a request would lie on different nodes.)
 */
public final class KeyLayout {
    public static final int SLOTS = SlotHash.SLOT_COUNT;
    public static final int MAX_PREFIX = 16;

    private static final byte VERSION = '1';
    private static final byte[] DOMAIN = "countersign/1/redis-slot".getBytes(StandardCharsets.US_ASCII);
    private static final char[] TAGS = tags();

    private final byte[] prefix;

    public KeyLayout(String prefix) {
        if (prefix.length() > MAX_PREFIX) {
            throw new IllegalArgumentException("keyPrefix must have at most " + MAX_PREFIX + " characters");
        }
        for (int i = 0; i < prefix.length(); i++) {
            char c = prefix.charAt(i);
            if (c <= ' ' || c > '~' || c == '{' || c == '}') {
                throw new IllegalArgumentException("keyPrefix must be visible ASCII without { and }");
            }
        }
        this.prefix = prefix.getBytes(StandardCharsets.US_ASCII);
    }

    /** The key of a token of a device whose slot that is. */
    public byte[] token(int slot, ReplayToken token) {
        ByteBuffer key = ByteBuffer.allocate(prefix.length + 5 + ReplayToken.BYTES);
        putTag(key.put(prefix).put(VERSION), slot);
        return key.putLong(token.high()).putLong(token.low()).array();
    }

    /** Where a server that stands alone keeps its watch record. */
    public byte[] watchRecord() {
        return ByteBuffer.allocate(prefix.length + 2)
                .put(prefix)
                .put(VERSION)
                .put((byte) 'w')
                .array();
    }

    /** Where a node of a Cluster keeps its watch record: in a slot that it serves. */
    public byte[] watchRecord(int slot) {
        ByteBuffer key = ByteBuffer.allocate(prefix.length + 6);
        putTag(key.put(prefix).put(VERSION).put((byte) 'w'), slot);
        return key.array();
    }

    /** The Cluster slot of everything that belongs to a device: 0 to 16383. */
    public static int slotOf(DeviceIdentity device) {
        byte[] app = device.appId().getBytes(StandardCharsets.ISO_8859_1);
        byte[] id = device.deviceId().getBytes(StandardCharsets.ISO_8859_1);
        MessageDigest sha256 = sha256();
        sha256.update(DOMAIN);
        // Both ids have at most 128 characters.
        sha256.update((byte) app.length);
        sha256.update(app);
        sha256.update((byte) id.length);
        sha256.update(id);
        byte[] hash = sha256.digest();
        return ((hash[0] & 0xFF) << 8 | (hash[1] & 0xFF)) >>> 2;
    }

    /** The slot of the bytes of a hash tag, none of them a brace. */
    public static int slotOfTag(int first, int second) {
        return SlotHash.getSlot(new byte[] {(byte) first, (byte) second});
    }

    private static void putTag(ByteBuffer key, int slot) {
        char tag = TAGS[slot];
        key.put((byte) '{').put((byte) (tag >>> 8)).put((byte) tag).put((byte) '}');
    }

    private static char[] tags() {
        char[] tags = new char[SLOTS];
        for (int tag = 0; tag <= 0xFFFF; tag++) {
            int first = tag >>> 8;
            int second = tag & 0xFF;
            if (first != '}' && second != '}') {
                tags[slotOfTag(first, second)] = (char) tag; // the largest stays
            }
        }
        return tags;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException everyJavaHasIt) {
            throw new AssertionError(everyJavaHasIt);
        }
    }
}
