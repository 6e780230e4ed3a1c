package dev.countersign.conformance.suite;

/**
 * What is special about an input, across rules; an implementation that fails the cases of one flag usually has one bug.
 *
 * @param id stable, in CamelCase
 * @param explanation what it is and which mistake it finds
 */
public record Flag(String id, String explanation) {}
