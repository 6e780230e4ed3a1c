package dev.countersign.core.verification;

import dev.countersign.api.Verdict;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.VerificationListener;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Who is told of verdicts. No fault of a listener, nor of ours in making the event, changes a verdict. Thread-safe. */
public final class Observation {
    private final @Nullable VerificationListener listener;
    private final InternalFaults faults;
    private final LongAdder listenerFailures = new LongAdder();

    /** @param listener null if nobody is told */
    public Observation(@Nullable VerificationListener listener, InternalFaults faults) {
        this.listener = listener;
        this.faults = faults;
    }

    void tell(Trace trace, Verdict reached) {
        if (listener == null) {
            return;
        }
        VerificationEvent event;
        try {
            event = trace.event(reached);
        } catch (Throwable fault) {
            faults.note(fault);
            return;
        }
        try {
            listener.onVerdict(event);
        } catch (Throwable failure) {
            listenerFailures.increment();
        }
    }

    /** How often the listener threw. */
    public long listenerFailures() {
        return listenerFailures.sum();
    }
}
