package dev.countersign.core.verification;

/**
 * How long, and how much.
 *
 * @param bodyBytes the longest body
 * @param bodyNanos how long a body may take, from the head to its last byte
 * @param lookupNanos how long a lookup may take, and the confirmation of a key
 * @param claimNanos how long a claim may take
 */
public record Limits(long bodyBytes, long bodyNanos, long lookupNanos, long claimNanos) {}
