package dev.countersign.servlet.tests.undertow;

import java.util.Set;

/**
 * Chunk extensions with a quote that is not closed. Undertow 2.3.26 takes the line's end for the extension's end; a proxy in front that reads
 * on to the next quote sees one request where Undertow sees two. Both are verified each for itself.
 */
final class OpenQuotes {
    static final Set<String> NAMES = Set.of(
            "a chunk extension with an open quote: 1;a=\"b",
            "a chunk extension with an open quote: 1;a=\"\\",
            "a chunk extension with an open quote: 1;a=\"b\\\"",
            "a chunk extension with an open quote: 1;\"",
            "a chunk extension with an open quote: 1;a=\"b;c=\"d\";e=\"f");

    private OpenQuotes() {}
}
