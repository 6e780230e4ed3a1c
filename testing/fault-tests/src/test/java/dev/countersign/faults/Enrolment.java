package dev.countersign.faults;

import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.faults.Event.Change;
import dev.countersign.faults.Event.ChangeKind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Registers, rotates and revokes, and repeats what failed until it knows that it is done. Thread-safe. */
final class Enrolment {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int TRY_SECONDS = 10;
    private static final int BETWEEN_TRIES_MILLIS = 50;

    private final DeviceRegistry registry;
    private final History history;
    private final AtomicLong nextSeed;
    private final List<Device> devices = new CopyOnWriteArrayList<>();

    Enrolment(DeviceRegistry registry, History history, long seed) {
        this.registry = registry;
        this.history = history;
        this.nextSeed = new AtomicLong((seed & 0xFFFF) << 16);
    }

    /** Those that were registered, revoked ones included. */
    List<Device> devices() {
        return devices;
    }

    void register() {
        Device device = new Device(nextSeed.incrementAndGet());
        change(
                ChangeKind.REGISTERED,
                device,
                () -> registry.register(device.identity(), device.publicKey(), DeviceStatus.ACTIVE));
        devices.add(device);
    }

    void rotate(Device device) {
        change(
                ChangeKind.ROTATED,
                device,
                () -> registry.rotate(device.identity(), device.nextKey(), device.publicKey()));
        device.useNextKey();
    }

    void revoke(Device device) {
        device.revoked();
        change(ChangeKind.REVOKED, device, () -> registry.revoke(device.identity()));
    }

    private void change(ChangeKind kind, Device device, Supplier<CompletionStage<RegistryResult>> call) {
        Moment start = Moment.now();
        boolean[] done = {false};
        boolean known = Nemesis.await(PATIENCE, () -> {
            done[0] = succeeds(kind, call);
            if (!done[0]) {
                Nemesis.rest(BETWEEN_TRIES_MILLIS);
            }
            return done[0];
        });
        if (!known) {
            throw new AssertionError(kind + " did not come through within " + PATIENCE);
        }
        history.note(new Change(kind, device.identity().deviceId(), start, Moment.now()));
    }

    private static boolean succeeds(ChangeKind kind, Supplier<CompletionStage<RegistryResult>> call) {
        RegistryResult result;
        try {
            result = call.get().toCompletableFuture().get(TRY_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException notNow) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
        if (!result.isSuccess()) {
            throw new AssertionError(kind + " was refused: " + result.outcome());
        }
        return true;
    }
}
