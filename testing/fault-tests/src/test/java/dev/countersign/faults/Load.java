package dev.countersign.faults;

import dev.countersign.faults.Event.Sending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Devices that sign and send, attackers that replay what they saw, strangers that forge, and an enrolment that registers,
 * rotates and revokes all the while. Decisions come from the seed; who is faster does not.
 */
final class Load implements AutoCloseable {
    private static final int CLIENTS = 4;
    private static final int ATTACKERS = 2;
    private static final int FIRST_DEVICES = 12;
    private static final int CLIENT_PAUSE_MILLIS = 16;
    private static final int ATTACKER_PAUSE_MILLIS = 8;
    private static final int ENROLMENT_PAUSE_MILLIS = 300;
    private static final int FEED_PAUSE_MILLIS = 50;
    private static final int FORGED_BEFORE_PERCENT = 6;
    private static final int AT_ONCE_PERCENT = 12;
    private static final int STOLEN_PERCENT = 15;
    private static final int MOST_AFTER_A_FAULT = 150;
    private static final int MOST_IN_THE_END = 2_000;
    private static final long JOIN_MILLIS = 60_000;

    private final Fleet fleet;
    private final Enrolment enrolment;
    private final long seed;
    private final ConcurrentLinkedQueue<Request> toReplay = new ConcurrentLinkedQueue<>();
    private final List<Captured> captured = new ArrayList<>(); // guarded by itself
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean clientsStopped;
    private volatile boolean attackersStopped;

    /** What an attacker has seen, and when it was over. */
    private record Captured(Request request, Moment end, boolean unknown) {}

    Load(Fleet fleet, Enrolment enrolment, long seed) {
        this.fleet = fleet;
        this.enrolment = enrolment;
        this.seed = seed;
    }

    void start() {
        for (int i = 0; i < FIRST_DEVICES; i++) {
            enrolment.register();
        }
        for (int i = 0; i < CLIENTS; i++) {
            Random random = new Random(seed * 31 + i);
            thread("client-" + i, () -> client(random));
        }
        for (int i = 0; i < ATTACKERS; i++) {
            Random random = new Random(seed * 37 + i);
            thread("attacker-" + i, () -> attacker(random));
        }
        thread("feed-watch", () -> {
            while (!attackersStopped) {
                fleet.noteFeeds();
                Nemesis.rest(FEED_PAUSE_MILLIS);
            }
        });
        Random random = new Random(seed * 41);
        thread("enrolment", () -> enrol(random));
    }

    private void client(Random random) {
        while (!clientsStopped) {
            Request request = device(random).sign(random);
            if (random.nextInt(100) < FORGED_BEFORE_PERCENT) {
                fleet.send(node(random), request.forged());
            }
            if (random.nextInt(100) < AT_ONCE_PERCENT) {
                toReplay.add(request);
            }
            Sending sending = fleet.send(node(random), request);
            synchronized (captured) {
                captured.add(new Captured(request, sending.end(), sending.isOutcomeUnknown()));
            }
            Nemesis.rest(random.nextInt(CLIENT_PAUSE_MILLIS));
        }
    }

    private Device device(Random random) {
        List<Device> devices = enrolment.devices();
        Device device = devices.get(random.nextInt(devices.size()));
        while (device.isRevoked() && random.nextInt(100) >= STOLEN_PERCENT) {
            device = devices.get(random.nextInt(devices.size()));
        }
        return device;
    }

    private void attacker(Random random) {
        while (!attackersStopped) {
            Request request = toReplay.poll();
            if (request == null) {
                request = seen(random);
                Nemesis.rest(random.nextInt(ATTACKER_PAUSE_MILLIS));
            }
            if (request != null) {
                replay(random, request);
            }
        }
    }

    private void replay(Random random, Request request) {
        fleet.send(node(random), random.nextBoolean() ? request.copy() : request.renonced(random));
    }

    private @Nullable Request seen(Random random) {
        synchronized (captured) {
            return captured.isEmpty()
                    ? null
                    : captured.get(random.nextInt(captured.size())).request();
        }
    }

    private void enrol(Random random) {
        while (!clientsStopped) {
            Nemesis.rest(ENROLMENT_PAUSE_MILLIS / 2 + random.nextInt(ENROLMENT_PAUSE_MILLIS));
            List<Device> devices = enrolment.devices();
            Device device = devices.get(random.nextInt(devices.size()));
            switch (random.nextInt(3)) {
                case 0 -> enrolment.register();
                case 1 -> {
                    if (!device.isRotated() && !device.isRevoked()) {
                        enrolment.rotate(device);
                    }
                }
                default -> {
                    if (!device.isRevoked()) {
                        enrolment.register(); // so that there are always some left
                        enrolment.revoke(device);
                    }
                }
            }
        }
    }

    /** Lets attackers send again what was sent during a fault, first of all what nobody knows the outcome of. */
    void replayAfter(Moment start, Moment end) {
        List<Request> unknown = new ArrayList<>();
        List<Request> others = new ArrayList<>();
        synchronized (captured) {
            for (int i = captured.size() - 1; i >= 0 && captured.get(i).end().isAfter(start); i--) {
                Captured one = captured.get(i);
                (one.unknown() ? unknown : others).add(one.request());
            }
        }
        unknown.addAll(others);
        toReplay.addAll(unknown.subList(0, Math.min(MOST_AFTER_A_FAULT, unknown.size())));
    }

    /** Ends the devices, and replays a good part of all that was ever sent. */
    void stop() {
        clientsStopped = true;
        synchronized (captured) {
            int step = 1 + captured.size() / MOST_IN_THE_END;
            for (int i = 0; i < captured.size(); i += step) {
                toReplay.add(captured.get(i).request());
            }
        }
        Nemesis.await(Duration.ofMillis(JOIN_MILLIS), () -> toReplay.isEmpty() || failure.get() != null);
        close();
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new AssertionError("a thread of the load failed", thrown);
        }
    }

    private int node(Random random) {
        return random.nextInt(fleet.size());
    }

    private void thread(String name, Runnable task) {
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (Throwable thrown) {
                        failure.compareAndSet(null, thrown);
                    }
                },
                "load-" + name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    /** Ends all threads. */
    @Override
    public void close() {
        clientsStopped = true;
        attackersStopped = true;
        for (Thread thread : threads) {
            try {
                thread.join(JOIN_MILLIS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
