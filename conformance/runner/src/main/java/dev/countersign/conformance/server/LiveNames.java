package dev.countersign.conformance.server;

import dev.countersign.conformance.signing.Names;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.suite.Hex;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Names that only one case of one run uses, made from the run's seed and the case's id, so that they do not depend on
 * which cases are run. The case's time is the server's when it is first asked for.
 *
 * <p>Time passes on the wire. So an offset at the edge of the freshness window is moved away from it, to the side it is
 * on: what is up to 4 s inside becomes 5 s inside, what is up to 5 s outside becomes 6 s outside.
 */
final class LiveNames implements Names {
    private static final int INSIDE = 5;
    private static final int OUTSIDE = 6;

    private final String label;
    private final long window;
    private final long arrival;
    private final LongSupplier serverTime;
    private OptionalLong now = OptionalLong.empty();

    /**
     * New names.
     *
     * @param window the freshness window, seconds
     * @param arrival when the case's requests arrive, seconds from its time
     * @param serverTime the server's clock, epoch seconds
     */
    LiveNames(String seed, String caseId, long window, long arrival, LongSupplier serverTime) {
        this.label = "countersign conformance live\n" + seed + "\n" + caseId + "\n";
        this.window = window;
        this.arrival = arrival;
        this.serverTime = serverTime;
    }

    @Override
    public String app(String name) {
        return "conformance." + Hex.of(hash("app", name)).substring(0, 24);
    }

    @Override
    public String device(String name) {
        return Names.uuidOfHash(hash("device", name));
    }

    @Override
    public String nonce(String name) {
        return Names.uuidOfHash(hash("nonce", name));
    }

    @Override
    public P256Key key(String name) {
        return P256Key.ofHash(hash("key", name));
    }

    @Override
    public long time(long offset) {
        if (now.isEmpty()) {
            now = OptionalLong.of(serverTime.getAsLong());
        }
        return now.getAsLong() + awayFromTheEdge(offset - arrival);
    }

    private long awayFromTheEdge(long offset) {
        long distance = Math.abs(offset);
        if (distance > window - INSIDE && distance <= window) {
            return Long.signum(offset) * (window - INSIDE);
        }
        if (distance > window && distance < window + OUTSIDE) {
            return Long.signum(offset) * (window + OUTSIDE);
        }
        return offset;
    }

    private byte[] hash(String kind, String name) {
        return Hex.sha256((label + kind + "\n" + name).getBytes(StandardCharsets.UTF_8));
    }
}
