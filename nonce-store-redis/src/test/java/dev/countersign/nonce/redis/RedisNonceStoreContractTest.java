package dev.countersign.nonce.redis;

import dev.countersign.api.store.NonceStore;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import dev.countersign.tck.SharedNonceStoreContract;
import dev.countersign.testkit.MutableClock;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;

class RedisNonceStoreContractTest extends SharedNonceStoreContract {
    private static final int IN_FLIGHT = 64;

    private static @Nullable RedisClient client;
    private static @Nullable RedisCommands<String, String> admin;

    private @Nullable SteppedRedis stepped;
    private @Nullable TcpProxy proxy;
    private @Nullable RedisServer server;

    /** Where the server is that the stores share. */
    String uri() {
        return RedisServer.anyUri();
    }

    /** Another server, to be hurt. */
    RedisServer startAnother() {
        return RedisServer.start();
    }

    private RedisCommands<String, String> admin() {
        if (admin == null) {
            client = RedisClient.create(uri());
            admin = client.connect().sync();
        }
        return admin;
    }

    @AfterAll
    static void disconnect() {
        if (client != null) {
            client.shutdown();
        }
        client = null;
        admin = null;
    }

    @AfterEach
    void closeServer() {
        if (proxy != null) {
            proxy.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @Override
    protected NonceStore open(MutableClock storeClock, StoreOptions options) {
        RedisCommands<String, String> connected = admin();
        connected.flushall();
        stepped = new SteppedRedis(storeClock, List.of(connected));
        return openAnother(storeClock, options);
    }

    @Override
    protected NonceStore openAnother(MutableClock storeClock, StoreOptions options) {
        SteppedRedis time = stepped;
        if (time == null) {
            throw new IllegalStateException("no store yet");
        }
        return time.over(
                build(RedisNonceStore.builder(uri()).clock(time.clock()).ticker(time::nanoTime), options));
    }

    @Override
    protected NonceStore openBreakable(MutableClock storeClock, StoreOptions options) {
        RedisServer fresh = startAnother();
        server = fresh;
        TcpProxy inFront = TcpProxy.to(fresh.port());
        proxy = inFront;
        return build(
                RedisNonceStore.builder("redis://127.0.0.1:" + inFront.port())
                        .clock(storeClock)
                        .maxInFlight(IN_FLIGHT),
                options);
    }

    private static RedisNonceStore build(RedisNonceStore.Builder builder, StoreOptions options) {
        builder.quotaPerDevice(options.quotaPerDevice()).connectWait(Duration.ofSeconds(30));
        return options.alwaysWatching() ? builder.alwaysWatching().build() : builder.build();
    }

    @Override
    protected void cutOff() {
        inFront().cutOff();
    }

    @Override
    protected void stall() {
        inFront().holdAnswers();
    }

    @Override
    protected void restore() {
        inFront().restore();
    }

    private TcpProxy inFront() {
        if (proxy == null) {
            throw new IllegalStateException("no breakable store");
        }
        return proxy;
    }

    @Override
    protected int mostInFlight() {
        return IN_FLIGHT;
    }

    @Override
    protected void dropExpired(NonceStore store) {
        if (stepped != null) {
            stepped.step();
        }
    }

    @Override
    protected boolean knowsTokensOfOtherDevices() {
        return false;
    }

    @Override
    protected int rounds() {
        return 30;
    }

    @Override
    protected int claimsInARow() {
        return 1_000;
    }

    @Override
    protected int shorterBy() {
        return 10;
    }
}
