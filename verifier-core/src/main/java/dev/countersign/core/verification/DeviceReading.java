package dev.countersign.core.verification;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.core.key.DeviceLookup;
import dev.countersign.core.key.FoundDevice;
import dev.countersign.core.step.Objection;
import dev.countersign.core.wait.StoreAnswer;
import dev.countersign.core.wait.Waits;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the device of one request. It is looked up with the head, looked up again if that may be out of date
 * when the body is complete, and read once more before it rejects the request. Used by one thread at a time.
 *
 * @param <D> what the lookup finds
 */
final class DeviceReading<D extends FoundDevice> {
    /** What another node's change of the device may turn into an acceptance. */
    private static final Set<RejectionReason> MAY_BE_OUTDATED = EnumSet.of(
            RejectionReason.UNKNOWN_DEVICE, RejectionReason.INVALID_SIGNATURE, RejectionReason.DEVICE_PENDING);

    private final DeviceLookup<D> devices;
    private final VerificationContext context;
    private final DeviceIdentity claimed;
    private final long begunAt;

    private CompletionStage<D> lookup;
    private long startedAt;
    private long second;
    private boolean wasReadAgain;
    private @Nullable D last;

    private DeviceReading(
            DeviceLookup<D> devices, VerificationContext context, DeviceIdentity claimed, long begunAt, long second) {
        this.devices = devices;
        this.context = context;
        this.claimed = claimed;
        this.begunAt = begunAt;
        this.second = second;
        this.startedAt = begunAt;
        this.lookup = Waits.call(() -> devices.find(claimed));
    }

    /**
     * Starts the lookup.
     *
     * @param now the server's second
     */
    static DeviceReading<?> begin(VerificationContext context, DeviceIdentity claimed, long now) {
        return begin(context.devices(), context, claimed, now);
    }

    private static <D extends FoundDevice> DeviceReading<D> begin(
            DeviceLookup<D> devices, VerificationContext context, DeviceIdentity claimed, long now) {
        return new DeviceReading<>(devices, context, claimed, context.clocks().nanoTime(), now);
    }

    private void start(long now, long nanoTime) {
        wasReadAgain = false;
        second = now;
        startedAt = nanoTime;
        lookup = Waits.call(() -> devices.find(claimed));
    }

    /** When the request's first lookup began: nanoseconds. */
    long begunAt() {
        return begunAt;
    }

    /** The server's second in which the lookup was started. */
    long second() {
        return second;
    }

    /**
     * What was looked up in an earlier second, or is superseded, may have been overtaken while the body came: asks
     * again.
     */
    void refresh(long now) {
        D found = found();
        if (second != now || (found != null && found.isSuperseded())) {
            start(now, context.clocks().nanoTime());
        }
    }

    /**
     * Whether the device is known not to exist: by now, and by a reading that may reject the request. Begins one if it
     * has to.
     */
    boolean isKnownToBeUnknown() {
        if (!isFoundMissing()) {
            return false;
        }
        if (!wasReadAgain) {
            readAgain(Objects.requireNonNull(found()));
        }
        return isFoundMissing() && devices.mayReject(claimed, Objects.requireNonNull(found()), begunAt);
    }

    private boolean isFoundMissing() {
        D found = found();
        return found != null && found.record() == null;
    }

    /** What the lookup has found, or null as long as it has not. */
    private @Nullable D found() {
        return lookup instanceof CompletableFuture<D> future && future.isDone() && !future.isCompletedExceptionally()
                ? future.join()
                : null;
    }

    /**
     * Goes on with what is found, or with why the store is unavailable.
     *
     * @param lost instead of {@code next}, on any thread, where the executor does not run it
     */
    void whenFound(Executor executor, Consumer<StoreAnswer<? extends FoundDevice>> next, Runnable lost) {
        long remaining = context.limits().lookupNanos() - (context.clocks().nanoTime() - startedAt);
        context.waits()
                .whenAnswered(
                        lookup,
                        remaining,
                        executor,
                        answer -> {
                            last = answer.value();
                            next.accept(answer);
                        },
                        lost);
    }

    /** Whether another reading might turn this rejection into an acceptance. */
    boolean mayBeOutdated(Objection objection) {
        return MAY_BE_OUTDATED.contains(objection.reason());
    }

    /**
     * Reads the device once more, unless that was done: then the answer is false. To be followed by {@link #whenFound}.
     */
    boolean readAgain() {
        D seen = last;
        if (wasReadAgain || seen == null) {
            return false;
        }
        readAgain(seen);
        return true;
    }

    private void readAgain(D seen) {
        wasReadAgain = true;
        startedAt = context.clocks().nanoTime();
        lookup = Waits.call(() -> devices.recheck(claimed, seen, begunAt));
    }

    /** Whether what was found last is good enough to reject the request by. A pending device has signed validly. */
    boolean mayReject(Objection objection) {
        D by = last;
        return objection.reason() == RejectionReason.DEVICE_PENDING
                || (by != null && devices.mayReject(claimed, by, begunAt));
    }
}
