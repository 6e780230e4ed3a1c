package dev.countersign.nonce.redis.connection;

import dev.countersign.api.store.ClaimResult;
import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.script.Script;
import dev.countersign.nonce.redis.script.ScriptResult;
import dev.countersign.nonce.redis.trouble.ErrorReply;
import dev.countersign.nonce.redis.trouble.Trouble;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends one claim as one script, and reads the answer. Thread-safe. */
final class ClaimSender {
    static final byte[] STORE_NOTHING = {'0'};

    private final StoreContext context;
    private final Target target;
    private final CommandChannel channel;
    private final ConnectionState state;
    private final Redirects redirects;
    private final Consumer<Trouble> close;
    private final Runnable lookSoon;
    private final Script script;
    private volatile String digest = "";

    /**
     * For one connection.
     *
     * @param close ends it
     * @param lookSoon has its server looked at, because its watch record is another one
     */
    ClaimSender(
            StoreContext context,
            Target target,
            CommandChannel channel,
            ConnectionState state,
            Redirects redirects,
            Consumer<Trouble> close,
            Runnable lookSoon) {
        this.context = context;
        this.target = target;
        this.channel = channel;
        this.state = state;
        this.redirects = redirects;
        this.close = close;
        this.lookSoon = lookSoon;
        this.script = target.inCluster() ? Script.CLAIM_IN_CLUSTER : Script.CLAIM;
    }

    /** Loads the script, for all claims that come later. */
    CompletionStage<String> loadScript() {
        return channel.send(redis -> redis.scriptLoad(script.text())).thenApply(loaded -> {
            digest = loaded;
            return loaded;
        });
    }

    /**
     * Sends a claim, whose script is loaded.
     *
     * @param answered gets the result, unless the claim fails or another node takes it over
     * @param scriptMissing the server has lost the script: nothing was run
     */
    void send(ClaimCall call, Watch watch, Consumer<ClaimResult> answered, Runnable scriptMissing) {
        ClaimResult refusal = refusal(call, watch);
        take(
                channel.evalsha(call.asking, digest, keys(call), arguments(call, watch, refusal)),
                call,
                refusal,
                answered,
                scriptMissing);
    }

    /** As {@link #send}, and sends the script along. */
    void sendWithScript(ClaimCall call, Watch watch, Consumer<ClaimResult> answered) {
        ClaimResult refusal = refusal(call, watch);
        take(
                channel.eval(call.asking, script.text(), keys(call), arguments(call, watch, refusal)),
                call,
                refusal,
                answered,
                () -> call.fail(ClaimCall.Failure.NOT_STORED, "Redis does not take the script"));
    }

    /** A claim of nothing, which looks only: whether this user may make claims. */
    CompletionStage<?> tryWithoutEffect() {
        byte[] key = target.recordKey();
        return target.inCluster()
                ? channel.evalsha(false, digest, new byte[][] {key}, STORE_NOTHING)
                : channel.evalsha(false, digest, new byte[][] {key, key}, STORE_NOTHING, new byte[0]);
    }

    /** Answers a claim, unless it is too late. */
    void answer(ClaimCall call, ClaimResult result) {
        if (call.isLate(context.timeLimitNanos())) {
            call.fail(ClaimCall.Failure.MAYBE_STORED, "the answer came too late");
        } else {
            call.succeed(result);
        }
    }

    /** Fails a claim that was not sent, because the connection may carry none. */
    void failUnsent(ClaimCall call) {
        call.fail(ClaimCall.Failure.NOT_STORED, "Redis is unavailable: " + state.unavailable());
    }

    /**
     * What to answer without storing anything, or null. Before the claim is sent, so that what it is dated with is
     * remembered.
     */
    private @Nullable ClaimResult refusal(ClaimCall call, Watch watch) {
        target.history().claiming(call.claim.claimedAt());
        return call.refusalSince(Math.max(watch.read().since(), target.history().floor()));
    }

    private byte[][] keys(ClaimCall call) {
        byte[] signature = call.signatureKey;
        if (target.inCluster()) {
            return signature == null ? new byte[][] {call.nonceKey} : new byte[][] {call.nonceKey, signature};
        }
        return signature == null
                ? new byte[][] {target.recordKey(), call.nonceKey}
                : new byte[][] {target.recordKey(), call.nonceKey, signature};
    }

    private byte[][] arguments(ClaimCall call, Watch watch, @Nullable ClaimResult refusal) {
        byte[] keep = refusal == null ? call.keepMillis : STORE_NOTHING;
        return target.inCluster() ? new byte[][] {keep} : new byte[][] {keep, watch.bytes()};
    }

    private void take(
            CompletionStage<Long> asked,
            ClaimCall call,
            @Nullable ClaimResult refusal,
            Consumer<ClaimResult> answered,
            Runnable scriptMissing) {
        asked.thenApply(ScriptResult::of).whenComplete((result, failure) -> {
            if (failure != null) {
                failed(call, refusal, failure, answered, scriptMissing);
            } else if (result == ScriptResult.HELD) {
                if (!redirects.claimInSteps(call)) {
                    call.fail(ClaimCall.Failure.NOT_STORED, "another claim of the same tokens is under way");
                }
            } else {
                answered.accept(resultOf(result, refusal));
            }
        });
    }

    private ClaimResult resultOf(ScriptResult result, @Nullable ClaimResult refusal) {
        return switch (result) {
            case FIRST_KNOWN -> ClaimResult.NONCE_REPLAYED;
            case SECOND_KNOWN -> ClaimResult.SIGNATURE_REPLAYED;
            case STORED -> ClaimResult.CLAIMED;
            case UNKNOWN -> Objects.requireNonNull(refusal);
            case OTHER_RECORD -> {
                lookSoon.run();
                yield ClaimResult.NOT_WATCHING_YET;
            }
            case HELD -> throw new AssertionError("not decided yet");
        };
    }

    /** A claim without an answer, or with an error for one. */
    private void failed(
            ClaimCall call,
            @Nullable ClaimResult refusal,
            Throwable failure,
            Consumer<ClaimResult> answered,
            Runnable scriptMissing) {
        ErrorReply error = ErrorReply.in(failure);
        if (error == null) {
            close.accept(Trouble.unavailable("the connection ended"));
            call.fail(ClaimCall.Failure.MAYBE_STORED, "the connection ended before the answer came");
            return;
        }
        switch (error.code()) {
            case NO_SCRIPT -> {
                context.counters().scriptsReloaded.increment();
                scriptMissing.run();
            }
            case OUT_OF_MEMORY -> answered.accept(refusal == null ? ClaimResult.FULL : refusal);
            default -> {
                if (!redirects.redirect(target, call, error)) {
                    refused(call, error, Trouble.of(failure));
                }
            }
        }
    }

    /** The script looks before it writes, and Redis refuses a write before the first of them: nothing was stored. */
    private void refused(ClaimCall call, ErrorReply error, Trouble trouble) {
        call.fail(ClaimCall.Failure.NOT_STORED, "Redis refused the claim: " + trouble.words());
        if (trouble.isRefusal()) {
            close.accept(trouble); // each claim will be refused, until somebody has changed something
            return;
        }
        switch (error.code()) {
            case READ_ONLY, LOADING, PRIMARY_DOWN -> close.accept(Trouble.unavailable("it is no primary any more"));
            default -> {
                // Of this claim alone.
            }
        }
    }
}
