package dev.countersign.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each rule with histories that keep it and histories that break it. Times are milliseconds of the history. */
class HistoryCheckerTest {
    private static final Terms TERMS = new Terms(
            2, Duration.ofSeconds(2), Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(5), Set.of());
    private static final int EPOCH_SECOND = 1_700_000_000;

    private final List<Event> events = new ArrayList<>();

    // ---- nothing is accepted twice ----

    @Test
    void oneAcceptanceAndRefusedCopiesAreFine() {
        genuine(0, "a", 0, 5, null);
        copy(1, "a", 6, 8, RejectionReason.NONCE_REPLAY);
        renonced(1, "a", 6, 8, RejectionReason.SIGNATURE_REPLAY);
        Findings findings = assertBroken();
        assertEquals(1, findings.count(Count.ACCEPTED));
        assertEquals(2, findings.count(Count.REPLAYS_TRIED));
        assertEquals(2, findings.count(Count.REPLAYS_REFUSED));
    }

    @Test
    void aCopyAcceptedIsSeenByItsNonce() {
        genuine(0, "a", 0, 5, null);
        copy(1, "a", 6, 8, null);
        assertBroken(Rule.ACCEPTED_TWICE);
    }

    @Test
    void aSwappedNonceAcceptedIsSeenByItsSignature() {
        genuine(0, "a", 0, 5, null);
        renonced(1, "a", 6, 8, null);
        assertBroken(Rule.ACCEPTED_TWICE);
    }

    @Test
    void theSameNonceUnderAnotherSignatureIsSeen() {
        genuine(0, "a", 0, 5, null);
        events.add(new Sending(Kind.GENUINE, 1, "b", "d", "nonce-a", "r-b", EPOCH_SECOND, at(6), at(7), null, true));
        assertBroken(Rule.ACCEPTED_TWICE);
    }

    @Test
    void anAcceptanceIsCountedOnceHoweverItRepeats() {
        genuine(0, "a", 0, 5, null);
        copy(1, "a", 6, 8, null);
        renonced(0, "a", 9, 10, null);
        assertEquals(2, assertBroken(Rule.ACCEPTED_TWICE).violations().size());
    }

    @Test
    void aCopyAcceptedInsteadOfAnOriginalThatFoundNoStoreIsFine() {
        genuine(0, "a", 0, 5, RejectionReason.STORE_UNAVAILABLE);
        copy(1, "a", 6, 8, null);
        fault(FaultKind.CUT, Target.NONCES, 0, 0, 1);
        genuine(0, "b", 10, 12, null);
        genuine(1, "c", 10, 12, null);
        Findings findings = assertBroken();
        assertEquals(1, findings.count(Count.FAILED_CLAIMS));
        assertEquals(1, findings.count(Count.UNKNOWN_NOT_REMEMBERED));
    }

    @Test
    void aCopyOverAReportedChangeOfPrimaryIsExcusedAndCounted() {
        genuine(0, "a", 0, 5, null);
        events.add(new NewPrimary(1, EPOCH_SECOND - 1, at(6)));
        copy(1, "a", 7, 8, null);
        assertEquals(1, assertBroken().count(Count.EXCUSED));
    }

    @Test
    void aCopySignedBeforeTheStoreWasWatchingIsNotExcused() {
        genuine(0, "a", 0, 5, null);
        events.add(new NewPrimary(1, EPOCH_SECOND, at(6)));
        copy(1, "a", 7, 8, null);
        assertBroken(Rule.ACCEPTED_TWICE);
    }

    @Test
    void aReportAfterTheCopyOrBeforeTheOriginalExcusesNothing() {
        events.add(new NewPrimary(1, EPOCH_SECOND - 1, at(0)));
        genuine(0, "a", 1, 5, null);
        copy(1, "a", 7, 8, null);
        events.add(new NewPrimary(1, EPOCH_SECOND - 1, at(9)));
        assertBroken(Rule.ACCEPTED_TWICE);
    }

    @Test
    void aFirstNodeThatStillHadTheOldPrimaryExcuses() {
        genuine(0, "a", 0, 5, null);
        copy(1, "a", 7, 8, null);
        events.add(new NewPrimary(0, EPOCH_SECOND + 1, at(900)));
        assertEquals(1, assertBroken().count(Count.EXCUSED));
    }

    @Test
    void aFirstNodeThatReportsMuchLaterExcusesNothing() {
        genuine(0, "a", 0, 5, null);
        copy(1, "a", 7, 8, null);
        events.add(new NewPrimary(0, EPOCH_SECOND + 20, at(20_000)));
        assertBroken(Rule.ACCEPTED_TWICE);
    }

    @Test
    void aThirdNodesReportExcusesNothing() {
        genuine(0, "a", 0, 5, null);
        events.add(new NewPrimary(2, EPOCH_SECOND - 1, at(6)));
        copy(1, "a", 7, 8, null);
        assertBroken(Rule.ACCEPTED_TWICE);
    }

    @Test
    void aForgeryAcceptedIsSeen() {
        send(Kind.FORGED, 0, "a", "nonce-a", 0, 5, null, false);
        assertBroken(Rule.FORGED_ACCEPTED);
    }

    // ---- no genuine request is called a replay ----

    @Test
    void aReplayThatNobodySentBeforeIsFalse() {
        genuine(0, "a", 0, 5, RejectionReason.NONCE_REPLAY);
        assertBroken(Rule.CALLED_A_REPLAY);
    }

    @Test
    void aCopyThatWasFasterExplainsAReplay() {
        genuine(0, "a", 0, 5, RejectionReason.NONCE_REPLAY);
        copy(1, "a", 4, 8, null);
        assertBroken();
    }

    @Test
    void aCopyThatCameLaterExplainsNothing() {
        genuine(0, "a", 0, 5, RejectionReason.NONCE_REPLAY);
        copy(1, "a", 6, 8, null);
        assertBroken(Rule.CALLED_A_REPLAY);
    }

    @Test
    void aCopyWhoseOutcomeIsUnknownExplainsAReplay() {
        fault(FaultKind.CUT, Target.NONCES, 1, 0, 1);
        copy(1, "a", 0, 3, RejectionReason.STORE_UNAVAILABLE);
        genuine(0, "a", 4, 5, RejectionReason.NONCE_REPLAY);
        genuine(0, "b", 4, 5, null);
        genuine(1, "c", 4, 5, null);
        assertEquals(1, assertBroken().count(Count.UNKNOWN_REMEMBERED));
    }

    @Test
    void whatBecameOfAFailedClaimIsReadOffTheNextSendings() {
        fault(FaultKind.CUT, Target.NONCES, 1, 0, 1);
        genuine(1, "a", 0, 3, RejectionReason.STORE_UNAVAILABLE);
        for (int i = 0; i < 8; i++) {
            copy(0, "a", 4 + i, 5 + i, i == 0 ? null : RejectionReason.NONCE_REPLAY);
        }
        genuine(0, "b", 4, 5, null);
        genuine(1, "c", 4, 5, null);
        Findings findings = assertBroken();
        assertEquals(1, findings.count(Count.UNKNOWN_NOT_REMEMBERED));
        assertEquals(0, findings.count(Count.UNKNOWN_REMEMBERED));
    }

    @Test
    void aCopyThatNeverCameToTheStoreExplainsNothing() {
        fault(FaultKind.CUT, Target.KEYS, 1, 0, 1);
        send(Kind.COPY, 1, "a", "nonce-a", 0, 3, RejectionReason.STORE_UNAVAILABLE, false);
        genuine(0, "a", 4, 5, RejectionReason.NONCE_REPLAY);
        genuine(0, "b", 4, 5, null);
        genuine(1, "c", 4, 5, null);
        assertBroken(Rule.CALLED_A_REPLAY);
    }

    @Test
    void aForgeryWithTheSameNonceExplainsNothing() {
        send(Kind.FORGED, 1, "a", "nonce-a", 0, 3, RejectionReason.INVALID_SIGNATURE, false);
        genuine(0, "a", 4, 5, RejectionReason.NONCE_REPLAY);
        assertBroken(Rule.CALLED_A_REPLAY);
    }

    @Test
    void anotherNonceExplainsNoReplayOfTheNonce() {
        genuine(0, "a", 0, 3, null);
        renonced(1, "a", 4, 5, RejectionReason.NONCE_REPLAY);
        assertBroken(Rule.CALLED_A_REPLAY);
    }

    @Test
    void aRefusalThatIsNeitherReplayNorOutageIsSeen() {
        for (RejectionReason reason : List.of(
                RejectionReason.INVALID_SIGNATURE,
                RejectionReason.UNKNOWN_DEVICE,
                RejectionReason.CLOCK_SKEW,
                RejectionReason.KEY_INVALIDATED,
                RejectionReason.DEVICE_REVOKED,
                RejectionReason.MALFORMED_HEADER)) {
            events.clear();
            genuine(0, "a", 0, 5, reason);
            assertBroken(Rule.GENUINE_REFUSED);
        }
    }

    @Test
    void aRevokedDeviceIsRefusedFromTheBeginningOfItsRevocationOn() {
        events.add(new Change(ChangeKind.REVOKED, "d", at(4), at(100)));
        genuine(0, "a", 0, 5, RejectionReason.DEVICE_REVOKED);
        assertEquals(1, assertBroken().count(Count.REVOKED_REFUSED));
        genuine(0, "b", 0, 3, RejectionReason.DEVICE_REVOKED);
        assertBroken(Rule.GENUINE_REFUSED);
    }

    @Test
    void aNewKeyIsRefusedOnlyWhereAStrangerUsedUpTheReadingBeforeIt() {
        events.add(new Change(ChangeKind.ROTATED, "d", at(100), at(110)));
        genuine(0, "a", 200, 201, RejectionReason.INVALID_SIGNATURE);
        send(Kind.FORGED, 1, "x", "nonce-x", 90, 91, RejectionReason.INVALID_SIGNATURE, false);
        assertBroken(Rule.GENUINE_REFUSED);
        send(Kind.FORGED, 0, "y", "nonce-y", 90, 91, RejectionReason.INVALID_SIGNATURE, false);
        assertEquals(1, assertBroken().count(Count.NEW_KEY_REFUSED));
        genuine(0, "b", 50, 99, RejectionReason.INVALID_SIGNATURE);
        assertBroken(Rule.GENUINE_REFUSED);
        events.remove(events.size() - 1);
        genuine(0, "c", 1_600, 1_601, RejectionReason.INVALID_SIGNATURE);
        assertBroken(Rule.GENUINE_REFUSED);
        send(Kind.FORGED, 0, "z", "nonce-z", 1_000, 1_001, RejectionReason.INVALID_SIGNATURE, false);
        assertBroken();
        genuine(0, "e", 2_110, 2_111, RejectionReason.INVALID_SIGNATURE);
        assertBroken(Rule.GENUINE_REFUSED);
    }

    @Test
    void aFaultOfTheVerifierIsSeen() {
        fault(FaultKind.KILL, Target.NONCES, Fault.ALL, 0, 1);
        genuine(0, "a", 0, 5, RejectionReason.INTERNAL);
        genuine(0, "b", 4, 5, null);
        genuine(1, "c", 4, 5, null);
        assertBroken(Rule.INTERNAL_FAULT);
    }

    // ---- a revocation counts in time ----

    @Test
    void aRevokedDeviceMayBeAcceptedUntilThePromiseIsDue() {
        events.add(new Change(ChangeKind.REVOKED, "d", at(0), at(100)));
        genuine(0, "a", 2_100, 4_000, null);
        assertBroken();
    }

    @Test
    void aRevokedDeviceAcceptedLaterIsSeen() {
        events.add(new Change(ChangeKind.REVOKED, "d", at(0), at(100)));
        genuine(0, "a", 2_101, 2_102, null);
        assertBroken(Rule.REVOKED_ACCEPTED);
    }

    @Test
    void whatTheNodeKnewCountsAtOnce() {
        events.add(new Change(ChangeKind.REVOKED, "d", at(0), at(100)));
        genuine(0, "a", 200, 300, RejectionReason.DEVICE_REVOKED);
        genuine(1, "b", 301, 302, null);
        assertBroken();
        genuine(0, "c", 301, 302, null);
        assertBroken(Rule.REVOKED_ACCEPTED);
    }

    @Test
    void whatTheFeedHadToldCountsAtOnce() {
        events.add(new Change(ChangeKind.REVOKED, "d", at(0), at(100)));
        events.add(new FeedRead(0, at(99), at(150)));
        events.add(new FeedRead(1, at(100), at(150)));
        genuine(0, "a", 160, 161, null);
        assertBroken();
        events.add(new FeedRead(0, at(100), at(159)));
        assertBroken(Rule.REVOKED_ACCEPTED);
    }

    @Test
    void anOutageOfTheKeyDatabaseDelaysARevocation() {
        fault(FaultKind.HOLD_ANSWERS, Target.KEYS, 0, 50, 8_000);
        events.add(new Change(ChangeKind.REVOKED, "d", at(0), at(100)));
        genuine(0, "a", 18_000, 18_001, null);
        serve(9_000);
        assertBroken();
        genuine(0, "b", 18_001, 18_002, null);
        assertBroken(Rule.REVOKED_ACCEPTED);
    }

    @Test
    void anOutageOfAnotherNodeOrServerDelaysNothing() {
        for (Fault other : List.of(
                new Fault(FaultKind.CUT_OFF, Target.KEYS, 1, at(50), at(5_000), 1),
                new Fault(FaultKind.CUT_OFF, Target.NONCES, 0, at(50), at(5_000), 1),
                new Fault(FaultKind.CUT_OFF, Target.KEYS, 0, at(2_200), at(5_000), 1))) {
            events.clear();
            events.add(other);
            events.add(new Change(ChangeKind.REVOKED, "d", at(0), at(100)));
            genuine(0, "a", 3_000, 3_001, null);
            serve(5_001);
            assertBroken(Rule.REVOKED_ACCEPTED);
        }
    }

    @Test
    void anOutageLongerThanTheNodesPatienceDelaysNoFurther() {
        fault(FaultKind.PAUSE, Target.KEYS, Fault.ALL, 50, 60_000);
        events.add(new Change(ChangeKind.REVOKED, "d", at(0), at(100)));
        genuine(0, "a", 30_100, 30_101, null);
        serve(60_001);
        assertBroken();
        genuine(0, "b", 30_101, 30_102, null);
        assertBroken(Rule.REVOKED_ACCEPTED);
    }

    // ---- recovery ----

    @Test
    void eachNodeMustServeAgain() {
        fault(FaultKind.KILL, Target.NONCES, Fault.ALL, 0, 100);
        genuine(0, "a", 100, 200, null);
        genuine(1, "b", 9_000, 10_100, null);
        Findings findings = assertBroken();
        assertEquals(1, findings.count(Count.KILLS));
        assertEquals(
                List.of(10_000L),
                findings.recoveries().stream().map(Findings.Recovery::millis).toList());
    }

    @Test
    void aNodeThatServesTooLateIsSeen() {
        fault(FaultKind.KILL, Target.NONCES, Fault.ALL, 0, 100);
        genuine(0, "a", 100, 200, null);
        genuine(1, "b", 9_000, 10_101, null);
        assertBroken(Rule.NOT_RECOVERED);
    }

    @Test
    void whatWasSentBeforeTheFaultsEndShowsNoRecovery() {
        fault(FaultKind.KILL, Target.NONCES, Fault.ALL, 0, 100);
        genuine(0, "a", 99, 200, null);
        genuine(1, "b", 100, 200, null);
        assertBroken(Rule.NOT_RECOVERED);
    }

    @Test
    void copiesAcceptedShowNoRecovery() {
        fault(FaultKind.KILL, Target.NONCES, Fault.ALL, 0, 100);
        copy(0, "a", 100, 200, null);
        genuine(1, "b", 100, 200, null);
        assertBroken(Rule.NOT_RECOVERED);
    }

    @Test
    void theLastOfOverlappingFaultsDecides() {
        fault(FaultKind.KILL, Target.NONCES, Fault.ALL, 0, 100);
        fault(FaultKind.CUT_OFF, Target.KEYS, Fault.ALL, 50, 20_000);
        serve(29_000);
        assertBroken();
        events.clear();
        fault(FaultKind.KILL, Target.NONCES, Fault.ALL, 0, 100);
        fault(FaultKind.CUT_OFF, Target.KEYS, Fault.ALL, 50, 20_000);
        serve(30_001);
        assertBroken(Rule.NOT_RECOVERED);
    }

    @Test
    void outagesWithoutAFaultAreSeen() {
        for (int i = 0; i < 4; i++) {
            genuine(0, "calm" + i, i, i + 1, RejectionReason.STORE_UNAVAILABLE);
        }
        assertBroken(Rule.NOT_RECOVERED);
        events.remove(0);
        assertBroken();
        fault(FaultKind.CUT, Target.NONCES, 0, 5_000, 5_000);
        serve(5_001);
        for (int i = 0; i < 9; i++) {
            genuine(0, "after" + i, 5_000, 14_000 + i, RejectionReason.STORE_UNAVAILABLE);
        }
        assertBroken(Rule.ANSWERED_LATE);
    }

    // ---- the rest ----

    @Test
    void anAnswerLaterThanAllLimitsIsSeen() {
        genuine(0, "a", 0, 5_000, null);
        assertBroken();
        genuine(0, "b", 0, 5_001, null);
        assertBroken(Rule.ANSWERED_LATE);
    }

    @Test
    void threadsLeftAreSeen() {
        events.add(new Closed(List.of(), at(1)));
        assertBroken();
        events.add(new Closed(List.of("lettuce-epollEventLoop-4-1"), at(1)));
        Findings findings = assertBroken(Rule.THREAD_LEAKED);
        assertTrue(findings.report("x").contains("lettuce-epollEventLoop-4-1"));
    }

    @Test
    void whatWasPromisedToHappenMustHaveHappened() {
        Terms terms = new Terms(
                2,
                TERMS.revocation(),
                TERMS.keyOutage(),
                TERMS.recovery(),
                TERMS.answer(),
                Set.of(Count.CUTS, Count.ACCEPTED));
        fault(FaultKind.CUT, Target.NONCES, 0, 0, 1);
        serve(2);
        assertEquals(Set.of(), HistoryChecker.check(events, terms).broken());
        events.remove(0);
        assertEquals(
                Set.of(Rule.NEVER_HAPPENED), HistoryChecker.check(events, terms).broken());
        events.add(new Fault(FaultKind.CUT, Target.NONCES, 0, at(0), at(1), 0));
        assertEquals(
                Set.of(Rule.NEVER_HAPPENED), HistoryChecker.check(events, terms).broken());
    }

    @Test
    void whatIsAcceptedWithoutTheKeyDatabaseIsCounted() {
        fault(FaultKind.CUT_OFF, Target.KEYS, 0, 10, 20);
        fault(FaultKind.CUT_OFF, Target.NONCES, 1, 10, 20);
        genuine(0, "serve-a", 11, 12, null);
        genuine(0, "serve-b", 9, 12, null);
        genuine(0, "serve-c", 11, 21, null);
        genuine(1, "serve-d", 11, 12, null);
        serve(30);
        assertEquals(1, assertBroken().count(Count.ACCEPTED_WITHOUT_KEYS));
    }

    @Test
    void whatStoresCountIsAddedUp() {
        events.add(new StoreClosed(0, 3, at(1)));
        events.add(new StoreClosed(1, 4, at(1)));
        assertEquals(7, assertBroken().count(Count.UNKNOWN_OUTCOMES));
    }

    @Test
    void theReportNamesCountsAndRules() {
        fault(FaultKind.CUT, Target.NONCES, 1, 0, 1);
        serve(2);
        copy(1, "serve0-2", 8, 9, null);
        String report = HistoryChecker.check(events, TERMS).report("a title");
        assertTrue(report.contains("a title"));
        assertTrue(report.contains("1  connections cut"));
        assertTrue(report.contains("2  genuine requests accepted"));
        assertTrue(report.contains("BROKEN  ACCEPTED_TWICE: COPY of serve0-2 at node 1: ACCEPTED"));
        assertTrue(report.contains("after CUT of NONCES of node 1"));
    }

    /** A history is a set: in which order its events were noted changes nothing. */
    private Findings assertBroken(Rule... rules) {
        List<Event> shuffled = new ArrayList<>(events);
        Collections.shuffle(shuffled, new Random(events.size()));
        Findings findings = HistoryChecker.check(events, TERMS);
        assertEquals(Set.of(rules), findings.broken());
        Findings ofShuffled = HistoryChecker.check(shuffled, TERMS);
        assertEquals(Set.of(rules), ofShuffled.broken());
        assertEquals(findings.counts(), ofShuffled.counts());
        return findings;
    }

    private void genuine(int node, String request, long start, long end, @Nullable RejectionReason reason) {
        send(Kind.GENUINE, node, request, "nonce-" + request, start, end, reason, true);
    }

    private void copy(int node, String request, long start, long end, @Nullable RejectionReason reason) {
        send(Kind.COPY, node, request, "nonce-" + request, start, end, reason, true);
    }

    private void renonced(int node, String request, long start, long end, @Nullable RejectionReason reason) {
        send(Kind.RENONCED, node, request, "other-" + request + node, start, end, reason, true);
    }

    private void send(
            Kind kind,
            int node,
            String request,
            String nonce,
            long start,
            long end,
            @Nullable RejectionReason reason,
            boolean claimed) {
        String device = request.startsWith("serve") ? "other" : "d";
        events.add(new Sending(
                kind, node, request, device, nonce, "r-" + request, EPOCH_SECOND, at(start), at(end), reason, claimed));
    }

    /** Both nodes accept a request at that time. */
    private void serve(long millis) {
        for (int node = 0; node < TERMS.nodes(); node++) {
            genuine(node, "serve" + node + "-" + millis, millis, millis, null);
        }
    }

    private void fault(FaultKind kind, Target target, int node, long start, long end) {
        events.add(new Fault(kind, target, node, at(start), at(end), 1));
    }

    /** Nanosecond clocks may be negative and may wrap: this one does. */
    private static Moment at(long millis) {
        return new Moment(Long.MAX_VALUE + millis * 1_000_000L, EPOCH_SECOND * 1000L + millis);
    }
}
