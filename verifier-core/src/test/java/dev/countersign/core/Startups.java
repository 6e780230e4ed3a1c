package dev.countersign.core;

import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Starts what an application would, in whatever class loader it was loaded by, and says what came of it. */
public final class Startups implements Supplier<List<String>> {
    /** For the loader that made the class. */
    public Startups() {}

    @Override
    public List<String> get() {
        InMemoryDeviceRegistry devices = new InMemoryDeviceRegistry(Clock.systemUTC());
        return List.of(
                outcome(EcdsaP256Engine::bouncyCastle),
                outcome(() -> CountersignVerifier.builder(
                                KeySource.uncached(devices),
                                MemoryNonceStore.builder().build())
                        .build()),
                outcome(() -> KeyCache.builder(devices).build()));
    }

    private static String outcome(Callable<?> startup) {
        try {
            Object started = startup.call();
            if (started instanceof AutoCloseable closeable) {
                closeable.close();
            }
            return "built";
        } catch (Exception | LinkageError e) {
            return e.toString();
        }
    }
}
