package dev.countersign.core.step;

import dev.countersign.api.RequestHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a header that must stand exactly once. */
final class HeaderValues {
    /** Stands for an empty or repeated header: no form of the protocol admits it. */
    private static final String MALFORMED = "";

    private HeaderValues() {}

    /** The header's value; null if it is absent, the empty string if it is empty or repeated. */
    static @Nullable String single(RequestHead head, String name) {
        List<String> values = head.headers(name);
        if (values.isEmpty()) {
            return null;
        }
        return values.size() == 1 ? values.get(0) : MALFORMED;
    }
}
