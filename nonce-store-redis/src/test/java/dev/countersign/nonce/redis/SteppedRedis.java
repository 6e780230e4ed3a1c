package dev.countersign.nonce.redis;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.testkit.ForwardingNonceStore;
import dev.countersign.testkit.MutableClock;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes the time of a real Redis pass when a test's clock steps ahead: every key is given so much less time to live, and the
 * monotonic time of the stores goes on by as much. A clock that steps back takes none of it back. Claims and steps exclude each
 * other, as if Redis's clock moved between them.
 */
final class SteppedRedis {
    private static final int MOST_CLAIMS = 100_000;

    /**
     * A key whose time ends now is given a little more, because real time has passed too since it was made. It is gone at the
     * next step, or soon.
     */
    private static final String LOWER = """
            for _, key in ipairs(redis.call('KEYS', '*')) do
              local left = redis.call('PTTL', key)
              if left >= 0 then
                left = left - tonumber(ARGV[1])
                if left <= -900 then redis.call('DEL', key)
                elseif left <= 0 then redis.call('PEXPIRE', key, 900)
                else redis.call('PEXPIRE', key, left) end
              end
            end
            """;

    private final MutableClock clock;
    private final List<RedisCommands<String, String>> admins;
    private final Semaphore steady = new Semaphore(MOST_CLAIMS, true);
    private final MutableClock seen;
    private final AtomicLong steppedNanos = new AtomicLong();

    /** @param admins of each server */
    SteppedRedis(MutableClock clock, List<RedisCommands<String, String>> admins) {
        this.clock = clock;
        this.admins = List.copyOf(admins);
        this.seen = new MutableClock(clock.instant());
    }

    /** The test's clock as of the last step: what the stores may look at by themselves. */
    MutableClock clock() {
        return seen;
    }

    long nanoTime() {
        return System.nanoTime() + steppedNanos.get();
    }

    /** Lets as much time pass in Redis as the clock has stepped ahead. */
    void step() {
        if (clock.instant().equals(seen.instant())) {
            return;
        }
        steady.acquireUninterruptibly(MOST_CLAIMS);
        try {
            Instant now = clock.instant();
            Duration ahead = Duration.between(seen.instant(), now);
            if (ahead.compareTo(Duration.ZERO) > 0) {
                steppedNanos.addAndGet(ahead.toNanos());
                for (RedisCommands<String, String> admin : admins) {
                    admin.eval(LOWER, ScriptOutputType.STATUS, new String[0], Long.toString(ahead.toMillis()));
                }
            }
            seen.set(now);
        } finally {
            steady.release(MOST_CLAIMS);
        }
    }

    /** The store, with a step before each claim. */
    NonceStore over(RedisNonceStore store) {
        return new ForwardingNonceStore(store) {
            @Override
            public CompletionStage<ClaimResult> claim(Claim claim) {
                step();
                steady.acquireUninterruptibly();
                return super.claim(claim).whenComplete((result, failure) -> steady.release());
            }
        };
    }
}
