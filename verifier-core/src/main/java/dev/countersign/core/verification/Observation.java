package dev.countersign.core.verification;

import dev.countersign.api.StoreFailure;
import dev.countersign.api.StoreFailure.Store;
import dev.countersign.api.Verdict;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.VerificationListener;
import dev.countersign.api.verifier.ForVerifiers;
import dev.countersign.core.verification.Unavailability.Kind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Calls the listeners. No fault of a listener, nor of ours in making the event, changes a verdict, or keeps the next
 * listener from being called. Thread-safe.
 */
public final class Observation {
    private final String verifierName;
    private final List<VerificationListener> listeners;
    private final InternalFaults faults;
    private final LongAdder listenerFailures = new LongAdder();
    private final Map<Store, OncePerSecond> storeFailures = new EnumMap<>(Store.class);
    private final Map<Store, OncePerSecond> storeRefusals = new EnumMap<>(Store.class);

    /**
     * Calls these listeners, in their order.
     *
     * @param nanoTime the monotonic clock by which failures of stores are reported at most once a second
     */
    public Observation(
            String verifierName, List<VerificationListener> listeners, InternalFaults faults, LongSupplier nanoTime) {
        this.verifierName = verifierName;
        this.listeners = List.copyOf(listeners);
        this.faults = faults;
        for (Store store : Store.values()) {
            storeFailures.put(store, new OncePerSecond(nanoTime));
            storeRefusals.put(store, new OncePerSecond(nanoTime));
        }
    }

    void reached(Trace trace, Verdict verdict) {
        if (listeners.isEmpty()) {
            return;
        }
        VerificationEvent event;
        try {
            event = trace.event(verifierName, verdict);
        } catch (Throwable fault) {
            faults.note(fault);
            return;
        }
        call(listener -> listener.onVerdict(event));
    }

    /** Refusals have a second of their own: a flood of them leaves out no failure. */
    void storeFailed(Store store, Unavailability why) {
        if (listeners.isEmpty() || why.kind() == Kind.NONE) {
            return;
        }
        try {
            Map<Store, OncePerSecond> gates = why.kind() == Kind.REFUSED ? storeRefusals : storeFailures;
            long leftOut = Objects.requireNonNull(gates.get(store)).pass();
            if (leftOut >= 0) {
                StoreFailure failure =
                        StoreFailure.of(verifierName, store, why.words(), why.cause(), leftOut, ForVerifiers.ONLY);
                call(listener -> listener.onStoreFailure(failure));
            }
        } catch (Throwable fault) {
            faults.note(fault);
        }
    }

    private void call(Consumer<VerificationListener> call) {
        for (VerificationListener listener : listeners) {
            try {
                call.accept(listener);
            } catch (Throwable failure) {
                listenerFailures.increment();
            }
        }
    }

    /** How often a listener threw. */
    public long listenerFailures() {
        return listenerFailures.sum();
    }
}
