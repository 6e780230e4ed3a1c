package dev.countersign.nonce.redis.script;

/** What a script did, by the names that the scripts use as well. */
public enum ScriptResult {
    /**
     * No token is known, and nothing was stored. Of a step on a held token: somebody else holds it by now, or nobody.
     */
    UNKNOWN(0),

    /** The first token is stored already, or the only one. */
    FIRST_KNOWN(1),

    /** The second token is stored already. */
    SECOND_KNOWN(2),

    /** The watch record is absent, or it is not the one that this node has read. */
    OTHER_RECORD(3),

    /** It was done: all tokens are stored, the token is held, or it was given up. */
    STORED(4),

    /** Another claim holds a token, and is not decided yet. */
    HELD(5);

    private static final ScriptResult[] ALL = values();

    private final int code;

    ScriptResult(int code) {
        this.code = code;
    }

    /** How it is written in the scripts. */
    public int code() {
        return code;
    }

    /**
     * The result of a script.
     *
     * @throws IllegalArgumentException if no script returns this number
     */
    public static ScriptResult of(long code) {
        for (ScriptResult result : ALL) {
            if (result.code == code) {
                return result;
            }
        }
        throw new IllegalArgumentException("no script returns " + code);
    }
}
