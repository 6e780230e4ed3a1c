package dev.countersign.circle.wrong.other;

import dev.countersign.circle.wrong.Named;

/** Names a package that names this one. */
public record NamesTheFirst(Named first) {}
