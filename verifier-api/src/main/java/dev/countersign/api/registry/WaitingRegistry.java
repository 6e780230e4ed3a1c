package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.ChangeFailure;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Waits for the stages of a registry. */
final class WaitingRegistry implements BlockingDeviceRegistry {
    private final DeviceRegistry registry;
    private final Duration limit;

    WaitingRegistry(DeviceRegistry registry, Duration limit) {
        if (limit.isNegative() || limit.isZero()) {
            throw new IllegalArgumentException("the limit of a blocking call must be positive");
        }
        this.registry = registry;
        this.limit = limit;
    }

    @Override
    public BlockingDeviceRegistry as(AuditNote note) {
        return new WaitingRegistry(registry.as(note), limit);
    }

    @Override
    public RegistryResult register(DeviceIdentity device, DevicePublicKey key, DeviceStatus initial)
            throws InterruptedException {
        return change(() -> registry.register(device, key, initial));
    }

    @Override
    public RegistryResult activate(DeviceIdentity device) throws InterruptedException {
        return change(() -> registry.activate(device));
    }

    @Override
    public RegistryResult rotate(DeviceIdentity device, DevicePublicKey newKey, DevicePublicKey signedBy)
            throws InterruptedException {
        return change(() -> registry.rotate(device, newKey, signedBy));
    }

    @Override
    public RegistryResult replace(DeviceIdentity device, DevicePublicKey newKey) throws InterruptedException {
        return change(() -> registry.replace(device, newKey));
    }

    @Override
    public RegistryResult invalidate(DeviceIdentity device) throws InterruptedException {
        return change(() -> registry.invalidate(device));
    }

    @Override
    public RegistryResult revoke(DeviceIdentity device) throws InterruptedException {
        return change(() -> registry.revoke(device));
    }

    @Override
    public RegistryResult erase(DeviceIdentity device) throws InterruptedException {
        return change(() -> registry.erase(device));
    }

    @Override
    public Optional<DeviceRecord> find(DeviceIdentity device) throws InterruptedException {
        return await(() -> registry.find(device), false);
    }

    @Override
    public Optional<KeyOwner> findByKey(DevicePublicKey key) throws InterruptedException {
        return await(() -> registry.findByKey(key), false);
    }

    @Override
    public DevicePage list(DeviceListing listing) throws InterruptedException {
        return await(() -> registry.list(listing), false);
    }

    private RegistryResult change(Supplier<CompletionStage<RegistryResult>> call) throws InterruptedException {
        return await(call, true);
    }

    private <T> T await(Supplier<CompletionStage<T>> call, boolean isChange) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted before the registry was called");
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            // A future of its own: what ends the wait must not complete the store's.
            CompletionStage<T> asked = call.get().whenComplete((value, failure) -> {
                if (failure == null) {
                    answer.complete(value);
                } else {
                    answer.completeExceptionally(failure);
                }
            });
            Objects.requireNonNull(asked, "a stage");
        } catch (IllegalArgumentException | NullPointerException misuse) {
            throw misuse;
        } catch (RuntimeException failure) {
            throw failed(failure, isChange);
        }
        T value;
        try {
            value = answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException failed) {
            throw failed(cause(failed), isChange);
        } catch (TimeoutException late) {
            throw new RegistryUnavailableException("the registry did not answer within " + limit, null, isChange);
        }
        if (value == null) {
            throw new RegistryUnavailableException("the registry answered nothing", null, isChange);
        }
        return value;
    }

    /** What the stage failed with, without what futures wrap around it. */
    private static Throwable cause(ExecutionException failed) {
        Throwable cause = failed;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static RegistryUnavailableException failed(Throwable failure, boolean isChange) {
        boolean known = failure instanceof ChangeFailure ours && !ours.isOutcomeUnknown();
        return new RegistryUnavailableException("the registry failed", failure, isChange && !known);
    }
}
