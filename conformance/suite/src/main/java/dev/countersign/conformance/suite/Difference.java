package dev.countersign.conformance.suite;

/**
 * Where a negative case departs from a positive one.
 *
 * @param from id of the positive case
 * @param text the one thing that is different
 */
public record Difference(String from, String text) {}
