package dev.countersign.nonce.redis.trouble;

import org.jspecify.annotations.Nullable;

/**
 * Why a server cannot be used: of which kind, which decides what the store does, and in words, which are for operators
 * and decide nothing. The words are ours: of what servers and libraries say no more is repeated than an error's first
 * word and the name of a command, so no password can be among it.
 *
 * @param words what happened, and what to change
 */
public record Trouble(Kind kind, String words) {
    private static final int MOST_CAUSES = 16;

    /** What there is to do about it. */
    public enum Kind {
        /** Try again: the server cannot be reached, does not answer, or is no primary now. */
        UNAVAILABLE,
        /** The server answers, and somebody has to change something before it can work. */
        REFUSED,
        /** A node of a Cluster that has given away a slot, or is about to. */
        SLOT_ELSEWHERE
    }

    /** A server that cannot be used now. */
    public static Trouble unavailable(String words) {
        return new Trouble(Kind.UNAVAILABLE, words);
    }

    /** A server that answers, and that cannot be used until somebody has changed something. */
    public static Trouble refused(String words) {
        return new Trouble(Kind.REFUSED, words);
    }

    /** What a failure means: of a command, of a connection, or one of our own exceptions. */
    public static Trouble of(Throwable failure) {
        Kind kind = Kind.UNAVAILABLE;
        String words = null;
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MOST_CAUSES; i++, cause = cause.getCause()) {
            if (words == null) {
                words = wordsOf(cause);
            }
            if (kind != Kind.REFUSED) {
                Kind found = kindOf(cause);
                kind = found == Kind.UNAVAILABLE ? kind : found;
            }
        }
        return new Trouble(kind, words == null ? "no connection" : words);
    }

    /** Whether somebody has to change something before the server can work. */
    public boolean isRefusal() {
        return kind == Kind.REFUSED;
    }

    private static Kind kindOf(Throwable cause) {
        if (cause instanceof RefusedServerException || ConnectFailure.isRefusal(cause)) {
            return Kind.REFUSED;
        }
        ErrorReply reply = ErrorReply.of(cause);
        if (reply == null) {
            return Kind.UNAVAILABLE;
        }
        return switch (reply.code()) {
            case NOT_AUTHENTICATED, COMMAND_NOT_ALLOWED, SCRIPT_COMMAND_NOT_ALLOWED, KEY_NOT_ALLOWED -> Kind.REFUSED;
            case MOVED, ASK, TRY_AGAIN -> Kind.SLOT_ELSEWHERE;
            default -> Kind.UNAVAILABLE;
        };
    }

    private static @Nullable String wordsOf(Throwable cause) {
        if (cause instanceof RefusedServerException || cause instanceof RedisUnavailableException) {
            return String.valueOf(cause.getMessage());
        }
        ErrorReply reply = ErrorReply.of(cause);
        return reply == null ? ConnectFailure.words(cause) : reply.words();
    }
}
