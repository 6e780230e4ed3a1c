package dev.countersign.faults;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** What happened in a run. Thread-safe. */
final class History {
    private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();
    private final AtomicReferenceArray<@Nullable Moment> lastServed;

    History(int nodes) {
        this.lastServed = new AtomicReferenceArray<>(nodes);
    }

    void note(Event event) {
        events.add(event);
        if (event instanceof Event.Sending sending && sending.isAccepted() && sending.kind() == Event.Kind.GENUINE) {
            lastServed.accumulateAndGet(
                    sending.node(),
                    sending.start(),
                    (old, start) -> old == null || start == null || old.isBefore(start) ? start : old);
        }
    }

    /** Whether every node has accepted a device's request that was sent after the moment. */
    boolean allServeSince(Moment moment) {
        for (int node = 0; node < lastServed.length(); node++) {
            Moment start = lastServed.get(node);
            if (start == null || start.isBefore(moment)) {
                return false;
            }
        }
        return true;
    }

    /** All that was noted so far. */
    List<Event> events() {
        return List.copyOf(events);
    }
}
