package dev.countersign.faults;

import dev.countersign.api.DeviceRegistry;
import dev.countersign.api.PublicKeyStore;
import dev.countersign.tck.InMemoryDeviceRegistry;
import java.time.Clock;
import java.util.List;
import java.util.Random;

final class InMemorySite implements KeySite {
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(Clock.systemUTC());

    @Override
    public PublicKeyStore open(int node) {
        return registry;
    }

    @Override
    public DeviceRegistry registry() {
        return registry;
    }

    @Override
    public List<Harm> harms(Random random) {
        return List.of();
    }

    @Override
    public void close() {}
}
