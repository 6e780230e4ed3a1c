package dev.countersign.benchmarks.flood;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verdict;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeyCache;
import dev.countersign.keystore.jdbc.JdbcKeyStore;
import dev.countersign.keystore.jdbc.JdbcSchema;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.servers.DatabaseServer;
import dev.countersign.servers.MariaDbServer;
import dev.countersign.servers.PostgresServer;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * How long a revocation elsewhere takes to count on a node that is flooded with heads of made-up devices while each query of
 * its key store is slow; and how many attempts genuine devices need there that the node does not remember.
 *
 * <p>Arguments: the store, milliseconds a query, heads a second, rounds. The store is {@code h2}, {@code postgresql} or
 * {@code mariadb}, which is a {@link JdbcKeyStore} with its defaults over such a database, over which another one revokes; or {@code simulated}, and then
 * the number of its threads for lookups follows, and "together" where the feed is to share them. Ends with 1 if a revoked
 * device was accepted later than 2 s and one query after the revocation.
 */
public final class FloodBenchmark {
    private static final long NOW = 1_800_000_000L;
    private static final byte[] BODY = "{}".getBytes(StandardCharsets.UTF_8);
    private static final long PROMISED_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final int MOST_ATTEMPTS = 2000;

    /** So many devices are not at hand. */
    private static final int COLD = 10;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final AtomicInteger requests = new AtomicInteger();
    private final LongAdder heads = new LongAdder();
    private final LongAdder told = new LongAdder();

    private FloodBenchmark() {}

    /** Runs it; see above. */
    public static void main(String[] arguments) throws Exception {
        String kind = arguments[0];
        long millis = Long.parseLong(arguments[1]);
        int perSecond = Integer.parseInt(arguments[2]);
        int rounds = Integer.parseInt(arguments[3]);
        boolean kept = true;
        for (int round = 0; round < rounds; round++) {
            FloodBenchmark benchmark = new FloodBenchmark();
            kept &= switch (kind) {
                case "simulated" ->
                    benchmark.simulated(millis, perSecond, Integer.parseInt(arguments[4]), arguments.length < 6);
                case "h2" -> benchmark.jdbc("jdbc:h2:mem:flood" + round + ";DB_CLOSE_DELAY=-1", millis, perSecond);
                case "postgresql" -> {
                    try (PostgresServer server = PostgresServer.start()) {
                        yield benchmark.jdbc(server, millis, perSecond);
                    }
                }
                case "mariadb" -> {
                    try (MariaDbServer server = MariaDbServer.start()) {
                        yield benchmark.jdbc(server, millis, perSecond);
                    }
                }
                default -> throw new IllegalArgumentException("h2, postgresql, mariadb or simulated");
            };
        }
        System.exit(kept ? 0 : 1);
    }

    private boolean simulated(long millis, int perSecond, int threads, boolean apart) throws Exception {
        InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        for (int i = 0; i <= COLD; i++) {
            registry.put(DeviceRecord.active(device(i), TestKeys.publicKey(i + 1), 0));
        }
        String what = String.format("simulated store, %d threads%s", threads, apart ? "" : ", together with the feed");
        try (SlowKeyStore store = new SlowKeyStore(registry, millis, threads, apart)) {
            return round(what, store, () -> registry.revoke(device(0)), millis, perSecond);
        }
    }

    private boolean jdbc(DatabaseServer server, long millis, int perSecond) throws Exception {
        server.createDatabase("flood");
        return jdbc(server.jdbcUrl("flood"), millis, perSecond);
    }

    /** The node's store is slow, the other one is not. */
    private boolean jdbc(String url, long millis, int perSecond) throws Exception {
        SlowDataSource slow = new SlowDataSource(millis);
        try (HikariDataSource ofNode = pool(url);
                HikariDataSource ofOther = pool(url)) {
            JdbcSchema.createIfMissing(ofOther);
            try (JdbcKeyStore other = JdbcKeyStore.builder(ofOther).build();
                    JdbcKeyStore store = JdbcKeyStore.builder(slow.over(ofNode)).build()) {
                for (int i = 0; i <= COLD; i++) {
                    DevicePublicKey key = TestKeys.publicKey(i + 1);
                    if (!other.registry()
                            .register(device(i), key, DeviceStatus.ACTIVE)
                            .toCompletableFuture()
                            .join()
                            .isChange()) {
                        throw new IllegalStateException("not registered");
                    }
                }
                long before = slow.statements();
                store.keys().find(device(0)).toCompletableFuture().join();
                long ofLookup = slow.statements() - before;
                String what = url.replaceFirst("jdbc:(\\w+):.*", "$1") + ", " + ofLookup + " queries a lookup";
                return round(what, store.keys(), () -> other.registry().revoke(device(0)), millis, perSecond);
            }
        }
    }

    private static HikariDataSource pool(String url) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        if (url.startsWith("jdbc:h2:")) {
            config.setUsername("sa");
            config.setPassword("");
        }
        return new HikariDataSource(config);
    }

    private boolean round(
            String what, PublicKeyStore store, Supplier<CompletionStage<?>> revocation, long millis, int perSecond)
            throws Exception {
        ScheduledExecutorService flooding = Executors.newScheduledThreadPool(1);
        DeviceIdentity device = device(0);
        try (KeyCache cache = KeyCache.builder(store).build();
                MemoryNonceStore nonces =
                        MemoryNonceStore.builder().clock(clock).alwaysWatching().build();
                CountersignVerifier verifier =
                        CountersignVerifier.builder(cache, nonces).clock(clock).build()) {
            TimeUnit.SECONDS.sleep(2);
            while (!verify(verifier, device, 1).isAccepted()) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
            String madeUp = signature(99);
            int each = perSecond / 1000;
            Future<?> flood =
                    flooding.scheduleAtFixedRate(() -> flood(verifier, madeUp, each), 0, 1, TimeUnit.MILLISECONDS);
            TimeUnit.SECONDS.sleep(4);
            if (flood.isDone()) {
                throw new IllegalStateException("the flood has ended: nothing to measure");
            }
            long headsBefore = heads.sum();
            long begunAt = System.nanoTime();
            revocation.get().toCompletableFuture().join();
            long revokedAt = System.nanoTime();
            long last = 0;
            int accepted = 0;
            while (System.nanoTime() - revokedAt < TimeUnit.SECONDS.toNanos(8)) {
                if (verify(verifier, device, 1).isAccepted()) {
                    last = System.nanoTime() - revokedAt;
                    accepted++;
                }
                TimeUnit.MILLISECONDS.sleep(10);
            }
            StringBuilder cold = new StringBuilder();
            for (int i = 1; i <= COLD; i++) {
                cold.append(i == 1 ? "" : ", ").append(throughWithAttempt(verifier, i));
            }
            double seconds = (System.nanoTime() - begunAt) / 1e9;
            System.out.printf(
                    Locale.ROOT,
                    "%s, %d ms a query, %.0f heads/s: %d accepted after the revocation, the last one %.2f s after it; devices"
                            + " not at hand got through with attempt (after s): %s; %d of %d polls failed, %d served in an"
                            + " outage, %d of %d made-up heads told 401%n",
                    what,
                    millis,
                    (heads.sum() - headsBefore) / seconds,
                    accepted,
                    last / 1e9,
                    cold,
                    cache.stats().pollFailures(),
                    cache.stats().polls(),
                    cache.stats().servedInOutage(),
                    told.sum(),
                    heads.sum());
            return last <= PROMISED_NANOS + TimeUnit.MILLISECONDS.toNanos(millis);
        } finally {
            flooding.shutdownNow();
        }
    }

    /** A client that comes again 20 ms after each 503. */
    private String throughWithAttempt(CountersignVerifier verifier, int number) throws InterruptedException {
        long from = System.nanoTime();
        for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
            if (verify(verifier, device(number), number + 1).isAccepted()) {
                return String.format(Locale.ROOT, "%d (%.1f)", attempt, (System.nanoTime() - from) / 1e9);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return "none of " + MOST_ATTEMPTS;
    }

    private void flood(CountersignVerifier verifier, String signature, int count) {
        for (int i = 0; i < count; i++) {
            heads.increment();
            verifier.verifyAsync(
                            head(device(1_000_000 + requests.get()), signature), ByteBuffer.wrap(BODY), Caller.inline())
                    .thenAccept(verdict -> {
                        if (verdict instanceof Rejected rejected
                                && rejected.reason() == RejectionReason.UNKNOWN_DEVICE) {
                            told.increment();
                        }
                    });
        }
    }

    private Verdict verify(CountersignVerifier verifier, DeviceIdentity device, long key) {
        return verifier.verify(head(device, signature(key)), BODY);
    }

    private static DeviceIdentity device(int number) {
        return new DeviceIdentity("com.acme.app", String.format("%08x-0000-4000-8000-000000000000", number));
    }

    private RequestHead head(DeviceIdentity device, String signature) {
        return RequestHead.of(
                "POST",
                "/v1/events",
                List.of(
                        Map.entry(SignedHeaders.APP_ID, device.appId()),
                        Map.entry(SignedHeaders.DEVICE_ID, device.deviceId()),
                        Map.entry(SignedHeaders.SIGNATURE, signature),
                        Map.entry(SignedHeaders.TIMESTAMP, Long.toString(NOW)),
                        Map.entry(
                                SignedHeaders.NONCE,
                                String.format("%08x-0000-4000-8000-000000000000", requests.incrementAndGet())),
                        Map.entry(SignedHeaders.SIG_VERSION, "1")));
    }

    private static String signature(long key) {
        try {
            Signature signer = Signature.getInstance("SHA256withECDSA");
            signer.initSign(TestKeys.privateKey(key));
            signer.update(("POST\n/v1/events\n" + NOW + "\n{}").getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(signer.sign());
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
