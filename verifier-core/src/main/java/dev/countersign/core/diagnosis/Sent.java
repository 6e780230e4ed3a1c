package dev.countersign.core.diagnosis;

import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.wire.DecimalText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a client sent, as far as explanations need it: copied, for a head is not to be kept, and cut. Immutable. */
final class Sent {
    /** The six headers in the order in which they are judged. */
    static final List<String> SIX = List.of(
            SignedHeaders.SIG_VERSION,
            SignedHeaders.APP_ID,
            SignedHeaders.DEVICE_ID,
            SignedHeaders.SIGNATURE,
            SignedHeaders.TIMESTAMP,
            SignedHeaders.NONCE);

    private static final int MOST_CHARACTERS = 512;
    private static final int MOST_VALUES = 2;
    private static final int MOST_DIGITS = 18;
    private static final String CONTENT_LENGTH = "Content-Length";
    private static final String CONTENT_TYPE = "Content-Type";
    private static final String CONTENT_ENCODING = "Content-Encoding";
    private static final String TRANSFER_ENCODING = "Transfer-Encoding";
    private static final String PREFLIGHT = "Access-Control-Request-Method";

    private final String method;
    private final String target;
    private final long announcedBytes;
    private final Map<String, List<String>> headers = new HashMap<>();
    private final Set<String> withUnderscores = new HashSet<>();

    /** Reads the head. */
    Sent(RequestHead head) {
        this.method = cut(head.method());
        this.target = cut(head.target());
        for (String name : SIX) {
            keep(head, name);
            String other = name.replace('-', '_');
            if (!head.headers(other).isEmpty()) {
                withUnderscores.add(name);
            }
        }
        for (String name : List.of(CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING, TRANSFER_ENCODING, PREFLIGHT)) {
            keep(head, name);
        }
        long announced = head.announcedBodyBytes();
        this.announcedBytes = announced >= 0 ? announced : DecimalText.parse(first(CONTENT_LENGTH), MOST_DIGITS);
    }

    private void keep(RequestHead head, String name) {
        List<String> values = head.headers(name);
        List<String> kept = new ArrayList<>(MOST_VALUES);
        for (int i = 0; i < Math.min(MOST_VALUES, values.size()); i++) {
            kept.add(cut(values.get(i)));
        }
        headers.put(name, List.copyOf(kept));
    }

    private static String cut(String text) {
        return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS);
    }

    String method() {
        return method;
    }

    String target() {
        return target;
    }

    /** At most two values. */
    List<String> values(String name) {
        return headers.getOrDefault(name, List.of());
    }

    /** The first value, or an empty string. */
    String first(String name) {
        List<String> values = values(name);
        return values.isEmpty() ? "" : values.get(0);
    }

    boolean isNamedWithUnderscores(String name) {
        return withUnderscores.contains(name);
    }

    /** How many bytes of body were announced; negative if no length was. */
    long announcedBytes() {
        return announcedBytes;
    }

    /** Whether there is to be a body. */
    boolean announcesBody() {
        return announcedBytes > 0 || !values(TRANSFER_ENCODING).isEmpty();
    }

    boolean isForm() {
        String type = first(CONTENT_TYPE);
        return type.startsWith("application/x-www-form-urlencoded") || type.startsWith("multipart/form-data");
    }

    boolean isCompressed() {
        return !values(CONTENT_ENCODING).isEmpty();
    }

    boolean isPreflight() {
        return method.equals("OPTIONS") && !values(PREFLIGHT).isEmpty();
    }
}
