package dev.countersign.faults;

import dev.countersign.faults.Event.Fault;
import dev.countersign.faults.Event.FaultKind;
import dev.countersign.faults.Event.Target;
import dev.countersign.servers.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.ToIntFunction;

/**
 * A way to hurt, and to stop hurting.
 *
 * @param node whose connection, or {@link Fault#ALL}
 * @param atLeast how long it is to last
 * @param again done at the beginning and again and again until the end
 * @param hits counts how often it bit, from any start
 */
record Harm(FaultKind kind, Target target, int node, Duration atLeast, Runnable again, Runnable end, IntSupplier hits) {
    private static final int SLOW_MILLIS = 60;
    private static final int LOSING_ONE_IN = 3;

    /** Long enough to hit some claims, and not only what is said when a connection begins. */
    private static final Duration LOSING = Duration.ofSeconds(1);

    /** One that is done once, and bites. */
    static Harm once(FaultKind kind, Target target, int node, Runnable begin, Runnable end) {
        boolean[] begun = {false};
        int[] times = {0};
        return new Harm(
                kind,
                target,
                node,
                Duration.ZERO,
                () -> {
                    if (!begun[0]) {
                        begun[0] = true;
                        begin.run();
                        times[0]++;
                    }
                },
                () -> {
                    begun[0] = false;
                    end.run();
                },
                () -> times[0]);
    }

    /** The same for a longer time. */
    Harm lasting(Duration time) {
        return new Harm(kind, target, node, time, again, end, hits);
    }

    /** One of a whole server. */
    static Harm ofServer(FaultKind kind, Target target, Runnable begin, Runnable end) {
        return once(kind, target, Fault.ALL, begin, end);
    }

    /** All that proxies can do to a node's connections. */
    static List<Harm> ofConnections(Target target, int node, List<TcpProxy> proxies) {
        Runnable restore = () -> proxies.forEach(TcpProxy::restore);
        int[] calls = {0};
        Runnable loseOne = () -> {
            // In between there is time to connect: otherwise it is greetings that are lost, and no claims.
            if (calls[0]++ % LOSING_ONE_IN == 0) {
                proxies.forEach(proxy -> proxy.loseAnswers(1));
            }
        };
        return List.of(
                new Harm(
                        FaultKind.CUT,
                        target,
                        node,
                        Duration.ZERO,
                        () -> proxies.forEach(TcpProxy::cut),
                        () -> {},
                        sum(proxies, TcpProxy::connectionsCut)),
                new Harm(
                        FaultKind.LOSE_ANSWERS,
                        target,
                        node,
                        LOSING,
                        loseOne,
                        restore,
                        sum(proxies, TcpProxy::answersLost)),
                once(FaultKind.CUT_OFF, target, node, () -> proxies.forEach(TcpProxy::cutOff), restore),
                once(FaultKind.HOLD_REQUESTS, target, node, () -> proxies.forEach(TcpProxy::holdRequests), restore),
                once(FaultKind.HOLD_ANSWERS, target, node, () -> proxies.forEach(TcpProxy::holdAnswers), restore),
                once(
                        FaultKind.SLOW_DOWN,
                        target,
                        node,
                        () -> proxies.forEach(proxy -> proxy.slowDown(SLOW_MILLIS)),
                        restore));
    }

    private static IntSupplier sum(List<TcpProxy> proxies, ToIntFunction<TcpProxy> counter) {
        return () -> proxies.stream().mapToInt(counter).sum();
    }
}
