package dev.countersign.core.verification;

import dev.countersign.core.step.CheckFreshness;
import dev.countersign.core.step.ClaimNonce;
import dev.countersign.core.step.ExtractHeaders;
import dev.countersign.core.step.FindKey;
import dev.countersign.core.step.RebuildMessage;
import dev.countersign.core.step.RequireUnseenNonce;
import dev.countersign.core.step.VerifySignature;

/**
 * The ordered list: the steps of the protocol's §8.4, each a pure function, in the order in which a request passes
 * them. {@link PipelineVerification} calls them and does the waiting in between.
 *
 * @param extractHeaders (1) all six headers, method and target; with the head
 * @param checkFreshness (2) the timestamp is fresh; with the head, and again right before (7)
 * @param requireUnseenNonce (3) the nonce is unseen: whether that is required; what decides it is (7)
 * @param rebuildMessage (4) rebuild the message, while the body arrives
 * @param findKey (5) the key by app and device; looked up with the head, judged right before (7)
 * @param verifySignature (6) verify, when the body is complete
 * @param claimNonce (7) store the nonce, and only now is anything stored
 */
public record Procedure(
        ExtractHeaders extractHeaders,
        CheckFreshness checkFreshness,
        RequireUnseenNonce requireUnseenNonce,
        RebuildMessage rebuildMessage,
        FindKey findKey,
        VerifySignature verifySignature,
        ClaimNonce claimNonce) {}
