package dev.countersign.core;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.DeviceListing;
import dev.countersign.api.registry.DevicePage;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A registry in front of which a cache hears of each change before its caller does. Reads pass through. Thread-safe.
 */
final class CachedRegistry implements DeviceRegistry {
    private final DeviceRegistry registry;
    private final KeyCache cache;

    CachedRegistry(DeviceRegistry registry, KeyCache cache) {
        this.registry = registry;
        this.cache = cache;
    }

    @Override
    public DeviceRegistry as(AuditNote note) {
        return new CachedRegistry(registry.as(note), cache);
    }

    @Override
    public CompletionStage<RegistryResult> register(DeviceIdentity device, DevicePublicKey key, DeviceStatus initial) {
        return passedOn(device, () -> registry.register(device, key, initial));
    }

    @Override
    public CompletionStage<RegistryResult> activate(DeviceIdentity device) {
        return passedOn(device, () -> registry.activate(device));
    }

    @Override
    public CompletionStage<RegistryResult> rotate(
            DeviceIdentity device, DevicePublicKey newKey, DevicePublicKey signedBy) {
        return passedOn(device, () -> registry.rotate(device, newKey, signedBy));
    }

    @Override
    public CompletionStage<RegistryResult> replace(DeviceIdentity device, DevicePublicKey newKey) {
        return passedOn(device, () -> registry.replace(device, newKey));
    }

    @Override
    public CompletionStage<RegistryResult> invalidate(DeviceIdentity device) {
        return passedOn(device, () -> registry.invalidate(device));
    }

    @Override
    public CompletionStage<RegistryResult> revoke(DeviceIdentity device) {
        return passedOn(device, () -> registry.revoke(device));
    }

    @Override
    public CompletionStage<RegistryResult> erase(DeviceIdentity device) {
        return passedOn(device, () -> registry.erase(device));
    }

    @Override
    public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity device) {
        return registry.find(device);
    }

    @Override
    public CompletionStage<DevicePage> list(DeviceListing listing) {
        return registry.list(listing);
    }

    @Override
    public CompletionStage<Optional<KeyOwner>> findByKey(DevicePublicKey key) {
        return registry.findByKey(key);
    }

    private CompletionStage<RegistryResult> passedOn(
            DeviceIdentity device, Supplier<CompletionStage<RegistryResult>> change) {
        CompletionStage<RegistryResult> asked;
        try {
            asked = change.get();
        } catch (RuntimeException | Error thrown) {
            tell(device, null);
            throw thrown;
        }
        return asked.whenComplete((result, failure) -> tell(device, result));
    }

    /** @param result null if the change failed: then nobody knows whether it was made */
    private void tell(DeviceIdentity device, @Nullable RegistryResult result) {
        DeviceRecord record = result == null ? null : result.record().orElse(null);
        if (record == null) {
            cache.invalidate(device);
        } else {
            cache.update(record);
        }
    }
}
