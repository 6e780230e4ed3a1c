package dev.countersign.core.step;

/**
 * The deployment's settings for reading a head.
 *
 * @param opaqueDeviceIds whether device ids other than UUIDs are admitted
 * @param signingPaths which path a signature covers
 * @param rejectQueryOnWrites whether a write with a query is refused
 */
public record HeadRules(boolean opaqueDeviceIds, PathRules signingPaths, boolean rejectQueryOnWrites) {}
