package dev.countersign.nonce.redis;

import dev.countersign.api.store.NonceStore;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import dev.countersign.tck.SharedNonceStoreContract;
import dev.countersign.testkit.MutableClock;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/**
 * The contract of nonce stores, over several servers that tell each other's addresses: those call each other by their own,
 * and only the client of the store that is hurt is led through proxies.
 */
abstract class ManyServersContract<C extends AbstractRedisClient> extends SharedNonceStoreContract {
    private static final int IN_FLIGHT = 64;

    private @Nullable SteppedRedis stepped;
    private @Nullable C client;
    private @Nullable NodeProxies proxies;

    /** Of each server that holds claims. */
    abstract List<RedisCommands<String, String>> admins();

    /** Where the stores find the servers. */
    abstract String uri();

    /** Those that the proxies are put in front of. */
    abstract List<RedisServer> servers();

    /** A client that is led through the proxies. */
    abstract C clientThrough(NodeProxies inBetween);

    /** A store with this client's resources and options. */
    abstract RedisNonceStore.Builder builder(C led);

    @AfterEach
    void closeProxies() {
        if (client != null) {
            client.shutdown();
        }
        if (proxies != null) {
            proxies.close();
        }
    }

    @Override
    protected NonceStore open(MutableClock storeClock, StoreOptions options) {
        admins().forEach(RedisCommands::flushall);
        stepped = new SteppedRedis(storeClock, admins());
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
        admins().forEach(RedisCommands::flushall);
        NodeProxies inBetween = new NodeProxies(servers());
        proxies = inBetween;
        C made = clientThrough(inBetween);
        client = made;
        return build(builder(made).clock(storeClock).maxInFlight(IN_FLIGHT), options);
    }

    private static RedisNonceStore build(RedisNonceStore.Builder builder, StoreOptions options) {
        builder.quotaPerDevice(options.quotaPerDevice()).connectWait(Duration.ofSeconds(30));
        return options.alwaysWatching() ? builder.alwaysWatching().build() : builder.build();
    }

    @Override
    protected void cutOff() {
        onAll(TcpProxy::cutOff);
    }

    @Override
    protected void stall() {
        onAll(TcpProxy::holdAnswers);
    }

    @Override
    protected void restore() {
        onAll(TcpProxy::restore);
    }

    private void onAll(Consumer<TcpProxy> what) {
        if (proxies == null) {
            throw new IllegalStateException("no breakable store");
        }
        proxies.onAll(what);
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
        return 20;
    }

    @Override
    protected int claimsInARow() {
        return 500;
    }

    @Override
    protected int shorterBy() {
        return 10;
    }
}
