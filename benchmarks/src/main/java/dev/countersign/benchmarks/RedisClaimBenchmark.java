package dev.countersign.benchmarks;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.nonce.redis.RedisNonceStore;
import dev.countersign.servers.RedisCluster;
import dev.countersign.servers.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongFunction;

/**
 * How many claims a second one node makes on one Redis, and how long they take: our store against what a shop would write by
 * hand on Lettuce. One thread keeps a window of claims under way; every contestant has an empty server of its own, and all
 * run in turn, in several rounds, in one process. No JMH: it is about a server and two threads of Lettuce, not about
 * nanoseconds.
 *
 * <p>Arguments: seconds for each measurement (default 3), rounds (default 3).
 */
public final class RedisClaimBenchmark {
    private static final long KEEP_SECONDS = 310;
    private static final int[] WINDOWS = {2048, 32};
    private static final int MOST_SAMPLES = 4_000_000;
    private static final DeviceIdentity[] DEVICES = new DeviceIdentity[20_000];
    private static final String SCRIPT = """
            for i = 1, #KEYS do
              if redis.call('EXISTS', KEYS[i]) == 1 then return i end
            end
            for i = 1, #KEYS do redis.call('SET', KEYS[i], '1', 'PX', ARGV[1]) end
            return 4
            """;

    private RedisClaimBenchmark() {}

    /** Something that makes claims; what it opens is closed after its measurement. */
    private interface Contestant {
        CompletionStage<Boolean> claim(long number);

        void close();

        default void flush() {}

        /** Whether the window is sent as one batch and awaited as one. */
        default boolean batched() {
            return false;
        }
    }

    private record Entry(String name, java.util.function.Supplier<Contestant> open) {}

    private record Measured(double perSecond, double p50Micros, double p99Micros, long failed) {}

    /** Runs all, and prints a table of medians over the rounds. */
    public static void main(String[] arguments) throws InterruptedException {
        int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
        for (int i = 0; i < DEVICES.length; i++) {
            DEVICES[i] = new DeviceIdentity("com.example.app", "device-" + i);
        }
        List<Entry> entries = List.of(
                new Entry("Countersign, two tokens, one script", () -> store(true, 0)),
                new Entry("Countersign, one token, one script", () -> store(false, 0)),
                new Entry("Countersign, two tokens, WAIT 1", () -> store(true, 1)),
                new Entry("Countersign, two tokens, Cluster of three", RedisClaimBenchmark::cluster),
                new Entry("Lettuce, SET NX PX, one token", () -> lettuce(Kind.SET, false)),
                new Entry("Lettuce, SET NX PX, one token, flushed in batches", () -> lettuce(Kind.SET, true)),
                new Entry("Lettuce, the same script by hand, two tokens", () -> lettuce(Kind.SCRIPT, false)),
                new Entry("Lettuce, EXISTS then SET, one token (a race)", () -> lettuce(Kind.CHECK_THEN_SET, false)));
        for (int window : WINDOWS) {
            List<List<Measured>> results = new ArrayList<>();
            entries.forEach(entry -> results.add(new ArrayList<>()));
            for (int round = 0; round < rounds; round++) {
                for (int i = 0; i < entries.size(); i++) {
                    Contestant contestant = entries.get(i).open().get();
                    try {
                        run(contestant, window, seconds, 0); // warms up
                        results.get(i).add(run(contestant, window, seconds, 1L << 32));
                    } finally {
                        contestant.close();
                    }
                }
            }
            System.out.println("| window " + window + " | claims/s | p50 us | p99 us | failed |");
            System.out.println("|---|---|---|---|---|");
            for (int i = 0; i < entries.size(); i++) {
                List<Measured> all = results.get(i);
                System.out.printf(
                        Locale.ROOT,
                        "| %s | %,.0f | %,.0f | %,.0f | %d |%n",
                        entries.get(i).name(),
                        median(all.stream().mapToDouble(Measured::perSecond).toArray()),
                        median(all.stream().mapToDouble(Measured::p50Micros).toArray()),
                        median(all.stream().mapToDouble(Measured::p99Micros).toArray()),
                        all.stream().mapToLong(Measured::failed).sum());
            }
        }
    }

    private static Measured run(Contestant contestant, int window, int seconds, long firstNumber)
            throws InterruptedException {
        Semaphore room = new Semaphore(window);
        long[] nanos = new long[MOST_SAMPLES];
        AtomicInteger taken = new AtomicInteger();
        LongAdder failed = new LongAdder();
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        long number = firstNumber;
        int inBatch = 0;
        while (System.nanoTime() < end) {
            if (contestant.batched() && inBatch == window) {
                contestant.flush();
                room.acquire(window);
                room.release(window);
                inBatch = 0;
            }
            room.acquire();
            inBatch++;
            long sent = System.nanoTime();
            contestant.claim(number++).whenComplete((won, failure) -> {
                int sample = taken.getAndIncrement();
                if (sample < MOST_SAMPLES) {
                    nanos[sample] = System.nanoTime() - sent;
                }
                if (failure != null || !won) {
                    failed.increment();
                }
                room.release();
            });
        }
        contestant.flush();
        room.acquire(window);
        double took = (System.nanoTime() - start) / 1e9;
        int samples = Math.min(MOST_SAMPLES, taken.get());
        Arrays.sort(nanos, 0, samples);
        return new Measured(
                (taken.get() - failed.sum()) / took,
                nanos[samples / 2] / 1e3,
                nanos[(int) (samples * 0.99)] / 1e3,
                failed.sum());
    }

    private static Contestant store(boolean twoTokens, int replicas) {
        RedisServer server = RedisServer.start();
        List<RedisServer> servers = new ArrayList<>(List.of(server));
        RedisNonceStore.Builder builder = RedisNonceStore.builder(server.uri()).alwaysWatching();
        if (replicas > 0) {
            RedisServer replica = RedisServer.start();
            replica.require("REPLICAOF", "127.0.0.1", Integer.toString(server.port()));
            servers.add(replica);
            awaitReplica(replica);
            builder.waitForReplicas(replicas).replicaTimeLimit(Duration.ofSeconds(1));
        }
        return claims(builder.build(), twoTokens, () -> servers.forEach(RedisServer::close));
    }

    private static Contestant cluster() {
        RedisCluster cluster = RedisCluster.start();
        return claims(RedisNonceStore.builder(cluster.uri()).alwaysWatching().build(), true, cluster::close);
    }

    private static Contestant claims(RedisNonceStore store, boolean twoTokens, Runnable closeServers) {
        return new Contestant() {
            @Override
            public CompletionStage<Boolean> claim(long number) {
                long now = Instant.now().getEpochSecond();
                ReplayToken nonce = new ReplayToken(mix(number), 1);
                Claim claim = Claim.builder(DEVICES[(int) (number % DEVICES.length)], nonce)
                        .signature(twoTokens ? new ReplayToken(mix(number), 2) : null)
                        .timestamp(now)
                        .claimedAt(now)
                        .deadline(now + KEEP_SECONDS)
                        .earliestDeadline(now + KEEP_SECONDS)
                        .build();
                return store.claim(claim).thenApply(result -> result == ClaimResult.CLAIMED);
            }

            @Override
            public void close() {
                store.close();
                closeServers.run();
            }
        };
    }

    private enum Kind {
        SET,
        SCRIPT,
        CHECK_THEN_SET
    }

    private static Contestant lettuce(Kind kind, boolean batched) {
        RedisServer server = RedisServer.start();
        RedisClient client = RedisClient.create(server.uri());
        StatefulRedisConnection<byte[], byte[]> connection = client.connect(ByteArrayCodec.INSTANCE);
        RedisAsyncCommands<byte[], byte[]> redis = connection.async();
        byte[] one = {'1'};
        byte[] keep = Long.toString(KEEP_SECONDS * 1000).getBytes(StandardCharsets.US_ASCII);
        SetArgs ifAbsent = SetArgs.Builder.nx().px(KEEP_SECONDS * 1000);
        SetArgs always = SetArgs.Builder.px(KEEP_SECONDS * 1000);
        String digest = connection.sync().scriptLoad(SCRIPT);
        connection.setAutoFlushCommands(!batched);
        LongFunction<CompletionStage<Boolean>> claim =
                switch (kind) {
                    case SET ->
                        number -> redis.set(key(number, 1), one, ifAbsent).thenApply("OK"::equals);
                    case SCRIPT ->
                        number -> redis.<Long>evalsha(
                                        digest,
                                        ScriptOutputType.INTEGER,
                                        new byte[][] {key(number, 1), key(number, 2)},
                                        keep)
                                .thenApply(code -> code == 4);
                    case CHECK_THEN_SET ->
                        number -> {
                            byte[] key = key(number, 1);
                            return redis.exists(key)
                                    .thenCompose(
                                            known -> redis.set(key, one, always).thenApply(ok -> known == 0));
                        };
                };
        return new Contestant() {
            @Override
            public CompletionStage<Boolean> claim(long number) {
                return claim.apply(number);
            }

            @Override
            public void flush() {
                connection.flushCommands();
            }

            @Override
            public boolean batched() {
                return batched;
            }

            @Override
            public void close() {
                connection.close();
                client.shutdown();
                server.close();
            }
        };
    }

    private static void awaitReplica(RedisServer replica) {
        for (int i = 0; i < 10_000; i++) {
            if (replica.info("replication", "master_link_status").equals("up")) {
                return;
            }
        }
        throw new IllegalStateException("the replica does not follow");
    }

    /** As long as the store's. */
    private static byte[] key(long number, long which) {
        return ByteBuffer.allocate(22)
                .put("c1{xy}".getBytes(StandardCharsets.US_ASCII))
                .putLong(mix(number))
                .putLong(which)
                .array();
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    /** As good as a hash's. */
    private static long mix(long number) {
        long z = number * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        return z ^ z >>> 27;
    }
}
