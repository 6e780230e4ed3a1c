package dev.countersign.conformance.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real processes that misbehave: only the cases concerned fail, and nothing is left behind. */
class HarnessSubjectTest {
    /** Time limits that are long enough for a slow machine, for everything but what never answers. */
    private static final HarnessLimits LIMITS =
            new HarnessLimits(Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofSeconds(60), 100_000, 4, 20);

    /** For harnesses that hang: a limit that is waited for, and is no danger to those that answer at once. */
    private static final Duration SHORT = Duration.ofSeconds(2);

    private RunResult run = new RunResult("", "", "", "", List.of(), List.of());

    @TempDir
    Path folder;

    @AfterEach
    void noThreadIsLeft() {
        List<String> left = Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(name -> name.startsWith("harness-"))
                .toList();
        assertEquals(List.of(), left);
        assertEquals(
                List.of(),
                ProcessHandle.current()
                        .children()
                        .filter(ProcessHandle::isAlive)
                        .toList());
    }

    private void run(HarnessLimits limits, List<Case> cases, String... habits) {
        try (HarnessSubject subject =
                HarnessSubject.start(FakeHarness.command(habits), "fake", new Judge(false), limits)) {
            run = SuiteRun.run(Cases.suite(cases), cases, subject, KnownFailing.NONE, result -> {});
        }
        assertEquals(cases, run.results().stream().map(CaseResult::subject).toList());
    }

    private CaseResult result(String id) {
        return run.results().stream()
                .filter(result -> result.subject().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static List<Case> good(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Cases.stateless("good/" + i, "/ok"))
                .toList();
    }

    /** Good cases, a bad one in their midst, and more good ones, with and without state. */
    private static List<Case> around(Case bad) {
        List<Case> cases = new ArrayList<>(good(5));
        cases.add(bad);
        cases.add(Cases.stateless("after/1", "/ok"));
        cases.add(Cases.stateful("after/2", "/ok"));
        cases.add(Cases.stateless("after/3", "/ok"));
        return cases;
    }

    private void assertOnlyFailure(String id, String detail) {
        List<String> failed = run.results().stream()
                .filter(result -> result.outcome() != Outcome.PASSED)
                .map(result -> result.subject().id() + " " + result.detail())
                .toList();
        assertEquals(1, failed.size(), failed::toString);
        assertTrue(failed.get(0).startsWith(id + " "), failed::toString);
        assertTrue(failed.get(0).contains(detail), failed::toString);
        assertEquals(List.of(), run.faults());
    }

    @Test
    void asksEverythingAndTellsWhoAnswered() {
        List<Case> cases = new ArrayList<>(good(20));
        cases.add(Cases.stateful("state/1", "/ok"));
        cases.add(Cases.stateful("state/2", "/ok"));
        cases.addAll(List.of(Cases.stateless("more/1", "/ok"), Cases.stateless("more/2", "/nulls")));
        run(LIMITS, cases);
        assertEquals(24, run.count(Outcome.PASSED), run::toString);
        assertTrue(run.isGreen());
        assertEquals("fake 0.1", run.implementation());
        assertEquals("Java", run.language());
        assertEquals("fake", run.target());
        assertEquals("1.2.3", run.suiteVersion());
    }

    @Test
    void takesAnswersInAnyOrder() {
        // With fewer than four under way this harness would answer nothing at all.
        run(LIMITS, good(8), "reverses-four");
        assertEquals(8, run.count(Outcome.PASSED), run::toString);
        assertTrue(run.isGreen());
    }

    @Test
    void aWrongAnswerFailsItsCaseOnly() {
        run(LIMITS, around(Cases.stateless("bad/1", "/wrong")));
        CaseResult wrong = result("bad/1");
        assertOnlyFailure("bad/1", "messageHex: expected 00, was 01");
        assertEquals(List.of(new Mismatch("messageHex", "00", "01")), wrong.mismatches());
        assertEquals(0, wrong.step());
        assertEquals(8, run.count(Outcome.PASSED));
    }

    @Test
    void aWrongAnswerWithStateTellsTheStep() {
        run(LIMITS, around(Cases.stateful("bad/1", "/wrong")));
        CaseResult wrong = result("bad/1");
        assertEquals(1, wrong.step());
        assertEquals(8, run.count(Outcome.PASSED));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/die        | the harness ended with exit code 7; last lines of its standard error:",
                "/close      | the harness closed its standard output",
                "/garbage    | the harness wrote a line that is not JSON: Segmentation fault",
                "/array      | the harness wrote a line that is no answer, for it has no id",
                "/empty      | the harness wrote a line that is no answer, for it has no id",
                "/no-id      | the harness wrote a line that is no answer, for it has no id",
                "/text-id    | the harness wrote a line that is no answer, for it has no id",
                "/huge-id    | the harness wrote a line that is no answer, for it has no id",
                "/unknown-id | the harness answered id 999999, which it was not asked",
                "/twice      | the harness answered id",
                "/double-field | the harness wrote a line that is not JSON",
                "/long       | the harness wrote a line of more than 100000 bytes",
                "/endless    | the harness wrote a line of more than 100000 bytes",
                "/deep       | the harness wrote a line that is not JSON",
                "/latin1     | the harness wrote a line that is not UTF-8",
                "/partial    | the harness stopped in the middle of a line and ended with exit code 0",
                "/error      | the harness answered with an error: NullPointer\\x1b[31m"
            })
    void whoBreaksItIsFoundAmongSeveral(String path, String detail) {
        run(LIMITS, around(Cases.stateless("bad/1", path)));
        assertOnlyFailure("bad/1", detail);
        assertEquals(8, run.count(Outcome.PASSED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/die", "/garbage", "/unknown-id", "/twice", "/latin1", "/partial", "/error"})
    void whoBreaksItIsFoundWithState(String target) {
        run(LIMITS, around(Cases.stateful("bad/1", target)));
        assertOnlyFailure("bad/1", "the harness");
        assertEquals(1, result("bad/1").step());
        assertEquals(8, run.count(Outcome.PASSED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/hang", "/silence"})
    void whoNeverAnswersIsFoundAmongSeveral(String path) {
        run(LIMITS.withAnswer(SHORT), around(Cases.stateless("bad/1", path)));
        assertOnlyFailure("bad/1", "the harness gave no answer within 2 s");
    }

    @Test
    void whoNeverAnswersIsFoundWithState() {
        run(LIMITS.withAnswer(SHORT), around(Cases.stateful("bad/1", "/hang")));
        assertOnlyFailure("bad/1", "the harness gave no answer within 2 s");
    }

    @Test
    void itsLastWordsAreTold() {
        run(LIMITS, List.of(Cases.stateless("bad/1", "/die")));
        CaseResult bad = result("bad/1");
        assertEquals(
                "the harness ended with exit code 7; last lines of its standard error:\nabout to die\nnow",
                bad.detail());
    }

    @Test
    void manyBadOnesAreEachFound() {
        List<Case> cases = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            cases.addAll(good(2).stream()
                    .map(one ->
                            Cases.stateless("good/" + cases.size() + one.id().charAt(5), "/ok"))
                    .toList());
            cases.add(Cases.stateless("bad/" + i, "/die"));
        }
        run(LIMITS, cases);
        List<String> failed = run.results().stream()
                .filter(result -> result.outcome() == Outcome.FAILED)
                .map(result -> result.subject().id())
                .sorted()
                .toList();
        assertEquals(List.of("bad/0", "bad/1", "bad/2"), failed);
        assertEquals(List.of(), run.faults());
    }

    @Test
    void aSkipIsASkip() {
        run(LIMITS, around(Cases.stateless("bad/1", "/skip")));
        CaseResult skipped = result("bad/1");
        assertEquals(Outcome.SKIPPED, skipped.outcome());
        assertEquals("no such thing here", skipped.detail());
        assertTrue(run.isGreen());
    }

    @Test
    void aSkipAtALaterStepIsASkip() {
        run(LIMITS, around(Cases.stateful("bad/1", "/skip")));
        CaseResult skipped = result("bad/1");
        assertEquals(Outcome.SKIPPED, skipped.outcome());
        assertEquals("no such thing here", skipped.detail());
    }

    @Test
    void whatItDoesNotOfferIsNotAsked() {
        Case sign = Cases.of(
                "sign/1",
                Role.SIGNER,
                List.of("Plain"),
                new Step(Cases.object("op", "sign"), Cases.object("messageHex", "00"), null, null));
        run(LIMITS, around(sign));
        CaseResult skipped = result("sign/1");
        assertEquals(Outcome.SKIPPED, skipped.outcome());
        assertEquals("the harness does not offer sign", skipped.detail());
    }

    @Test
    void nothingJudgedIsNotGreen() {
        run(LIMITS, List.of(Cases.stateless("bad/1", "/skip")));
        assertEquals(0, run.judged());
        assertFalse(run.isGreen());
        run(LIMITS, List.of());
        assertFalse(run.isGreen());
    }

    @Test
    void standardErrorNeverHoldsItUp() {
        run(LIMITS, around(Cases.stateless("noisy/1", "/stderr")));
        assertEquals(9, run.count(Outcome.PASSED), run::toString);
    }

    @Test
    void aBreakdownThatDoesNotComeBackFailsTheRunAndNoCase() {
        Path mark = folder.resolve("mark");
        run(LIMITS, around(Cases.stateless("once/1", "/die-once=" + mark)));
        assertEquals(9, run.count(Outcome.PASSED), run::toString);
        assertEquals(1, run.faults().size(), run::toString);
        assertTrue(run.faults().get(0).contains("under way, the harness ended with exit code 8"), run::toString);
        assertFalse(run.isGreen());
    }

    @Test
    void aHarnessThatAnswersOnceAndEndsFailsTheRun() {
        run(LIMITS, good(3), "one-answer");
        assertEquals(3, run.count(Outcome.PASSED), run::toString);
        assertEquals(1, run.faults().size(), run::toString);
        assertFalse(run.isGreen());
    }

    @Test
    void restartsAreCounted() {
        HarnessLimits few = new HarnessLimits(LIMITS.start(), LIMITS.answer(), LIMITS.end(), LIMITS.lineBytes(), 1, 2);
        List<Case> cases = IntStream.range(0, 6)
                .mapToObj(i -> Cases.stateless("bad/" + i, "/die"))
                .toList();
        run(few, cases);
        assertEquals(6, run.unexpectedFailures());
        assertTrue(result("bad/2").detail().contains("exit code 7"), run::toString);
        assertEquals(
                "not asked: the harness broke down more than 2 times",
                result("bad/5").detail());
        assertEquals(List.of("the harness broke down more than 2 times"), run.faults());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dies-at-start    | asked hello, the harness ended with exit code 9",
                "hello-banner     | asked hello, the harness wrote what is not JSON: Welcome!",
                "hello-other-id   | the harness's first line is not the answer to hello",
                "hello-protocol-2 | the harness speaks version 2 of the harness protocol",
                "hello-no-ops     | the harness answered hello without \"ops\"",
                "hello-no-name    | the harness answered hello without \"name\"",
                "hello-error      | the harness answered hello with error: not today"
            })
    void whatCannotStartFailsEveryCase(String habit, String why) {
        run(LIMITS, around(Cases.stateless("bad/1", "/ok")), habit);
        assertEquals(9, run.unexpectedFailures());
        run.results().forEach(result -> assertTrue(result.detail().startsWith("not asked: " + why), result.detail()));
        assertEquals(1, run.faults().size());
        assertTrue(run.faults().get(0).startsWith(why), run::toString);
        assertFalse(run.isGreen());
    }

    @Test
    void helloHasATimeLimit() {
        run(LIMITS.withStart(SHORT), good(2), "hello-silence");
        assertEquals(2, run.unexpectedFailures());
        assertTrue(run.faults().get(0).startsWith("the harness did not answer hello within 2 s"), run::toString);
    }

    @Test
    void aCommandThatIsNotThereFailsEveryCase() {
        List<Case> cases = good(2);
        try (HarnessSubject subject =
                HarnessSubject.start(folder.resolve("nothing-here").toString(), new Judge(false), LIMITS)) {
            run = SuiteRun.run(Cases.suite(cases), cases, subject, KnownFailing.NONE, result -> {});
        }
        assertEquals(2, run.unexpectedFailures());
        assertTrue(run.faults().get(0).startsWith("the harness could not be started"), run::toString);
    }

    @Test
    void controlCharactersOfANameAreNotShown() {
        run(LIMITS, good(1), "hello-control");
        assertEquals("\\x1b[31mfake 0.1", run.implementation());
    }

    @Test
    void mustExitWithZeroAtTheEndOfItsInput() {
        run(LIMITS, good(3), "fails-at-end");
        assertEquals(3, run.count(Outcome.PASSED));
        assertTrue(
                run.faults().get(0).startsWith("after the end of its input the harness ended with exit code 3"),
                run::toString);
        assertFalse(run.isGreen());
    }

    @Test
    void mustExitInTime() {
        HarnessLimits limits = new HarnessLimits(LIMITS.start(), LIMITS.answer(), SHORT, LIMITS.lineBytes(), 4, 1);
        run(limits, good(3), "hangs-at-end");
        assertTrue(
                run.faults().get(0).startsWith("the harness did not exit within 2 s after the end of its input"),
                run::toString);
        assertFalse(run.isGreen());
    }

    @Test
    void mustNotTalkAfterItsLastAnswer() {
        run(LIMITS, good(3), "talks-at-end");
        assertEquals(List.of("after its last answer, the harness wrote: Goodbye!"), run.faults());
    }

    @Test
    void aSecondAnswerToTheLastCaseFailsIt() {
        List<Case> cases = new ArrayList<>(good(3));
        cases.add(Cases.stateless("bad/1", "/twice"));
        run(LIMITS, cases);
        assertOnlyFailure("bad/1", "twice");
    }

    @Test
    void whatTheHarnessStartedEndsWithIt() throws Exception {
        Path pid = folder.resolve("pid");
        run(LIMITS, List.of(Cases.stateless("child/1", "/child=" + pid)));
        assertEquals(1, run.count(Outcome.PASSED), run::toString);
        long child = Long.parseLong(Files.readString(pid).strip());
        Optional<ProcessHandle> left = ProcessHandle.of(child);
        if (left.isPresent()) {
            left.get().onExit().get(60, TimeUnit.SECONDS);
        }
    }
}
