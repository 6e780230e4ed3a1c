package dev.countersign.tck.adapter;

import dev.countersign.api.VerifiedRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The application behind the adapter, which remembers every request that gets as far. The server calls {@link #handle} for each,
 * whatever its path and method, and answers with status 200 and the text that comes back. Thread-safe.
 */
public final class AdapterApplication {
    /** What came through. */
    record Arrival(@Nullable VerifiedRequest verified, List<String> paths, String body) {}

    private final List<Arrival> arrivals = new ArrayList<>();

    AdapterApplication() {}

    /**
     * Takes a request.
     *
     * @param verified what the adapter says was verified of it; null if it came through because it is open
     * @param paths every path by which this server, or a framework on it, may choose a handler: the raw target's, what the
     *     server makes of it by decoding and normalising, the name under which a handler is mapped, such as {@code /api}. None
     *     that the server does not offer
     * @param body all of its bytes, as the application reads them
     * @return what to answer, as {@code text/plain}
     */
    public String handle(@Nullable VerifiedRequest verified, List<String> paths, byte[] body) {
        Arrival arrival = new Arrival(verified, List.copyOf(paths), new String(body, StandardCharsets.ISO_8859_1));
        synchronized (arrivals) {
            arrivals.add(arrival);
        }
        return verified == null ? "open" : "verified";
    }

    /** All since the last call. */
    List<Arrival> take() {
        synchronized (arrivals) {
            List<Arrival> taken = List.copyOf(arrivals);
            arrivals.clear();
            return taken;
        }
    }
}
