package dev.countersign.faults;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.concurrent.CompletionStage;

/**
 * A mutant: the claim is right, and Lettuce is left as it comes. It sends a command again when the connection was lost
 * before its answer came, and the claim then finds its own tokens.
 */
final class BlindlyResendingNonceStore implements NonceStore {
    private static final String CLAIM = "if redis.call('EXISTS', KEYS[1]) == 1 then return 1 end "
            + "if redis.call('EXISTS', KEYS[2]) == 1 then return 2 end "
            + "redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) redis.call('SET', KEYS[2], '1', 'PX', ARGV[1]) return 0";

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;

    BlindlyResendingNonceStore(String uri) {
        this.client = RedisClient.create(uri);
        this.connection = client.connect();
    }

    @Override
    public CompletionStage<ClaimResult> claim(Claim claim) {
        String[] keys = {key(claim.nonce()), key(claim.signature().orElse(claim.nonce()))};
        String millis = Long.toString((claim.deadline() + 1 - claim.claimedAt()) * 1000);
        return connection
                .async()
                .<Long>eval(CLAIM, ScriptOutputType.INTEGER, keys, millis)
                .thenApply(code -> {
                    return switch (code.intValue()) {
                        case 0 -> ClaimResult.CLAIMED;
                        case 1 -> ClaimResult.NONCE_REPLAYED;
                        default -> ClaimResult.SIGNATURE_REPLAYED;
                    };
                });
    }

    private static String key(ReplayToken token) {
        return Long.toHexString(token.high()) + "-" + Long.toHexString(token.low());
    }

    @Override
    public long watchingSince() {
        return ALWAYS;
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }
}
