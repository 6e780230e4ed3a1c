package dev.countersign.benchmarks.flood;

import dev.countersign.api.Caller;
import dev.countersign.api.DeviceIdentity;
import dev.countersign.api.DeviceRecord;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verdict;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeyCache;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.tck.InMemoryDeviceRegistry;
import dev.countersign.tck.MutableClock;
import dev.countersign.tck.TestKeys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * How long a revocation elsewhere takes to count on a node that is flooded with heads of made-up devices while each query of
 * its key store is slow; and how many attempts a genuine device needs there that the node does not remember.
 *
 * <p>Arguments: milliseconds a query, heads a second, threads for lookups, rounds; "together" as a fifth makes the feed share
 * them. Ends with 1 if a revoked device was accepted later than 2 s and one query after the revocation.
 */
public final class FloodBenchmark {
    private static final long NOW = 1_800_000_000L;
    private static final byte[] BODY = "{}".getBytes(StandardCharsets.UTF_8);
    private static final long PROMISED_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final int MOST_ATTEMPTS = 2000;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final AtomicInteger requests = new AtomicInteger();
    private final LongAdder heads = new LongAdder();
    private final LongAdder told = new LongAdder();

    private FloodBenchmark() {}

    /** Runs it; see above. */
    public static void main(String[] arguments) throws Exception {
        long millis = Long.parseLong(arguments[0]);
        int perSecond = Integer.parseInt(arguments[1]);
        int threads = Integer.parseInt(arguments[2]);
        int rounds = Integer.parseInt(arguments[3]);
        boolean apart = arguments.length < 5;
        boolean kept = true;
        for (int round = 0; round < rounds; round++) {
            kept &= new FloodBenchmark().round(millis, perSecond, threads, apart);
        }
        System.exit(kept ? 0 : 1);
    }

    private boolean round(long millis, int perSecond, int threads, boolean apart) throws Exception {
        ScheduledExecutorService flooding = Executors.newScheduledThreadPool(1);
        DeviceIdentity device = device(1);
        DeviceIdentity cold = device(2);
        registry.put(DeviceRecord.active(device, TestKeys.publicKey(1), 0));
        registry.put(DeviceRecord.active(cold, TestKeys.publicKey(2), 0));
        try (SlowKeyStore store = new SlowKeyStore(registry, millis, threads, apart);
                KeyCache cache = KeyCache.builder(store).build();
                MemoryNonceStore nonces =
                        MemoryNonceStore.builder().clock(clock).noPredecessor().build();
                CountersignVerifier verifier =
                        CountersignVerifier.builder(cache, nonces).clock(clock).build()) {
            TimeUnit.SECONDS.sleep(2);
            while (!verify(verifier, device, 1).isAccepted()) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
            String madeUp = signature(99);
            int each = perSecond / 100;
            Future<?> flood =
                    flooding.scheduleAtFixedRate(() -> flood(verifier, madeUp, each), 0, 10, TimeUnit.MILLISECONDS);
            TimeUnit.SECONDS.sleep(4);
            if (flood.isDone()) {
                throw new IllegalStateException("the flood has ended: nothing to measure");
            }
            long headsBefore = heads.sum();
            long begunAt = System.nanoTime();
            registry.revoke(device).toCompletableFuture().join();
            long revokedAt = System.nanoTime();
            long last = 0;
            while (System.nanoTime() - revokedAt < TimeUnit.SECONDS.toNanos(8)) {
                if (verify(verifier, device, 1).isAccepted()) {
                    last = System.nanoTime() - revokedAt;
                }
                TimeUnit.MILLISECONDS.sleep(10);
            }
            int attempts = 0;
            long coldFrom = System.nanoTime();
            boolean through = false;
            while (!through && attempts < MOST_ATTEMPTS) {
                attempts++;
                through = verify(verifier, cold, 2).isAccepted();
                TimeUnit.MILLISECONDS.sleep(5);
            }
            double seconds = (System.nanoTime() - begunAt) / 1e9;
            System.out.printf(
                    Locale.ROOT,
                    "%d ms a query, %.0f heads/s, %d threads%s: last accepted %.2f s after the revocation; a device not at"
                            + " hand was %s with attempt %d, after %.1f s; %d polls failed, %d served in an outage,"
                            + " %d of %d made-up heads told 401%n",
                    millis,
                    (heads.sum() - headsBefore) / seconds,
                    threads,
                    apart ? ", the feed apart" : ", together with the feed",
                    last / 1e9,
                    through ? "accepted" : "NOT accepted",
                    attempts,
                    (System.nanoTime() - coldFrom) / 1e9,
                    cache.stats().pollFailures(),
                    cache.stats().servedInOutage(),
                    told.sum(),
                    heads.sum());
            return last <= PROMISED_NANOS + TimeUnit.MILLISECONDS.toNanos(millis);
        } finally {
            flooding.shutdownNow();
        }
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
