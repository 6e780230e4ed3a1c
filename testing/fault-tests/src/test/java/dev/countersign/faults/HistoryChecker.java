package dev.countersign.faults;

import dev.countersign.api.RejectionReason;
import dev.countersign.faults.Event.Change;
import dev.countersign.faults.Event.ChangeKind;
import dev.countersign.faults.Event.Closed;
import dev.countersign.faults.Event.Fault;
import dev.countersign.faults.Event.FaultKind;
import dev.countersign.faults.Event.FeedRead;
import dev.countersign.faults.Event.Kind;
import dev.countersign.faults.Event.NewPrimary;
import dev.countersign.faults.Event.Sending;
import dev.countersign.faults.Event.StoreClosed;
import dev.countersign.faults.Event.Target;
import dev.countersign.faults.Findings.Recovery;
import dev.countersign.faults.Findings.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a history and names every broken promise. A pure function: {@link #check}.
 *
 * <p>What happened inside a sending happened at some moment between its start and its end, so events are only taken to be
 * in an order where these do not overlap.
 *
 * <p>A request that was accepted twice is excused, and counted, if a store reported a change of primary that explains it:
 * the first acceptance began before the report, and the report is of the node that accepted the copy and came before that,
 * or of the node that accepted the original on the old primary and came at most the recovery time after the copy. It is
 * not excused if the node that accepted the copy had reported before that it was not watching yet when the request was signed.
 */
final class HistoryChecker {
    /** A pause of the machine may time a claim out without any fault of ours. */
    private static final int CALM_FAILURES_ALLOWED = 3;

    private static final int CALM_FAILURES_ALLOWED_PER = 100;

    /** How often a node reads a device's record again before it rejects what does not fit it; and some time to answer. */
    private static final Duration RECHECK_PAUSE = Duration.ofMillis(1_500);

    private final Terms terms;
    private final List<Sending> sendings;
    private final List<Change> changes;
    private final List<NewPrimary> primaries;
    private final List<FeedRead> feed;
    private final List<Fault> faults;
    private final List<StoreClosed> stores;
    private final List<Closed> closed;
    private final List<Violation> violations = new ArrayList<>();
    private final List<Recovery> recoveries = new ArrayList<>();
    private final Map<Count, Integer> counts = new EnumMap<>(Count.class);

    private HistoryChecker(List<Event> events, Terms terms) {
        this.terms = terms;
        this.sendings = only(Sending.class, events);
        this.changes = only(Change.class, events);
        this.primaries = only(NewPrimary.class, events);
        this.feed = only(FeedRead.class, events);
        this.faults = only(Fault.class, events);
        this.stores = only(StoreClosed.class, events);
        this.closed = only(Closed.class, events);
    }

    /** What the history shows, measured by the terms. */
    static Findings check(List<Event> events, Terms terms) {
        HistoryChecker checker = new HistoryChecker(events, terms);
        Map<String, List<Sending>> byNonce = checker.groups(Sending::nonce);
        Map<String, List<Sending>> bySignature = checker.groups(Sending::signature);
        checker.count();
        checker.countFailedClaims(bySignature);
        checker.nothingTwice(byNonce, bySignature);
        checker.noFalseReplay(byNonce, bySignature);
        checker.noGenuineRefused();
        checker.noRevokedAccepted();
        checker.eachRecovered();
        checker.calmIsCalm();
        checker.everyAnswerInTime();
        checker.noThreadLeaked();
        for (Count expected : Count.values()) {
            if (terms.expected().contains(expected) && checker.counts.getOrDefault(expected, 0) == 0) {
                checker.broken(Rule.NEVER_HAPPENED, expected.words());
            }
        }
        return new Findings(checker.violations, checker.counts, checker.recoveries);
    }

    // ---- nothing is accepted twice ----

    private void nothingTwice(Map<String, List<Sending>> byNonce, Map<String, List<Sending>> bySignature) {
        Map<Sending, Sending> repeated = new LinkedHashMap<>();
        for (Map<String, List<Sending>> groups : List.of(byNonce, bySignature)) {
            for (List<Sending> group : groups.values()) {
                @Nullable Sending first = null;
                for (Sending sending : group) {
                    if (!sending.isAccepted()) {
                        continue;
                    }
                    if (first == null) {
                        first = sending;
                    } else {
                        repeated.putIfAbsent(sending, first);
                    }
                }
            }
        }
        repeated.forEach((again, first) -> {
            if (isExcused(first, again)) {
                add(Count.EXCUSED, 1);
            } else {
                broken(
                        Rule.ACCEPTED_TWICE,
                        again.describe() + ", " + again.end().since(first.end()).toMillis() + " ms after "
                                + first.describe());
            }
        });
        for (Sending sending : sendings) {
            if (!sending.kind().isSigned() && sending.isAccepted()) {
                broken(Rule.FORGED_ACCEPTED, sending.describe());
            }
        }
    }

    private boolean isExcused(Sending first, Sending copy) {
        boolean explained = false;
        for (NewPrimary change : primaries) {
            if (change.node() == copy.node()
                    && change.end().isBefore(copy.start())
                    && copy.timestamp() <= change.since()) {
                return false;
            }
            boolean byCopy = change.node() == copy.node() && change.end().isBefore(copy.end());
            boolean byFirst = change.node() == first.node()
                    && change.end().isBefore(copy.end().plus(terms.recovery()));
            explained |= first.start().isBefore(change.end()) && (byCopy || byFirst);
        }
        return explained;
    }

    // ---- no genuine request is refused ----

    private void noFalseReplay(Map<String, List<Sending>> byNonce, Map<String, List<Sending>> bySignature) {
        for (Sending sending : sendings) {
            List<Sending> sharing;
            if (sending.reason() == RejectionReason.NONCE_REPLAY) {
                sharing = byNonce.getOrDefault(sending.nonce(), List.of());
            } else if (sending.reason() == RejectionReason.SIGNATURE_REPLAY) {
                sharing = bySignature.getOrDefault(sending.signature(), List.of());
            } else {
                continue;
            }
            boolean explained = sharing.stream()
                    .anyMatch(other ->
                            other.start().isBefore(sending.end()) && (other.isAccepted() || other.isOutcomeUnknown()));
            if (!explained) {
                broken(Rule.CALLED_A_REPLAY, sending.describe());
            }
        }
    }

    private void noGenuineRefused() {
        Map<String, Change> revocations = revocations();
        for (Sending sending : sendings) {
            RejectionReason reason = sending.reason();
            if (reason == null || !sending.kind().isSigned()) {
                continue;
            }
            switch (reason) {
                case NONCE_REPLAY, SIGNATURE_REPLAY -> {}
                case INTERNAL -> broken(Rule.INTERNAL_FAULT, sending.describe());
                case DEVICE_REVOKED -> {
                    Change revoked = revocations.get(sending.device());
                    if (revoked == null || !revoked.start().isBefore(sending.end())) {
                        broken(Rule.GENUINE_REFUSED, sending.describe() + ", and the device was not revoked");
                    }
                }
                case INVALID_SIGNATURE -> {
                    if (isRotatedBehindAForgery(sending)) {
                        add(Count.NEW_KEY_REFUSED, 1);
                    } else {
                        broken(Rule.GENUINE_REFUSED, sending.describe() + ", and no change of its key explains it");
                    }
                }
                default -> {
                    if (reason.status() != 503) {
                        broken(Rule.GENUINE_REFUSED, sending.describe());
                    }
                }
            }
        }
    }

    /**
     * Whether the device has rotated its key so lately that the change feed may not have told the node yet, and a stranger
     * had used up the one reading of the record in a second that a rejection is preceded by.
     */
    private boolean isRotatedBehindAForgery(Sending sending) {
        for (Change change : changes) {
            if (change.kind() == ChangeKind.ROTATED
                    && change.device().equals(sending.device())
                    && change.start().isBefore(sending.end())
                    && sending.start().isBefore(change.end().plus(terms.revocation()))) {
                return sendings.stream()
                        .anyMatch(other -> other.kind() == Kind.FORGED
                                && other.node() == sending.node()
                                && other.device().equals(sending.device())
                                && other.start().isBefore(sending.end())
                                && other.end().isAfter(sending.start().plus(RECHECK_PAUSE.negated())));
            }
        }
        return false;
    }

    // ---- a revocation counts in time ----

    private void noRevokedAccepted() {
        Map<String, Change> revocations = revocations();
        Map<String, Moment> learned = new HashMap<>();
        for (Sending sending : sendings) {
            if (sending.reason() == RejectionReason.DEVICE_REVOKED) {
                learned.putIfAbsent(sending.device() + " " + sending.node(), sending.end());
            }
        }
        for (Sending sending : sendings) {
            Change revoked = revocations.get(sending.device());
            if (!sending.isAccepted() || revoked == null) {
                continue;
            }
            Moment refused = learned.get(sending.device() + " " + sending.node());
            if (refused != null && refused.isBefore(sending.start())) {
                broken(Rule.REVOKED_ACCEPTED, sending.describe() + ", and the node knew that the device is revoked");
            } else if (feedHadTold(sending, revoked.end())) {
                broken(Rule.REVOKED_ACCEPTED, sending.describe() + ", and the change feed had told the node");
            } else if (sending.start().isAfter(deadline(sending.node(), revoked.end()))) {
                broken(
                        Rule.REVOKED_ACCEPTED,
                        sending.describe() + ", "
                                + sending.start().since(revoked.end()).toMillis() + " ms after the revocation");
            }
        }
    }

    private boolean feedHadTold(Sending sending, Moment committed) {
        for (FeedRead read : feed) {
            if (read.node() == sending.node()
                    && !read.upTo().isBefore(committed)
                    && read.end().isBefore(sending.start())) {
                return true;
            }
        }
        return false;
    }

    /** The promise; while the node's key database is not well, when it is well again, or the end of the node's patience. */
    private Moment deadline(int node, Moment committed) {
        Moment deadline = committed.plus(terms.revocation());
        List<Fault> inOrder = new ArrayList<>(faults);
        inOrder.sort(Comparator.comparingLong(fault -> fault.start().nanos() - committed.nanos()));
        for (Fault fault : inOrder) {
            boolean hits = fault.target() == Target.KEYS && fault.hits(node);
            if (hits
                    && fault.start().isBefore(deadline)
                    && fault.end().plus(terms.revocation()).isAfter(committed)) {
                deadline = Moment.later(deadline, fault.end().plus(terms.recovery()));
            }
        }
        Moment patience = Moment.later(committed.plus(terms.keyOutage()), committed.plus(terms.revocation()));
        return deadline.isBefore(patience) ? deadline : patience;
    }

    private Map<String, Change> revocations() {
        Map<String, Change> revocations = new HashMap<>();
        for (Change change : changes) {
            if (change.kind() == ChangeKind.REVOKED) {
                revocations.putIfAbsent(change.device(), change);
            }
        }
        return revocations;
    }

    // ---- recovery ----

    private void eachRecovered() {
        for (Fault fault : faults) {
            long slowest = 0;
            for (int node = 0; node < terms.nodes(); node++) {
                Moment served = firstServedSince(node, fault.end());
                Moment limit = fault.end().plus(terms.recovery());
                if (served != null && !served.isAfter(limit)) {
                    slowest = Math.max(slowest, served.since(fault.end()).toMillis());
                } else if (!isHitAgain(fault, node, limit)) {
                    broken(
                            Rule.NOT_RECOVERED,
                            "node " + node + " does not accept requests within " + terms.recovery() + " of the end of "
                                    + fault.describe());
                }
            }
            recoveries.add(new Recovery(fault.describe(), slowest));
        }
    }

    private @Nullable Moment firstServedSince(int node, Moment moment) {
        @Nullable Moment first = null;
        for (Sending sending : sendings) {
            if (sending.node() == node
                    && sending.kind() == Kind.GENUINE
                    && sending.isAccepted()
                    && !sending.start().isBefore(moment)
                    && (first == null || sending.end().isBefore(first))) {
                first = sending.end();
            }
        }
        return first;
    }

    /** Whether another fault hits the node before its time to recover from this one is over; then that one decides. */
    private boolean isHitAgain(Fault fault, int node, Moment limit) {
        for (Fault other : faults) {
            if (!other.equals(fault)
                    && other.hits(node)
                    && other.start().isBefore(limit)
                    && other.end().isAfter(fault.end())) {
                return true;
            }
        }
        return false;
    }

    /** Where there is no fault and none was a while ago, devices are served. */
    private void calmIsCalm() {
        int calm = 0;
        List<Sending> failures = new ArrayList<>();
        for (Sending sending : sendings) {
            if (sending.kind() != Kind.GENUINE || !isCalm(sending)) {
                continue;
            }
            calm++;
            if (sending.reason() != null && sending.reason().status() == 503) {
                failures.add(sending);
            }
        }
        if (failures.size() > Math.max(CALM_FAILURES_ALLOWED, calm / CALM_FAILURES_ALLOWED_PER)) {
            broken(
                    Rule.NOT_RECOVERED,
                    failures.size() + " of " + calm + " requests were answered 503 without a fault: "
                            + failures.get(0).describe());
        }
    }

    private boolean isCalm(Sending sending) {
        for (Fault fault : faults) {
            if (fault.hits(sending.node())
                    && fault.start().isBefore(sending.end())
                    && sending.start().isBefore(fault.end().plus(terms.recovery()))) {
                return false;
            }
        }
        return true;
    }

    // ---- the rest ----

    private void everyAnswerInTime() {
        for (Sending sending : sendings) {
            if (sending.end().since(sending.start()).compareTo(terms.answer()) > 0) {
                broken(
                        Rule.ANSWERED_LATE,
                        sending.describe() + " after "
                                + sending.end().since(sending.start()).toMillis() + " ms");
            }
        }
    }

    private void noThreadLeaked() {
        for (Closed end : closed) {
            for (String thread : end.threadsLeft()) {
                broken(Rule.THREAD_LEAKED, thread);
            }
        }
    }

    private void count() {
        for (Sending sending : sendings) {
            count(sending);
        }
        for (Change change : changes) {
            switch (change.kind()) {
                case REGISTERED -> add(Count.REGISTRATIONS, 1);
                case ROTATED -> add(Count.ROTATIONS, 1);
                case REVOKED -> add(Count.REVOCATIONS, 1);
            }
        }
        add(Count.NEW_PRIMARIES, primaries.size());
        for (StoreClosed store : stores) {
            add(Count.UNKNOWN_OUTCOMES, Math.toIntExact(store.unknownOutcomes()));
        }
        for (Fault fault : faults) {
            add(
                    switch (fault.kind()) {
                        case KILL, KILL_IN_TRANSACTION -> Count.KILLS;
                        case PAUSE -> Count.PAUSES;
                        case CUT, CUT_OFF -> Count.CUTS;
                        case LOSE_ANSWERS -> Count.ANSWERS_LOST;
                        case HOLD_REQUESTS, HOLD_ANSWERS -> Count.HELD;
                        case SLOW_DOWN -> Count.SLOWED;
                        case FAIL_OVER -> Count.FAILOVERS;
                        case MOVE_SLOTS -> Count.SLOTS_MOVED;
                        case EMPTY -> Count.EMPTIED;
                    },
                    fault.hits());
            if (fault.kind() == FaultKind.KILL_IN_TRANSACTION) {
                add(Count.TRANSACTIONS_KILLED, fault.hits());
            }
        }
    }

    private void count(Sending sending) {
        RejectionReason reason = sending.reason();
        switch (sending.kind()) {
            case GENUINE -> {
                if (reason == null) {
                    add(Count.ACCEPTED, 1);
                    add(Count.ACCEPTED_WITHOUT_KEYS, isCutOffFromKeys(sending) ? 1 : 0);
                } else if (reason.status() == 503) {
                    add(Count.UNAVAILABLE, 1);
                }
                if (reason == RejectionReason.NOT_WATCHING_YET) {
                    add(Count.NOT_WATCHING_YET, 1);
                }
            }
            case COPY, RENONCED -> {
                add(Count.REPLAYS_TRIED, 1);
                if (reason == RejectionReason.NONCE_REPLAY || reason == RejectionReason.SIGNATURE_REPLAY) {
                    add(Count.REPLAYS_REFUSED, 1);
                }
            }
            case FORGED -> {
                if (reason == RejectionReason.INVALID_SIGNATURE) {
                    add(Count.FORGERIES_REFUSED, 1);
                }
            }
        }
        if (reason == RejectionReason.DEVICE_REVOKED) {
            add(Count.REVOKED_REFUSED, 1);
        }
    }

    private boolean isCutOffFromKeys(Sending sending) {
        return faults.stream()
                .anyMatch(fault -> fault.kind() == FaultKind.CUT_OFF
                        && fault.target() == Target.KEYS
                        && fault.hits(sending.node())
                        && fault.start().isBefore(sending.start())
                        && sending.end().isBefore(fault.end()));
    }

    private void countFailedClaims(Map<String, List<Sending>> bySignature) {
        for (List<Sending> group : bySignature.values()) {
            boolean unknown = false;
            for (Sending sending : group) {
                if (sending.isOutcomeUnknown()) {
                    add(Count.FAILED_CLAIMS, 1);
                    unknown = true;
                } else if (unknown && sending.isAccepted()) {
                    add(Count.UNKNOWN_NOT_REMEMBERED, 1);
                    break;
                } else if (unknown
                        && (sending.reason() == RejectionReason.NONCE_REPLAY
                                || sending.reason() == RejectionReason.SIGNATURE_REPLAY)) {
                    add(Count.UNKNOWN_REMEMBERED, 1);
                    break;
                } else if (sending.isAccepted()) {
                    break;
                }
            }
        }
    }

    private Map<String, List<Sending>> groups(Function<Sending, String> by) {
        Map<String, List<Sending>> groups = new LinkedHashMap<>();
        for (Sending sending : sendings) {
            if (sending.kind().isSigned()) {
                groups.computeIfAbsent(by.apply(sending), key -> new ArrayList<>())
                        .add(sending);
            }
        }
        return groups;
    }

    private void add(Count what, int times) {
        counts.merge(what, times, Integer::sum);
    }

    private void broken(Rule rule, String what) {
        violations.add(new Violation(rule, what));
    }

    /** The events of a type, in the order in which they ended. */
    private static <E extends Event> List<E> only(Class<E> type, List<Event> events) {
        List<E> some = new ArrayList<>();
        for (Event event : events) {
            if (type.isInstance(event)) {
                some.add(type.cast(event));
            }
        }
        if (!some.isEmpty()) {
            long origin = some.get(0).end().nanos();
            some.sort(Comparator.comparingLong(event -> event.end().nanos() - origin));
        }
        return some;
    }
}
