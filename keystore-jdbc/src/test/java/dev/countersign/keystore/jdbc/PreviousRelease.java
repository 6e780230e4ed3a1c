package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.store.PublicKeyStore;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Clock;
import java.util.Objects;
import java.util.concurrent.Executor;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The classes of this module as they were before a newer schema version, in a class loader of their own, with the API that they were
 * compiled against.
 */
final class PreviousRelease implements AutoCloseable {
    private static final String PACKAGE = "dev.countersign.keystore.jdbc.";
    private static final String API = "dev.countersign.api.";
    private static final String API_JAR = "api-of-schemas-1-and-2.jar";

    private final URLClassLoader loader;

    /**
     * The last release that knew no newer schema.
     *
     * @param schema 1 or 2
     */
    PreviousRelease(int schema) {
        this.loader = new Own(jar("release-of-schema-" + schema + ".jar"), jar(API_JAR));
    }

    private static URL jar(String name) {
        return Objects.requireNonNull(PreviousRelease.class.getResource(name), name);
    }

    /** Its store, which is both. */
    record Node(PublicKeyStore keys, DeviceRegistry registry) {}

    void createIfMissing(DataSource database) throws Exception {
        invoke(null, "JdbcSchema", "createIfMissing", DataSource.class, database);
    }

    /** A store over tables that are there; calls run on the caller's thread. */
    Node open(DataSource database, Clock clock) throws Exception {
        Object builder = invoke(null, "JdbcKeyStore", "builder", DataSource.class, database);
        Executor inline = Runnable::run;
        invoke(builder, "JdbcKeyStore$Builder", "executor", Executor.class, inline);
        invoke(builder, "JdbcKeyStore$Builder", "clock", Clock.class, clock);
        invoke(builder, "JdbcKeyStore$Builder", "actor", String.class, "previous");
        Object store = Objects.requireNonNull(
                type("JdbcKeyStore$Builder").getMethod("build").invoke(builder));
        PreviousApi api = new PreviousApi(loader);
        return new Node(api.as(PublicKeyStore.class, store), api.as(DeviceRegistry.class, store));
    }

    /** One device for each way of life: the eleven changes that are in the home of that release, too. */
    static void fill(Node node) {
        DeviceRegistry registry = node.registry;
        changed(await(registry.register(device(1), key(1), DeviceStatus.ACTIVE)).isChange());
        changed(await(registry.register(device(2), key(2), DeviceStatus.PENDING))
                .isChange());
        changed(await(registry.register(device(3), key(3), DeviceStatus.ACTIVE)).isChange());
        changed(await(registry.revoke(device(3))).isChange());
        changed(await(registry.register(device(4), key(4), DeviceStatus.ACTIVE)).isChange());
        changed(await(registry.rotate(device(4), key(14), key(4))).isChange());
        changed(await(node.keys.confirm(device(4), key(14), Fixtures.NOW)));
        changed(await(registry.rotate(device(4), key(24), key(14))).isChange());
        changed(await(registry.register(PHONE, key(5), DeviceStatus.ACTIVE)).isChange());
        changed(await(registry.replace(PHONE, key(15))).isChange());
        changed(await(registry.invalidate(PHONE)).isChange());
    }

    private static void changed(boolean is) {
        assertTrue(is, "nothing changed");
    }

    private @Nullable Object invoke(
            @Nullable Object target, String type, String method, Class<?> parameter, Object argument) throws Exception {
        try {
            return type(type).getMethod(method, parameter).invoke(target, argument);
        } catch (InvocationTargetException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        }
    }

    private Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName(PACKAGE + name, true, loader);
    }

    @Override
    public void close() throws IOException {
        loader.close();
    }

    /** Takes the package and the API from the jars, and all else from where the tests have it. */
    private static final class Own extends URLClassLoader {
        Own(URL... jars) {
            super(jars, PreviousRelease.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(PACKAGE) && !name.startsWith(API)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? findClass(name) : loaded;
            }
        }

        @Override
        public @Nullable URL getResource(String name) {
            URL own = findResource(name);
            return own == null ? super.getResource(name) : own;
        }
    }
}
