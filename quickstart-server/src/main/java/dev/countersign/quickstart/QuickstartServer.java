package dev.countersign.quickstart;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.route.Routes;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeyCache;
import dev.countersign.core.VerifierBuilder;
import dev.countersign.core.explain.ExplanationListener;
import dev.countersign.keystore.jdbc.JdbcKeyStore;
import dev.countersign.keystore.jdbc.JdbcKeyStoreException;
import dev.countersign.keystore.jdbc.JdbcSchema;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.nonce.redis.RedisNonceStore;
import dev.countersign.servlet.CountersignFilter;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http.UriCompliance.Violation;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.MinimumDataRateHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A Jetty with {@link CountersignFilter} in front of an application, on the loopback interface. Everything a user of the
 * library has to put together is in {@link #start}.
 */
final class QuickstartServer implements AutoCloseable {
    private static final int STOP_MILLIS = 2_000;
    private static final int THREADS = 200;

    /** Bytes of a body a second, on average since it was first waited for: a byte every ten seconds is no body. */
    private static final int SLOWEST_BODY = 256;

    /** As long as the cache uses what it remembers without asking. */
    private static final Duration FEED_IS_BEHIND = Duration.ofSeconds(2);

    /** What was opened, the last one first. */
    private final Deque<Runnable> opened = new ArrayDeque<>();

    private int port;

    private QuickstartServer() {}

    /** Starts a server; it listens when this returns. */
    static QuickstartServer start(Settings settings, Clock clock) throws StartupException {
        return start(settings, clock, THREADS);
    }

    /** Starts a server with another number of threads. */
    static QuickstartServer start(Settings settings, Clock clock, int threads) throws StartupException {
        QuickstartServer server = new QuickstartServer();
        try {
            server.open(settings, clock, ThreadShares.of(threads));
            return server;
        } catch (StartupException | RuntimeException failure) {
            server.close();
            throw failure;
        }
    }

    private void open(Settings settings, Clock clock, ThreadShares shares) throws StartupException {
        StateFolder state = null;
        if (settings.needsHome()) {
            state = StateFolder.open(settings.home());
            opened.push(state::close);
        }

        HikariDataSource database = settings.keys().open(state == null ? null : state.path());
        opened.push(database::close);
        JdbcKeyStore devices = devices(settings.keys(), database, clock);
        opened.push(devices::close);

        KeyCache cache = KeyCache.builder(devices.keys()).build();
        opened.push(cache::close);

        NonceStore nonces = nonces(settings.nonces(), state != null && state.isFirstStart(), clock);
        opened.push(nonces::close);

        VerifierBuilder verifying = CountersignVerifier.builder(cache, nonces)
                .clock(clock)
                .signingPaths(settings.signingPaths().paths());
        if (settings.opaqueDeviceIds()) {
            verifying.opaqueDeviceIds();
        }
        if (settings.explainsRejections()) {
            verifying.explainRejections(ExplanationListener.printing(Quickstart::tell));
        }
        CountersignVerifier verifier = verifying.build();
        opened.push(verifier::close);

        ServletContextHandler application = new ServletContextHandler();
        application.setContextPath("/");
        application.setProtectedTargets(new String[0]); // the filter protects; nothing is to be answered before it
        application.addFilter(
                new FilterHolder(new CountersignFilter(Routes.by(verifier).protectAllExcept())),
                "/*",
                EnumSet.allOf(DispatcherType.class));
        application.addServlet(new ServletHolder(new EchoServlet()), "/*");

        DeviceAdmin admin = new DeviceAdmin(devices.registry(), cache, settings.opaqueDeviceIds());
        listen(
                settings.port(),
                new OpenPaths(application, admin, () -> health(settings, cache, nonces), shares),
                shares.threads());
    }

    /** Which stores are in use and whether they answer: kinds and no addresses, for anybody may ask. */
    private static Map<String, String> health(Settings settings, KeyCache cache, NonceStore nonces) {
        Optional<Duration> lag = cache.stats().feedLag();
        boolean keysAnswer = lag.isPresent() && lag.get().compareTo(FEED_IS_BEHIND) <= 0;
        StoreStatus claims = nonces.status();
        Map<String, String> health = new LinkedHashMap<>();
        health.put("status", "ok");
        health.put("key_store", settings.keys().describe());
        health.put("key_store_state", keysAnswer ? "available" : "unavailable");
        health.put("nonce_store", settings.nonces().describe());
        health.put("nonce_store_state", claims.isAvailable() ? "available" : "unavailable: " + claims.reason());
        health.put("device_ids", settings.opaqueDeviceIds() ? "opaque" : "uuid");
        return health;
    }

    private void listen(int wanted, OpenPaths handler, int threads) throws StartupException {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        // %2F, //, .. and ; come through (not a .. that would leave the root: Jetty refuses that whatever is set) to
        // the verifier, which takes paths as they are; without these two, a part of
        // the target would be hidden from it.
        http.setUriCompliance(
                UriCompliance.from(EnumSet.complementOf(EnumSet.of(Violation.FRAGMENT, Violation.USER_INFO))));
        Server server = new Server(new QueuedThreadPool(threads));
        ServerConnector connector = new ServerConnector(server, 1, 1, new TargetsAsSent(http));
        connector.setHost("127.0.0.1");
        connector.setPort(wanted);
        server.addConnector(connector);
        server.setHandler(new MinimumDataRateHandler(handler, SLOWEST_BODY, 0));
        server.setStopTimeout(STOP_MILLIS);
        opened.push(() -> stop(server));
        try {
            server.start();
        } catch (IOException inUse) {
            throw new StartupException(
                    "cannot listen on 127.0.0.1:" + wanted + ": set PORT to another port (" + inUse.getMessage() + ")",
                    inUse);
        } catch (Exception failure) {
            throw new StartupException("the server does not start: " + failure, failure);
        }
        port = connector.getLocalPort();
    }

    private static void stop(Server server) {
        try {
            server.stop();
        } catch (TimeoutException late) {
            // Requests that did not end in their time were ended: what is closed next is needed by none.
        } catch (Exception failure) {
            throw new IllegalStateException("the server does not stop: " + failure, failure);
        }
    }

    private static JdbcKeyStore devices(KeyDatabase setting, HikariDataSource database, Clock clock)
            throws StartupException {
        try {
            JdbcSchema.migrate(database);
            return JdbcKeyStore.builder(database)
                    .threads(KeyDatabase.connections())
                    .clock(clock)
                    .actor("quickstart")
                    .build();
        } catch (JdbcKeyStoreException failure) {
            throw new StartupException(
                    "the key database cannot be used: " + failure.getMessage() + setting.adviceFor(failure), failure);
        }
    }

    private static NonceStore nonces(NonceStoreSetting setting, boolean firstStart, Clock clock)
            throws StartupException {
        if (setting.uri() != null) {
            return redis(setting.uri(), firstStart, clock);
        }
        MemoryNonceStore.Builder memory = MemoryNonceStore.builder().clock(clock);
        return (firstStart ? memory.alwaysWatching() : memory).build();
    }

    private static NonceStore redis(String uri, boolean firstStart, Clock clock) throws StartupException {
        try {
            RedisNonceStore.Builder redis =
                    RedisNonceStore.builder(uri).clock(clock).listener(new RedisNotices(Quickstart::tell));
            return (firstStart ? redis.alwaysWatching() : redis).build();
        } catch (IllegalArgumentException | IllegalStateException refused) {
            throw new StartupException("COUNTERSIGN_NONCE_STORE: " + refused.getMessage(), refused);
        }
    }

    /** Where it listens. */
    int port() {
        return port;
    }

    /** Stops listening, lets running requests end for 2 s, and closes what was opened, whatever fails. Idempotent. */
    @Override
    public void close() {
        RuntimeException failed = null;
        synchronized (opened) {
            while (!opened.isEmpty()) {
                try {
                    opened.pop().run();
                } catch (RuntimeException failure) {
                    failed = failed == null ? failure : failed;
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
    }
}
