package dev.countersign.quickstart;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.NonceStore;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.keystore.jdbc.JdbcKeyStore;
import dev.countersign.keystore.jdbc.JdbcKeyStoreException;
import dev.countersign.keystore.jdbc.JdbcSchema;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.servlet.CountersignFilter;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http.UriCompliance.Violation;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;

/**
 * A Jetty with {@link CountersignFilter} in front of an application, on the loopback interface. Everything a user of the
 * library has to put together is in {@link #start}.
 */
final class QuickstartServer implements AutoCloseable {
    private static final int STOP_MILLIS = 2_000;

    /** What was opened, the last one first. */
    private final Deque<Runnable> opened = new ArrayDeque<>();

    private int port;

    private QuickstartServer() {}

    /** Starts a server; it listens when this returns. */
    static QuickstartServer start(Settings settings, Clock clock) throws StartupException {
        QuickstartServer server = new QuickstartServer();
        try {
            server.open(settings, clock);
            return server;
        } catch (StartupException | RuntimeException failure) {
            server.close();
            throw failure;
        }
    }

    private void open(Settings settings, Clock clock) throws StartupException {
        StateFolder state = null;
        if (settings.needsHome()) {
            state = StateFolder.open(settings.home());
            opened.push(state::close);
        }

        HikariDataSource database = settings.keys().open(state == null ? null : state.path());
        opened.push(database::close);
        JdbcKeyStore keys = keys(settings.keys(), database, clock);
        opened.push(keys::close);

        NonceStore nonces = nonces(settings.nonces(), state != null && state.isFirstStart(), clock);
        opened.push(nonces::close);

        CountersignVerifier verifier = CountersignVerifier.builder(keys, nonces)
                .clock(clock)
                .opaqueDeviceIds(settings.opaqueDeviceIds())
                .build();
        opened.push(verifier::close);

        ServletContextHandler application = new ServletContextHandler();
        application.setContextPath("/");
        application.setProtectedTargets(new String[0]); // the filter protects; nothing is to be answered before it
        application.addFilter(
                new FilterHolder(new CountersignFilter(verifier)), "/*", EnumSet.allOf(DispatcherType.class));
        application.addServlet(new ServletHolder(new EchoServlet()), "/*");

        Map<String, String> health = new LinkedHashMap<>();
        health.put("status", "ok");
        health.put("key_store", settings.keys().describe());
        health.put("nonce_store", settings.nonces().describe());
        health.put("device_ids", settings.opaqueDeviceIds() ? "opaque" : "uuid");
        listen(settings.port(), new OpenPaths(application, new DeviceAdmin(keys, settings.opaqueDeviceIds()), health));
    }

    private void listen(int wanted, OpenPaths handler) throws StartupException {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        // %2F, //, .. and ; come through (not a .. that would leave the root: Jetty refuses that whatever is set) to
        // the verifier, which takes paths as they are; without these two, a part of
        // the target would be hidden from it.
        http.setUriCompliance(
                UriCompliance.from(EnumSet.complementOf(EnumSet.of(Violation.FRAGMENT, Violation.USER_INFO))));
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        connector.setPort(wanted);
        server.addConnector(connector);
        server.setHandler(handler);
        server.setStopTimeout(STOP_MILLIS);
        opened.push(() -> LifeCycle.stop(server));
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

    private static JdbcKeyStore keys(KeyDatabase setting, HikariDataSource database, Clock clock)
            throws StartupException {
        try {
            JdbcSchema.createIfMissing(database);
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
        if (!setting.isMemory()) {
            throw new StartupException("COUNTERSIGN_NONCE_STORE: this build has no Redis nonce store yet;"
                    + " leave the variable out to use the one in memory");
        }
        MemoryNonceStore.Builder memory = MemoryNonceStore.builder().clock(clock);
        return (firstStart ? memory.noPredecessor() : memory).build();
    }

    /** Where it listens. */
    int port() {
        return port;
    }

    /** Stops listening, lets running requests end, and closes what was opened. Idempotent. */
    @Override
    public void close() {
        synchronized (opened) {
            while (!opened.isEmpty()) {
                opened.pop().run();
            }
        }
    }
}
