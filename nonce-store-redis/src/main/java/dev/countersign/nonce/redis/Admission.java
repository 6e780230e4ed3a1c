package dev.countersign.nonce.redis;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.claim.CountedRequests;
import dev.countersign.nonce.redis.claim.DeviceQuotas;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What is decided about a claim before Redis is asked: whether there is room for one more in flight, whether its device
 * has used up its quota, and whether a copy of it can have left Redis already. Thread-safe.
 */
final class Admission {
    /** Devices whose requests are counted at a time: those seen last. */
    private static final int DEVICES_COUNTED = 1 << 17;

    private final StoreContext context;
    private final CountedRequests requests;
    private final int maxInFlight;
    private final AtomicInteger inFlight = new AtomicInteger();

    Admission(StoreContext context, int quotaPerDevice, int maxInFlight) {
        this.context = context;
        this.requests = new CountedRequests(new DeviceQuotas(quotaPerDevice, DEVICES_COUNTED), maxInFlight);
        this.maxInFlight = maxInFlight;
    }

    /** Claims without an answer. */
    int inFlight() {
        return inFlight.get();
    }

    /**
     * A claim that is in flight from now on, until it has succeeded or failed.
     *
     * @param started when it was asked for, in nanoseconds of {@link System#nanoTime}
     * @throws RedisUnavailableException if too many are in flight
     * @throws ArithmeticException if its times are absurd
     */
    ClaimCall admit(Claim claim, long started) {
        if (inFlight.incrementAndGet() > maxInFlight) {
            inFlight.decrementAndGet();
            context.counters().overloaded.increment();
            throw new RedisUnavailableException("too many claims are in flight to Redis");
        }
        ClaimCall call;
        try {
            call = callFor(claim, started);
        } catch (RuntimeException cannotBeAsked) {
            inFlight.decrementAndGet();
            throw cannotBeAsked;
        }
        context.counters().claims.increment();
        return call;
    }

    private ClaimCall callFor(Claim claim, long started) {
        long nanoTime = context.settings().ticker().getAsLong();
        context.forgotten().claimKept(claim.deadline() - claim.claimedAt() + 1);
        context.forgotten().reading(claim.claimedAt(), nanoTime);
        if (claim.earliestDeadline() <= context.forgotten().latest(nanoTime)) {
            return call(claim, ClaimResult.NOT_WATCHING_YET, started, this::ended);
        }
        CountedRequests.Request request = requests.begin(claim);
        if (request == null) {
            return call(claim, ClaimResult.FULL, started, this::ended);
        }
        try {
            return call(claim, null, started, (ended, result, failure) -> {
                // What may be stored keeps its place until its deadline.
                requests.end(request, claim, result == ClaimResult.CLAIMED, failure == ClaimCall.Failure.MAYBE_STORED);
                ended(ended, result, failure);
            });
        } catch (RuntimeException absurdTimes) {
            requests.end(request, claim, false, false);
            throw absurdTimes;
        }
    }

    private ClaimCall call(Claim claim, @Nullable ClaimResult refusal, long started, ClaimCall.End end) {
        return new ClaimCall(claim, context.settings().keys(), refusal, started, end);
    }

    private void ended(ClaimCall call, @Nullable ClaimResult result, ClaimCall.@Nullable Failure failure) {
        inFlight.decrementAndGet();
        if (failure == ClaimCall.Failure.MAYBE_STORED) {
            context.counters().unknownOutcomes.increment();
        }
    }
}
