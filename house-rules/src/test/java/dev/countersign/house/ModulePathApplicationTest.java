package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application on the module path for each published library: its descriptor names that library alone and what the
 * application itself uses, it is started without any further option, and it does a small real thing.
 */
class ModulePathApplicationTest {
    private static final long LIMIT_SECONDS = 120;

    @TempDir
    private Path folder;

    /**
     * One application.
     *
     * @param library the module that it is for
     * @param artifacts what its module path holds, by the beginnings of the artifacts' names: test libraries would bring modules
     *     into the graph that an application does not have
     * @param requires other modules that its descriptor names
     * @param body of its main method
     * @param says a pattern of what it prints
     */
    private record Application(String library, String artifacts, String requires, String body, String says) {
        String name() {
            return "app." + library;
        }

        boolean holds(Path entry, String more) {
            String name = entry.getFileName().toString();
            String folder = entry.toString().replace(File.separatorChar, '/');
            for (String artifact : (artifacts + more).split(" ", -1)) {
                if (name.startsWith(artifact)
                        || name.startsWith("countersign-" + artifact)
                        || folder.endsWith("/" + artifact + "/target/classes")) {
                    return true;
                }
            }
            return false;
        }
    }

    private static final String DEVICE = """
            var generator = java.security.KeyPairGenerator.getInstance("EC");
            generator.initialize(new java.security.spec.ECGenParameterSpec("secp256r1"));
            var pair = generator.generateKeyPair();
            var key = dev.countersign.api.device.DevicePublicKey.ofSpki(pair.getPublic().getEncoded());
            var device = new dev.countersign.api.device.DeviceIdentity("com.acme.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
            var record = dev.countersign.api.device.DeviceRecord.active(device, key, 0);
            """;

    private static final String SIGNED = """
            var signer = dev.countersign.signer.RequestSigner.builder(
                    device.deviceId(), dev.countersign.signer.SigningCallback.of(pair.getPrivate())).build();
            var headers = signer.signRequest(device.appId(), "POST", "/v1/events", new byte[0]).headers();
            """;

    private static final List<Application> APPLICATIONS = List.of(
            new Application(
                    "dev.countersign.api",
                    "verifier-api",
                    "",
                    DEVICE + "System.out.println(record.identity().equals(device));",
                    "true"),
            new Application(
                    "dev.countersign.signer",
                    "verifier-api request-signer",
                    "dev.countersign.api",
                    DEVICE + SIGNED + "System.out.println(headers.size());",
                    "6"),
            new Application("dev.countersign.nonce.memory", "verifier-api nonce-store-memory", "", """
                    try (var nonces = dev.countersign.nonce.memory.MemoryNonceStore.builder().alwaysWatching().build()) {
                        System.out.println(nonces.isDown());
                    }
                    """, "false"),
            new Application(
                    "dev.countersign.core",
                    "verifier-api verifier-core request-signer nonce-store-memory caffeine bcprov",
                    "dev.countersign.nonce.memory dev.countersign.signer",
                    DEVICE + SIGNED + """
                    var store = (dev.countersign.api.store.PublicKeyStore) java.lang.reflect.Proxy.newProxyInstance(
                            Main.class.getClassLoader(),
                            new Class<?>[] {dev.countersign.api.store.PublicKeyStore.class},
                            (proxy, method, arguments) -> switch (method.getName()) {
                                case "find" -> java.util.concurrent.CompletableFuture.completedFuture(
                                        java.util.Optional.of(record));
                                case "cursor" -> java.util.concurrent.CompletableFuture.completedFuture(0L);
                                default -> throw new UnsupportedOperationException();
                            });
                    try (var cache = dev.countersign.core.KeyCache.builder(store).build();
                            var nonces = dev.countersign.nonce.memory.MemoryNonceStore.builder().alwaysWatching().build();
                            var verifier = dev.countersign.core.CountersignVerifier.builder(cache, nonces).build()) {
                        var head = dev.countersign.api.RequestHead.of(
                                "POST", "/v1/events", java.util.List.copyOf(headers.entrySet()));
                        System.out.println(verifier.verify(head, new byte[0]).isAccepted());
                        System.out.println(verifier.verify(head, new byte[0]).isAccepted());
                    }
                    """,
                    "true\\Rfalse"),
            new Application(
                    "dev.countersign.keystore.jdbc",
                    "verifier-api keystore-jdbc h2",
                    "com.h2database java.naming",
                    DEVICE + """
                    var source = new org.h2.jdbcx.JdbcDataSource();
                    source.setURL("jdbc:h2:mem:app;DB_CLOSE_DELAY=-1");
                    dev.countersign.keystore.jdbc.JdbcSchema.createIfMissing(source);
                    try (var store = dev.countersign.keystore.jdbc.JdbcKeyStore.builder(source).build()) {
                        store.registry().register(device, key, dev.countersign.api.device.DeviceStatus.ACTIVE).toCompletableFuture().join();
                        System.out.println(store.keys().find(device).toCompletableFuture().join().isPresent());
                    }
                    """,
                    "true"),
            new Application(
                    "dev.countersign.nonce.redis",
                    "verifier-api nonce-store-redis lettuce-core netty- reactor-core reactive-streams redis-authx-core",
                    "",
                    """
                    int port;
                    try (var socket = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
                        port = socket.getLocalPort();
                    }
                    var device = new dev.countersign.api.device.DeviceIdentity("com.acme.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
                    var nonce = dev.countersign.api.store.ReplayToken.ofHash(new byte[32]);
                    var claim = dev.countersign.api.store.Claim.builder(device, nonce)
                            .timestamp(1000).claimedAt(1000).deadline(2000).earliestDeadline(2000).build();
                    try (var store = dev.countersign.nonce.redis.RedisNonceStore.builder("redis://127.0.0.1:" + port).build()) {
                        // On a busy machine a claim may have given up before the first connection was refused.
                        String outage = "not connected yet";
                        for (int tries = 0; tries < 20 && outage.startsWith("not connected"); tries++) {
                            outage = store.claim(claim)
                                    .handle((answer, failure) -> store.status().reason())
                                    .toCompletableFuture()
                                    .join();
                        }
                        System.out.println(outage);
                    }
                    """,
                    ".*refused.*"),
            new Application("dev.countersign.servlet", "verifier-api servlet jakarta.servlet-api", "", """
                    var verifier = (dev.countersign.api.RequestVerifier) java.lang.reflect.Proxy.newProxyInstance(
                            Main.class.getClassLoader(),
                            new Class<?>[] {dev.countersign.api.RequestVerifier.class},
                            (proxy, method, arguments) -> null);
                    jakarta.servlet.Filter filter = new dev.countersign.servlet.CountersignFilter(verifier);
                    System.out.println(filter.getClass().getModule().isNamed());
                    """, "true"),
            new Application("dev.countersign.netty", "verifier-api netty", "io.netty.common", """
                    var verifier = (dev.countersign.api.RequestVerifier) java.lang.reflect.Proxy.newProxyInstance(
                            Main.class.getClassLoader(),
                            new Class<?>[] {dev.countersign.api.RequestVerifier.class},
                            (proxy, method, arguments) -> null);
                    var routes = dev.countersign.api.route.Routes.by(verifier).protectAllExcept("/health");
                    var factory = dev.countersign.netty.CountersignHandler.builder(routes).build();
                    var channel = new io.netty.channel.embedded.EmbeddedChannel(factory.newHandler());
                    System.out.println(channel.isActive() && factory.getClass().getModule().isNamed());
                    """, "true"),
            new Application(
                    "dev.countersign.tck", "verifier-api verifier-tck junit- opentest4j apiguardian", "", """
                    var registry = new dev.countersign.tck.InMemoryDeviceRegistry(
                            dev.countersign.tck.MutableClock.atSecond(1_800_000_000L));
                    var device = new dev.countersign.api.device.DeviceIdentity("com.acme.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
                    registry.put(dev.countersign.api.device.DeviceRecord.active(
                            device, dev.countersign.tck.TestKeys.publicKey(1), 0));
                    System.out.println(registry.find(device).toCompletableFuture().join().isPresent());
                    """, "true"));

    @Test
    void eachLibraryWorksOnTheModulePath() throws Exception {
        Set<String> libraries = new TreeSet<>();
        for (Application application : APPLICATIONS) {
            libraries.add(application.library);
        }
        assertEquals(PublishedModules.all().keySet(), libraries, "an application for each");
        for (Application application : APPLICATIONS) {
            compile(application);
        }
        List<Process> started = new ArrayList<>();
        try {
            for (Application application : APPLICATIONS) {
                started.add(new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-Xmx128m",
                                "--module-path",
                                folder.resolve(application.name()) + File.pathSeparator + modulePath(application, ""),
                                "--module",
                                application.name() + "/" + application.name() + ".Main")
                        .redirectErrorStream(true)
                        .redirectOutput(output(application).toFile())
                        .start());
            }
            for (Process process : started) {
                assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), "still running");
            }
        } finally {
            started.forEach(Process::destroyForcibly);
        }
        Map<String, String> wrong = new TreeMap<>();
        for (Application application : APPLICATIONS) {
            String said = Files.readString(output(application));
            if (!said.matches(application.says + "\\R")) {
                wrong.put(application.library, said);
            }
        }
        assertEquals(Map.of(), wrong);
    }

    private Path output(Application application) {
        return folder.resolve(application.name() + ".txt");
    }

    private void compile(Application application) throws IOException {
        Path sources = Files.createDirectories(folder.resolve("src").resolve(application.name()));
        StringBuilder descriptor =
                new StringBuilder("module " + application.name() + " { requires " + application.library + ";");
        for (String module : application.requires.isEmpty() ? new String[0] : application.requires.split(" ", -1)) {
            descriptor.append(" requires ").append(module).append(';');
        }
        Path module = Files.writeString(sources.resolve("module-info.java"), descriptor.append(" }"));
        Path main = Files.writeString(
                sources.resolve("Main.java"),
                "package " + application.name()
                        + "; class Main { public static void main(String[] none) throws Exception {\n"
                        + application.body + "\n} }\n");
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int result = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        said,
                        said,
                        "-proc:none",
                        "-nowarn",
                        "-d",
                        folder.resolve(application.name()).toString(),
                        "--module-path",
                        modulePath(application, " jspecify"),
                        module.toString(),
                        main.toString());
        assertEquals(0, result, application.library + ": " + said.toString(StandardCharsets.UTF_8));
    }

    /**
     * From the class path of this test: jars, or folders of classes where nothing was packaged.
     *
     * @param more what only the compiler needs, as the descriptors say by "requires static"
     */
    private static String modulePath(Application application, String more) {
        StringJoiner path = new StringJoiner(File.pathSeparator);
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (application.holds(Path.of(entry), more)) {
                path.add(entry);
            }
        }
        return path.toString();
    }
}
