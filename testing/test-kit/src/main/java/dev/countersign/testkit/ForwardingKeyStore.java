package dev.countersign.testkit;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.api.store.StoreStatus;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A key store that passes each call on to another one, unless the test says that it is down or that answers wait. For anything else,
 * override a method.
 *
 * <pre>{@code
 * ForwardingKeyStore keys = new ForwardingKeyStore(devices);
 * RequestVerifier verifier = CountersignVerifier.builder(KeySource.uncached(keys), nonces).build();
 * keys.goDown(); // and requests are answered with 503
 * }</pre>
 *
 * <p>Thread-safe, if the other store is.
 */
public class ForwardingKeyStore implements PublicKeyStore {
    private final PublicKeyStore store;
    private final Calls calls = new Calls();
    private final AtomicInteger finds = new AtomicInteger();
    private final AtomicInteger confirmations = new AtomicInteger();

    /** A store that passes calls on to the given one. */
    public ForwardingKeyStore(PublicKeyStore store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /** From now on each call fails without reaching the other store, and the status says that the store is not available. */
    public final void goDown() {
        calls.setDown(true);
    }

    /** Ends what {@link #goDown} began. */
    public final void comeBack() {
        calls.setDown(false);
    }

    /** From now on the answers wait for {@link #release}; the other store is asked at once. */
    public final void hold() {
        calls.hold();
    }

    /** Gives all answers that wait, in the order of their calls, and ends what {@link #hold} began. */
    public final void release() {
        calls.release();
    }

    /** How many answers wait. */
    public final int held() {
        return calls.held();
    }

    /** How often {@link #find} was called, failed calls included. */
    public final int finds() {
        return finds.get();
    }

    /** How often {@link #confirm} was called, failed calls included. */
    public final int confirmations() {
        return confirmations.get();
    }

    @Override
    public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
        finds.incrementAndGet();
        return calls.pass(() -> store.find(claimed));
    }

    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        confirmations.incrementAndGet();
        return calls.pass(() -> store.confirm(device, key, at));
    }

    @Override
    public CompletionStage<Long> cursor() {
        return calls.pass(store::cursor);
    }

    @Override
    public CompletionStage<DeviceChanges> changesSince(long cursor) {
        return calls.pass(() -> store.changesSince(cursor));
    }

    @Override
    public StoreStatus status() {
        StoreStatus status = store.status();
        return calls.isDown() ? Calls.down(status) : status;
    }

    /** Closes the other store. */
    @Override
    public void close() {
        store.close();
    }
}
