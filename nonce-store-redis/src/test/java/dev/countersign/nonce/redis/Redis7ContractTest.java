package dev.countersign.nonce.redis;

import dev.countersign.servers.RedisServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

/** The contract over the Redis that Debian 12 brings. */
@Tag("full")
class Redis7ContractTest extends RedisNonceStoreContractTest {
    private static @Nullable RedisServer redis7;

    @Override
    String uri() {
        if (redis7 == null) {
            redis7 = RedisServer.startDebian();
        }
        return redis7.uri();
    }

    @Override
    RedisServer startAnother() {
        return RedisServer.startDebian();
    }

    @AfterAll
    static void end() {
        if (redis7 != null) {
            redis7.close();
        }
        redis7 = null;
    }
}
