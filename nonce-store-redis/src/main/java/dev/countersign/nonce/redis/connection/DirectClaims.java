package dev.countersign.nonce.redis.connection;

import dev.countersign.nonce.redis.claim.ClaimCall;

/** Sends each claim by itself, and answers it as soon as the primary has. */
final class DirectClaims implements ClaimPath {
    private final ConnectionState state;
    private final ClaimSender sender;

    DirectClaims(ConnectionState state, ClaimSender sender) {
        this.state = state;
        this.sender = sender;
    }

    @Override
    public void claim(ClaimCall call) {
        Watch watch = state.watch();
        if (watch == null) {
            sender.failUnsent(call);
            return;
        }
        sender.send(
                call,
                watch,
                result -> sender.answer(call, result),
                // It was not run, and the same connection leads to the same process: this is no second delivery.
                () -> sender.sendWithScript(call, watch, result -> sender.answer(call, result)));
    }

    @Override
    public void ended() {
        // Nothing waits here: what was sent fails by itself.
    }
}
