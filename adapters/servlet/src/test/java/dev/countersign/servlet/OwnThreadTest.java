package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeySource;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.tck.InMemoryDeviceRegistry;
import dev.countersign.tck.MutableClock;
import dev.countersign.tck.RawHttp;
import dev.countersign.tck.TestKeys;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A request is verified on the container's thread, also where stores answer on threads of theirs. */
@Tag("blocking")
@Timeout(120)
class OwnThreadTest {
    /** As a logging framework keeps its context. */
    private static final ThreadLocal<@Nullable String> CONTEXT = new ThreadLocal<>();

    private final MutableClock clock = new MutableClock(Instant.ofEpochSecond(VerifiedBackend.NOW));
    private final ExecutorService stores = Executors.newCachedThreadPool();
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private volatile @Nullable Thread containers;

    @AfterEach
    void stop() {
        stores.shutdownNow();
    }

    /** Answers on another thread, and not before the container's waits. */
    private <T> CompletionStage<T> elsewhere(Supplier<CompletionStage<T>> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        T value = call.get().toCompletableFuture().join();
        stores.execute(() -> {
            Thread waiting = containers;
            while (waiting != null && waiting.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            answer.complete(value);
        });
        return answer;
    }

    private void listen(VerificationEvent event) {
        heard.add((Thread.currentThread() == containers ? "container's thread" : "another thread") + ", context "
                + CONTEXT.get() + ", "
                + event.reason().map(Object::toString).orElse("accepted"));
    }

    @Test
    void listenersHaveTheContainersThreadAndItsContext() throws Exception {
        InMemoryDeviceRegistry devices = new InMemoryDeviceRegistry(clock);
        DeviceIdentity device = new DeviceIdentity(SignedRequest.APP, SignedRequest.DEVICE);
        devices.put(DeviceRecord.active(device, TestKeys.publicKey(SignedRequest.KEY), 1));
        Filter context = (request, response, chain) -> {
            containers = Thread.currentThread();
            CONTEXT.set("of the request");
            try {
                chain.doFilter(request, response);
            } finally {
                CONTEXT.remove();
            }
        };
        try (NonceStore memory =
                        MemoryNonceStore.builder().clock(clock).alwaysWatching().build();
                CountersignVerifier verifier = CountersignVerifier.builder(
                                KeySource.uncached(new Keys(devices)), new Nonces(memory))
                        .clock(clock)
                        .addListener(this::listen)
                        .build();
                JettyServer server = new JettyServer()) {
            server.context.addFilter(new FilterHolder(context), "/*", EnumSet.allOf(DispatcherType.class));
            server.filter(verifier, "/*")
                    .servlet("/", (request, response) -> response.setStatus(200))
                    .start();
            byte[] request =
                    RawHttp.latin1(new SignedRequest("POST", "/v1/x", "some body", VerifiedBackend.NOW, 1).text());
            assertEquals(200, RawHttp.exchange(server.port(), request).status());
            assertEquals(401, RawHttp.exchange(server.port(), request).status());
        }
        assertEquals(
                List.of(
                        "container's thread, context of the request, accepted",
                        "container's thread, context of the request, NONCE_REPLAY"),
                heard);
    }

    private final class Keys implements PublicKeyStore {
        private final PublicKeyStore store;

        Keys(PublicKeyStore store) {
            this.store = store;
        }

        @Override
        public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
            return elsewhere(() -> store.find(claimed));
        }

        @Override
        public CompletionStage<Boolean> confirm(DeviceIdentity named, DevicePublicKey key, Instant at) {
            return elsewhere(() -> store.confirm(named, key, at));
        }

        @Override
        public CompletionStage<Long> cursor() {
            return store.cursor();
        }

        @Override
        public CompletionStage<DeviceChanges> changesSince(long cursor) {
            return store.changesSince(cursor);
        }

        @Override
        public void close() {}
    }

    private final class Nonces implements NonceStore {
        private final NonceStore store;

        Nonces(NonceStore store) {
            this.store = store;
        }

        @Override
        public CompletionStage<ClaimResult> claim(Claim claim) {
            return elsewhere(() -> store.claim(claim));
        }

        @Override
        public long watchingSince() {
            return store.watchingSince();
        }

        @Override
        public boolean isShared() {
            return false;
        }

        @Override
        public void close() {}
    }
}
