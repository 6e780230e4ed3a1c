package dev.countersign.testkit;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.StoreStatus;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A nonce store that passes each claim on to another one, unless the test says that it is down or that answers wait. For anything
 * else, override a method.
 *
 * <pre>{@code
 * ForwardingNonceStore nonces = new ForwardingNonceStore(MemoryNonceStore.builder().alwaysWatching().build());
 * RequestVerifier verifier = CountersignVerifier.builder(keys, nonces).build();
 * nonces.goDown(); // and requests are answered with 503
 * }</pre>
 *
 * <p>Thread-safe, if the other store is.
 */
public class ForwardingNonceStore implements NonceStore {
    private final NonceStore store;
    private final Calls calls = new Calls();
    private final AtomicInteger claims = new AtomicInteger();

    /** A store that passes claims on to the given one. */
    public ForwardingNonceStore(NonceStore store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /** From now on each claim fails without reaching the other store, which is {@linkplain #isDown known}. */
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

    /** Gives all answers that wait, in the order of their claims, and ends what {@link #hold} began. */
    public final void release() {
        calls.release();
    }

    /** How many answers wait. */
    public final int held() {
        return calls.held();
    }

    /** How often {@link #claim} was called, failed calls included. */
    public final int claims() {
        return claims.get();
    }

    @Override
    public CompletionStage<ClaimResult> claim(Claim claim) {
        claims.incrementAndGet();
        return calls.pass(() -> store.claim(claim));
    }

    @Override
    public long watchingSince() {
        return store.watchingSince();
    }

    @Override
    public boolean isShared() {
        return store.isShared();
    }

    @Override
    public boolean isDown() {
        return calls.isDown() || store.isDown();
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
