package dev.countersign.nonce.redis.cluster;

import dev.countersign.api.store.ClaimResult;
import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.connection.PrimaryConnection;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.script.Script;
import dev.countersign.nonce.redis.script.ScriptResult;
import dev.countersign.nonce.redis.trouble.ErrorReply;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A claim of two tokens whose slot migrates. New keys of the slot are created on the target, and old ones may still be
 * on the source, so no node runs a script on both (TRYAGAIN). The claim is made in steps on one key each:
 *
 * <pre>
 * hold the signature · hold the nonce · store the signature · store the nonce
 * </pre>
 *
 * <p><b>Each key is one register.</b> At any time one node is in charge of a key: the node that has it; for an absent
 * key the source before the slot migrates, and the target from then on. The source answers ASK for an absent key and
 * creates none, so a key that was absent on the source stays absent there, and the target is the right place. MIGRATE
 * moves a key while the source serves no command. So steps, and scripts of other nodes, act on the same registers
 * atomically.
 *
 * <p><b>Not two winners.</b> To hold a token is to write a random value into an absent key, for a few seconds. To store
 * it is to replace that value, if it is still there, by the final one, for the life of the claim. A claim wins if it
 * has stored both tokens, by steps or by one script that found both absent. A stored key is not absent and does not
 * have the value of another claim. So at most one of all claims that share a token wins it, however late its steps run:
 * a claim that was delayed finds another value than its own.
 *
 * <p><b>Not two losers.</b> A held token is not a replay; only a stored token is. A claim that finds a held token, by
 * script or by step, releases its own and tries again a little later. So of copies of a request, with the same or other
 * nonces, one can win, and a copy with a known nonce leaves nothing behind. Every claim holds the signature before the
 * nonce. So a claim that waits for a nonce waits for one that waits for nothing. The number of tries is small: a claim
 * that finds a held token each time fails (503) and is no replay.
 *
 * <p><b>After a failure.</b> Before the first store, held tokens remain, which end within seconds. Between the two, a
 * stored signature remains, which blocks the request, as after any claim whose answer is lost. In all cases the claim
 * fails as unavailable.
 */
final class SteppedClaim {
    private static final int MOST_HOPS = 3;
    private static final int MOST_TRIES = 8;
    private static final long FIRST_PAUSE_MILLIS = 4;
    private static final int OWNER_BYTES = 8;
    private static final byte[] LOOK_ONLY = {'0'};
    private static final SecureRandom RANDOM = new SecureRandom();

    private final StoreContext context;
    private final SlotRouter router;
    private final ClaimCall call;
    private final byte[] signatureKey;
    private final byte[] holder;
    private final byte[] holdMillis;

    /** What is known of where it went, one step after the other. */
    private int tries;

    private long since = Long.MIN_VALUE;
    private boolean storing;

    SteppedClaim(StoreContext context, SlotRouter router, ClaimCall call, byte[] signatureKey) {
        this.context = context;
        this.router = router;
        this.call = call;
        this.signatureKey = signatureKey;
        byte[] random = new byte[OWNER_BYTES];
        RANDOM.nextBytes(random);
        this.holder = HexFormat.of().formatHex(random).getBytes(StandardCharsets.US_ASCII);
        // After the time limit no claim stores any more.
        this.holdMillis = Long.toString(context.timeLimitMillis() + 1_000).getBytes(StandardCharsets.US_ASCII);
    }

    /** Never blocks, never throws. */
    void start() {
        ClaimResult refusal = refusal();
        if (refusal != null) {
            look(refusal);
            return;
        }
        hold(
                signatureKey,
                () -> hold(call.nonceKey, this::store, () -> letGo(() -> call.succeed(ClaimResult.NONCE_REPLAYED))),
                this::sayWhich);
    }

    private @Nullable ClaimResult refusal() {
        return call.refusalSince(Math.max(since, router.since(call.slot)));
    }

    /** Holds one token; is it stored already, or does somebody else hold it? */
    private void hold(byte[] key, Runnable held, Runnable known) {
        step(
                key,
                Script.HOLD,
                code -> {
                    switch (code) {
                        case STORED -> held.run();
                        case FIRST_KNOWN -> known.run();
                        default -> letGo(this::later);
                    }
                },
                holder,
                holdMillis);
    }

    private void store() {
        ClaimResult refusal = refusal();
        if (refusal != null) {
            // A node that took part is watched since a later second than was known at first.
            letGo(() -> call.succeed(refusal));
            return;
        }
        storing = true;
        step(
                signatureKey,
                Script.STORE_HELD,
                code -> {
                    if (code == ScriptResult.STORED) {
                        step(
                                call.nonceKey,
                                Script.STORE_HELD,
                                last -> {
                                    if (last == ScriptResult.STORED) {
                                        finish();
                                    } else {
                                        fail("its nonce could not be held so long");
                                    }
                                },
                                holder,
                                call.keepMillis);
                    } else {
                        storing = false;
                        letGo(() -> fail("its tokens could not be held so long"));
                    }
                },
                holder,
                call.keepMillis);
    }

    /** The signature is known. So may be the nonce, and that comes first. */
    private void sayWhich() {
        step(
                call.nonceKey,
                Script.HOLD,
                code -> call.succeed(
                        code == ScriptResult.FIRST_KNOWN ? ClaimResult.NONCE_REPLAYED : ClaimResult.SIGNATURE_REPLAYED),
                holder,
                LOOK_ONLY);
    }

    /** Nothing may be stored: which tokens are known? */
    private void look(ClaimResult refusal) {
        step(
                call.nonceKey,
                Script.HOLD,
                nonce -> {
                    if (nonce == ScriptResult.FIRST_KNOWN) {
                        call.succeed(ClaimResult.NONCE_REPLAYED);
                        return;
                    }
                    step(
                            signatureKey,
                            Script.HOLD,
                            signature -> {
                                if (signature == ScriptResult.FIRST_KNOWN) {
                                    call.succeed(ClaimResult.SIGNATURE_REPLAYED);
                                } else if (nonce == ScriptResult.UNKNOWN && signature == ScriptResult.UNKNOWN) {
                                    call.succeed(refusal);
                                } else {
                                    later();
                                }
                            },
                            holder,
                            LOOK_ONLY);
                },
                holder,
                LOOK_ONLY);
    }

    /** Tries again, a few times. */
    private void later() {
        if (++tries >= MOST_TRIES) {
            fail("another claim of the same tokens is under way");
        } else {
            context.runIn(FIRST_PAUSE_MILLIS << (tries - 1), this::start);
        }
    }

    private void finish() {
        if (tooLate()) {
            fail("the answer came too late");
        } else {
            call.succeed(ClaimResult.CLAIMED);
        }
    }

    /** Gives back what is held; what cannot be given back now ends by itself. */
    private void letGo(Runnable then) {
        run(call.nonceKey, Script.RELEASE, holder)
                .whenComplete((code, failure) ->
                        run(signatureKey, Script.RELEASE, holder).whenComplete((released, failed) -> then.run()));
    }

    /** One step; if it fails, so does the claim. */
    private void step(byte[] key, Script script, Consumer<ScriptResult> answered, byte[]... arguments) {
        if (tooLate()) {
            fail("no answer within the time limit");
            return;
        }
        run(key, script, arguments).whenComplete((code, failure) -> {
            if (failure == null) {
                answered.accept(code);
                return;
            }
            ErrorReply error = ErrorReply.in(failure);
            if (error != null && error.code() == ErrorReply.Code.OUT_OF_MEMORY && !storing) {
                letGo(() -> call.succeed(ClaimResult.FULL));
                return;
            }
            String why = error == null ? "the connection ended before the answer came" : "Redis refused the claim";
            if (storing) {
                fail(why);
            } else {
                letGo(() -> fail(why));
            }
        });
    }

    private CompletionStage<ScriptResult> run(byte[] key, Script script, byte[]... arguments) {
        PrimaryConnection first = router.connection(call.slot);
        return first == null
                ? CompletableFuture.failedFuture(new RedisUnavailableException("no node"))
                : run(first, false, 0, key, script, arguments);
    }

    private CompletionStage<ScriptResult> run(
            PrimaryConnection primary, boolean asking, int hops, byte[] key, Script script, byte[]... arguments) {
        Long watchedSince = primary.since();
        if (watchedSince != null) {
            since = Math.max(since, watchedSince);
        }
        CompletionStage<ScriptResult> answer = primary.step(asking, call.claim.claimedAt(), script, key, arguments);
        if (context.settings().replicas() > 0) {
            answer = answer.thenCompose(code -> confirmed(primary, script, code));
        }
        return answer.handle((code, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.<ScriptResult>completedFuture(code);
                    }
                    ErrorReply error = ErrorReply.in(failure);
                    PrimaryConnection next = error == null || !error.isRedirect() || hops == MOST_HOPS
                            ? null
                            : router.follow(primary.target(), error);
                    return error == null || next == null
                            ? CompletableFuture.<ScriptResult>failedFuture(failure)
                            : run(next, error.code() == ErrorReply.Code.ASK, hops + 1, key, script, arguments);
                })
                .thenCompose(stage -> stage);
    }

    /** What is stored counts after enough replicas have it, too. */
    private CompletionStage<ScriptResult> confirmed(PrimaryConnection primary, Script script, ScriptResult code) {
        if (script != Script.STORE_HELD || code != ScriptResult.STORED) {
            return CompletableFuture.completedFuture(code);
        }
        return primary.ask(redis -> redis.waitForReplication(
                        context.settings().replicas(),
                        context.settings().replicaLimit().toMillis()))
                .thenCompose(replicas -> replicas >= context.settings().replicas()
                        ? CompletableFuture.completedFuture(code)
                        : CompletableFuture.failedFuture(new RedisUnavailableException("too few replicas")));
    }

    private boolean tooLate() {
        return call.isLate(context.timeLimitNanos());
    }

    private void fail(String why) {
        call.fail(storing ? ClaimCall.Failure.MAYBE_STORED : ClaimCall.Failure.NOT_STORED, why);
    }
}
