package dev.countersign.nonce.redis.claim;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ReplayToken;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Requests that have a place in their device's quota and whose claims are in flight, or may be stored. Copies of a
 * request have the same signature token (or the same nonce token, without signature tokens) and share one place. The
 * last of them gives it back if none is stored. So copies do not fill a quota, however they end.
 *
 * <p>Requests of unknown outcome are kept until their deadline, at most as many as claims may be in flight: the oldest
 * goes first, and its place remains counted. Thread-safe; locks are short.
 */
public final class CountedRequests {
    private final DeviceQuotas quotas;
    private final int mostUnknown;
    private final Map<ReplayToken, Request> requests = new HashMap<>();
    private final Queue<Request> unknown = new ArrayDeque<>();

    public CountedRequests(DeviceQuotas quotas, int mostUnknown) {
        this.quotas = quotas;
        this.mostUnknown = mostUnknown;
    }

    /** One request: guarded by the whole. */
    public static final class Request {
        private final ReplayToken token;
        private long deadline;
        private int inFlight;
        private boolean stored;
        private boolean unknown;

        private Request(ReplayToken token, long deadline) {
            this.token = token;
            this.deadline = deadline;
        }
    }

    /** A claim begins: with a place of its own, or with that of its copies. Null if the quota is used up. */
    public synchronized @Nullable Request begin(Claim claim) {
        dropOld(claim.claimedAt());
        ReplayToken token = tokenOf(claim);
        Request request = requests.get(token);
        if (request == null) {
            if (!quotas.reserve(claim.device(), claim.deadline(), claim.claimedAt())) {
                return null;
            }
            request = new Request(token, claim.deadline());
            requests.put(token, request);
        }
        request.inFlight++;
        return request;
    }

    /**
     * A claim that has begun has ended.
     *
     * @param stored whether its tokens are stored
     * @param maybeStored whether this is unknown
     */
    public synchronized void end(Request request, Claim claim, boolean stored, boolean maybeStored) {
        request.inFlight--;
        if ((stored || maybeStored) && claim.deadline() > request.deadline) {
            // A later copy lives longer.
            quotas.postpone(claim.device(), request.deadline, claim.deadline());
            request.deadline = claim.deadline();
        }
        request.stored |= stored;
        if (maybeStored && !request.unknown) {
            request.unknown = true;
            unknown.add(request);
        }
        if (request.inFlight > 0 || request.unknown) {
            return;
        }
        requests.remove(request.token, request);
        if (!request.stored) {
            quotas.release(claim.device(), request.deadline);
        }
    }

    private void dropOld(long now) {
        for (Request oldest = unknown.peek();
                oldest != null && (unknown.size() > mostUnknown || oldest.deadline < now);
                oldest = unknown.peek()) {
            unknown.remove();
            // Its place is counted until its deadline, whatever else becomes of it.
            oldest.unknown = false;
            oldest.stored = true;
            if (oldest.inFlight == 0) {
                requests.remove(oldest.token, oldest);
            }
        }
    }

    private static ReplayToken tokenOf(Claim claim) {
        return claim.signature().orElse(claim.nonce());
    }

    /** Requests that are known, for tests. */
    public synchronized int size() {
        return requests.size();
    }
}
