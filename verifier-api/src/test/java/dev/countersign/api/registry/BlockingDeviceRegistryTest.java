package dev.countersign.api.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.ChangeFailure;
import dev.countersign.api.store.StoreOverloadedException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Every call waits for the stage of its namesake, and says of a change without an answer what is known. */
class BlockingDeviceRegistryTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("app", "device-1");
    private static final RegistryResult REVOKED = RegistryResult.of(Outcome.UNKNOWN_DEVICE);
    private static final Duration LONG = Duration.ofMinutes(2);

    private final List<String> called = new ArrayList<>();
    private CompletableFuture<@Nullable Object> answer = new CompletableFuture<>();

    /** Answers every call with the stage, but those that have a default. */
    private final DeviceRegistry registry = (DeviceRegistry) Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {DeviceRegistry.class}, (InvocationHandler)
                    (self, method, args) -> {
                        if (method.isDefault()) {
                            return InvocationHandler.invokeDefault(self, method, args);
                        }
                        called.add(method.getName());
                        return method.getName().equals("as") ? self : answer;
                    });

    private final BlockingDeviceRegistry blocking = registry.blocking(LONG);

    private static final class Failure extends RuntimeException implements ChangeFailure {
        private static final long serialVersionUID = 1L;

        private final boolean unknown;

        Failure(boolean unknown) {
            this.unknown = unknown;
        }

        @Override
        public boolean isOutcomeUnknown() {
            return unknown;
        }
    }

    @Test
    void aCallAnswersWhatTheStageDoes() throws Exception {
        answer.complete(REVOKED);
        assertSame(REVOKED, blocking.revoke(DEVICE));
        assertSame(REVOKED, blocking.as(AuditNote.by("alice")).activate(DEVICE));
        assertEquals(List.of("revoke", "as", "activate"), called);
        answer = CompletableFuture.completedFuture(Optional.empty());
        assertEquals(Optional.empty(), blocking.find(DEVICE));
        answer = CompletableFuture.completedFuture(DevicePage.last(List.of()));
        assertEquals(List.of(), blocking.list(DeviceListing.ofApp("app")).devices());
    }

    @Test
    void aFailureThatDoesNotSayLeavesTheOutcomeOfAChangeUnknown() {
        IllegalStateException failure = new IllegalStateException("closed");
        answer.completeExceptionally(failure);
        RegistryUnavailableException change = unavailable(() -> blocking.invalidate(DEVICE));
        assertTrue(change.isOutcomeUnknown());
        assertSame(failure, change.getCause());
        assertEquals("the registry failed, and whether the change was made is unknown: repeat it", change.getMessage());
        RegistryUnavailableException read = unavailable(() -> blocking.find(DEVICE));
        assertFalse(read.isOutcomeUnknown());
        assertEquals("the registry failed", read.getMessage());
    }

    @Test
    void aFailureThatKnowsIsBelieved() {
        answer.completeExceptionally(new CompletionException(new Failure(false)));
        assertFalse(unavailable(() -> blocking.erase(DEVICE)).isOutcomeUnknown());
        answer = CompletableFuture.failedFuture(new Failure(true));
        assertTrue(unavailable(() -> blocking.erase(DEVICE)).isOutcomeUnknown());
        answer = CompletableFuture.failedFuture(new StoreOverloadedException("full"));
        assertFalse(unavailable(() -> blocking.erase(DEVICE)).isOutcomeUnknown(), "it was not begun");
    }

    @Test
    void anAnswerThatDoesNotComeLeavesTheOutcomeUnknown() throws Exception {
        BlockingDeviceRegistry impatient = registry.blocking(Duration.ofMillis(5));
        RegistryUnavailableException late = unavailable(() -> impatient.revoke(DEVICE));
        assertTrue(late.isOutcomeUnknown());
        assertNull(late.getCause());
        assertFalse(answer.isDone(), "the store goes on");
        assertFalse(unavailable(() -> impatient.find(DEVICE)).isOutcomeUnknown());
        answer.complete(null);
        assertTrue(unavailable(() -> blocking.revoke(DEVICE)).isOutcomeUnknown(), "nothing is no answer");
        assertThrows(IllegalArgumentException.class, () -> registry.blocking(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> registry.blocking(Duration.ofSeconds(-1)));
    }

    @Test
    void anInterruptEndsTheWaitAndNotTheChange() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        DeviceRegistry slow = (DeviceRegistry) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DeviceRegistry.class}, (self, method, args) -> {
                    asked.countDown();
                    return answer;
                });
        AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                RegistryResult ignored = new WaitingRegistry(slow, LONG).revoke(DEVICE);
            } catch (Throwable failure) {
                thrown.set(failure);
            }
        });
        caller.start();
        assertTrue(asked.await(60, TimeUnit.SECONDS));
        caller.interrupt();
        caller.join(60_000);
        assertEquals(InterruptedException.class, classOf(thrown.get()));
        assertFalse(answer.isDone(), "neither cancelled nor failed: the store goes on with the change");
    }

    @Test
    void onAnInterruptedThreadNothingIsAsked() {
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> blocking.revoke(DEVICE));
        assertFalse(Thread.interrupted());
        assertEquals(List.of(), called);
    }

    @Test
    void wrongArgumentsAreTheCallersFault() {
        DeviceRegistry refusing = throwing(new IllegalArgumentException("no"));
        assertThrows(IllegalArgumentException.class, () -> refusing.blocking().revoke(DEVICE));
        DeviceRegistry broken = throwing(new IllegalStateException("broken"));
        RegistryUnavailableException failure =
                unavailable(() -> broken.blocking().revoke(DEVICE));
        assertTrue(failure.isOutcomeUnknown());
    }

    private DeviceRegistry throwing(RuntimeException failure) {
        return (DeviceRegistry) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DeviceRegistry.class}, (InvocationHandler)
                        (self, method, args) -> {
                            if (method.isDefault()) {
                                return InvocationHandler.invokeDefault(self, method, args);
                            }
                            throw failure;
                        });
    }

    private static @Nullable Class<?> classOf(@Nullable Throwable thrown) {
        return thrown == null ? null : thrown.getClass();
    }

    private static RegistryUnavailableException unavailable(Executable call) {
        return assertThrows(RegistryUnavailableException.class, call);
    }
}
