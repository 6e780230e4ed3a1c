package dev.countersign.nonce.redis.watching;

import dev.countersign.api.store.NonceStore;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The watch record, which the nodes keep in a shared server: since this second, the server knows every claim that was
 * made in it. If the claims are lost, the record is lost too. It names the server, so it is not valid in another one.
 *
 * @param server the server's identity: its run id, which a restart changes, and its replication id, which a change of
 *     role changes
 * @param since the Unix second, or {@link NonceStore#ALWAYS}
 * @param generation differs between any two writings
 */
public record WatchRecord(String server, long since, String generation) {
    private static final String ALWAYS = "always";
    private static final int MAX_DIGITS = 15;

    public byte[] bytes() {
        String second = since == NonceStore.ALWAYS ? ALWAYS : Long.toString(since);
        return (server + " " + second + " " + generation).getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads a record; null if it has not this form. */
    public static @Nullable WatchRecord parse(byte[] bytes) {
        String[] parts = new String(bytes, StandardCharsets.ISO_8859_1).split(" ", -1);
        if (parts.length != 3 || parts[0].isEmpty() || parts[2].isEmpty()) {
            return null;
        }
        if (parts[1].equals(ALWAYS)) {
            return new WatchRecord(parts[0], NonceStore.ALWAYS, parts[2]);
        }
        long since = seconds(parts[1]);
        return since < 0 ? null : new WatchRecord(parts[0], since, parts[2]);
    }

    private static long seconds(String digits) {
        if (digits.isEmpty() || digits.length() > MAX_DIGITS) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            value = value * 10 + (c - '0');
        }
        return value;
    }
}
