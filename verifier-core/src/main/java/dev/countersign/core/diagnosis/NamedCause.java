package dev.countersign.core.diagnosis;

import dev.countersign.core.explain.LikelyCause;

/** A cause by its kind, in words. */
record NamedCause(Kind kind, String sentence, boolean isShown) implements LikelyCause {
    /** Tried out, or plain to see. */
    static LikelyCause shown(Kind kind, String sentence) {
        return new NamedCause(kind, sentence, true);
    }

    static LikelyCause guessed(Kind kind, String sentence) {
        return new NamedCause(kind, sentence, false);
    }
}
