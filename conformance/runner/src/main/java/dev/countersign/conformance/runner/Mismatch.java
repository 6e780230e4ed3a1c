package dev.countersign.conformance.runner;

/**
 * One field of an answer that is not what was expected.
 *
 * @param field its name, with a dotted path where it is nested
 * @param expected what the vector says
 * @param actual what came, as text
 */
public record Mismatch(String field, String expected, String actual) {}
