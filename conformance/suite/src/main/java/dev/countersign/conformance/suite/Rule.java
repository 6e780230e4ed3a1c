package dev.countersign.conformance.suite;

/**
 * A rule of the protocol, as small as a case can show it kept or broken.
 *
 * @param id stable, such as {@code ingest.post-only}
 * @param title in a few words
 * @param text what is demanded
 * @param section heading of docs/protocol.md that has it
 */
public record Rule(String id, String title, String text, String section) {}
