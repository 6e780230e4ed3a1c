package dev.countersign.faults;

import dev.countersign.faults.Event.Fault;
import dev.countersign.faults.Event.FaultKind;
import dev.countersign.faults.Event.Target;
import dev.countersign.servers.TcpProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * A way to hurt, and to stop hurting.
 *
 * @param node whose connection, or {@link Fault#ALL}
 * @param hits counts how often it bit, from any start
 */
record Harm(FaultKind kind, Target target, int node, Runnable begin, Runnable end, IntSupplier hits) {
    private static final int ANSWERS_TO_LOSE = 3;
    private static final int SLOW_MILLIS = 60;

    /** One that always bites once. */
    static Harm ofServer(FaultKind kind, Target target, Runnable begin, Runnable end) {
        int[] times = {0};
        return new Harm(
                kind,
                target,
                Fault.ALL,
                () -> {
                    times[0]++;
                    begin.run();
                },
                end,
                () -> times[0]);
    }

    /** All that a proxy can do to a node's connections. */
    static List<Harm> ofConnection(Target target, int node, TcpProxy proxy) {
        List<Harm> harms = new ArrayList<>();
        IntSupplier connections = proxy::cuts;
        harms.add(new Harm(FaultKind.CUT, target, node, proxy::cut, () -> {}, connections));
        harms.add(new Harm(FaultKind.CUT_OFF, target, node, proxy::cutOff, proxy::restore, connections));
        harms.add(new Harm(
                FaultKind.LOSE_ANSWERS,
                target,
                node,
                () -> proxy.loseAnswers(ANSWERS_TO_LOSE),
                proxy::restore,
                proxy::answersLost));
        harms.add(counted(FaultKind.HOLD_REQUESTS, target, node, proxy::holdRequests, proxy::restore));
        harms.add(counted(FaultKind.HOLD_ANSWERS, target, node, proxy::holdAnswers, proxy::restore));
        harms.add(counted(FaultKind.SLOW_DOWN, target, node, () -> proxy.slowDown(SLOW_MILLIS), proxy::restore));
        return harms;
    }

    private static Harm counted(FaultKind kind, Target target, int node, Runnable begin, Runnable end) {
        Harm once = ofServer(kind, target, begin, end);
        return new Harm(kind, target, node, once.begin(), once.end(), once.hits());
    }
}
