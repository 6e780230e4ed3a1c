package dev.countersign.circle.wrong;

import dev.countersign.circle.wrong.other.NamesTheFirst;

/** Names a package that names this one. */
record NamesTheOther(NamesTheFirst other) implements Named {}
