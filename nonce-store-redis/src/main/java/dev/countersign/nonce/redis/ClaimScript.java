package dev.countersign.nonce.redis;

/**
 * The scripts. A claim is one script, because a script is atomic: it looks for all tokens, and stores all or none.
 *
 * <p>Outside a Cluster it reads the witness in the same breath, so that not one claim is stored in a server that was emptied
 * and does not vouch yet. In a Cluster the witness lies in another slot, where no script may look.
 */
final class ClaimScript {
    static final int UNKNOWN = 0;
    static final int FIRST_KNOWN = 1;
    static final int SECOND_KNOWN = 2;
    static final int OTHER_WITNESS = 3;
    static final int STORED = 4;
    /** Another claim holds a token and has not been decided: {@link SteppedClaim}. */
    static final int PENDING = 5;

    /**
     * KEYS: the witness, and one or two tokens. ARGV: how long to keep the tokens in milliseconds, or 0 to store nothing;
     * what the witness must say.
     */
    static final String WITH_WITNESS = """
            for i = 2, #KEYS do
              if redis.call('EXISTS', KEYS[i]) == 1 then return i - 1 end
            end
            if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 3 end
            if ARGV[1] == '0' then return 0 end
            for i = 2, #KEYS do redis.call('SET', KEYS[i], '1', 'PX', ARGV[1]) end
            return 4
            """;

    /** KEYS: one or two tokens. ARGV: how long to keep them in milliseconds, or 0 to store nothing. */
    static final String TOKENS_ONLY = """
            local pending = false
            for i = 1, #KEYS do
              local found = redis.call('GET', KEYS[i])
              if found == '1' then return i end
              pending = pending or found
            end
            if pending then return 5 end
            if ARGV[1] == '0' then return 0 end
            for i = 1, #KEYS do redis.call('SET', KEYS[i], '1', 'PX', ARGV[1]) end
            return 4
            """;

    /**
     * KEYS: one token. ARGV: who holds it from now on, unless somebody does; for how long in milliseconds, or 0 to look only.
     */
    static final String HOLD = """
            local found = redis.call('GET', KEYS[1])
            if found == '1' then return 1 end
            if found then return 5 end
            if ARGV[2] == '0' then return 0 end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return 4
            """;

    /** KEYS: one token. ARGV: who holds it; how long to keep it in milliseconds. */
    static final String STORE_HELD = """
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
            return 4
            """;

    /** KEYS: one token. ARGV: who holds it. */
    static final String LET_GO = """
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            redis.call('DEL', KEYS[1])
            return 4
            """;

    /** KEYS: the witness. ARGV: what it says, or nothing if it is absent; what it shall say. Answers what it says then. */
    static final String WRITE_WITNESS = """
            local found = redis.call('GET', KEYS[1]) or ''
            if found ~= ARGV[1] then return found end
            redis.call('SET', KEYS[1], ARGV[2])
            return ARGV[2]
            """;

    private ClaimScript() {}
}
