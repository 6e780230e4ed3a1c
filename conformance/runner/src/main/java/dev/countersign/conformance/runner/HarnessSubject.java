package dev.countersign.conformance.runner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An implementation behind the harness protocol.
 *
 * <p>Stateless cases are asked several at a time and may be answered in any order; cases with state are asked alone,
 * step by step. If the harness breaks down (dies, hangs, writes what is no answer), it is killed and started again. Who
 * is to blame is found out by asking again, one at a time, every case that was under way: a case fails if the harness
 * breaks down while it is the first thing that a fresh process was asked. A breakdown that does not come back this way
 * fails no case; it is one of the {@link #faults}, and the run is not green.
 *
 * <p>For one thread.
 */
public final class HarnessSubject implements Subject {
    private static final int MOST_FAULTS = 20;
    private static final HarnessHello NOBODY = new HarnessHello("unknown", "", "unknown", java.util.Set.of());

    private final HarnessStart starting;
    private final String target;
    private final Judge judge;
    private final HarnessLimits limits;
    private final List<String> faults = new ArrayList<>();

    private HarnessHello hello = NOBODY;
    private @Nullable HarnessProcess process;

    /** Why no process can be had any more, or null. */
    private @Nullable String hopeless;

    /** How often it was started again. */
    private int restarts;

    // The conversation.
    private final Deque<Asked> waiting = new ArrayDeque<>();
    private final Map<Long, Asked> underWay = new LinkedHashMap<>();
    private final Map<Long, String> asked = new HashMap<>();
    private long lastId;
    private long deadline;
    private int finishedHere;
    private @Nullable CaseResult held;
    private Consumer<CaseResult> done = result -> {};

    private HarnessSubject(List<String> command, String target, Judge judge, HarnessLimits limits) {
        this.starting = new HarnessStart(command, limits);
        this.target = target;
        this.judge = judge;
        this.limits = limits;
    }

    /**
     * Starts a harness. If that fails, every case that is asked afterwards fails, with the reason.
     *
     * @param commandLine split as {@link CommandWords} says
     * @throws IllegalArgumentException if the command line is none
     */
    public static HarnessSubject start(String commandLine, Judge judge, HarnessLimits limits) {
        return start(CommandWords.of(commandLine), commandLine, judge, limits);
    }

    /** The same with the words of the command. */
    static HarnessSubject start(List<String> command, String target, Judge judge, HarnessLimits limits) {
        HarnessSubject subject = new HarnessSubject(command, target, judge, limits);
        subject.start();
        return subject;
    }

    @Override
    public String implementation() {
        return (hello.name() + " " + hello.version()).strip();
    }

    @Override
    public String language() {
        return hello.language();
    }

    @Override
    public String target() {
        return target;
    }

    @Override
    public List<String> faults() {
        return List.copyOf(faults);
    }

    @Override
    public void run(List<Case> cases, Consumer<CaseResult> report) {
        done = report;
        cases.forEach(subject -> waiting.add(new Asked(subject)));
        try {
            converse();
            finish();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            hopeless = "the run was interrupted";
            putBack();
        }
        if (hopeless != null) {
            faults.add(hopeless);
            release();
            waiting.forEach(left -> done.accept(CaseResult.broken(left.subject, -1, "not asked: " + hopeless, 0)));
            waiting.clear();
        }
        release();
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
            process = null;
        }
    }

    private void converse() throws InterruptedException {
        while (hopeless == null && !(waiting.isEmpty() && underWay.isEmpty())) {
            if (process == null && !restart()) {
                return;
            }
            fill();
            if (underWay.isEmpty()) {
                continue;
            }
            HarnessProcess.Event event = running().next(deadline);
            if (event == null) {
                breakDown(
                        "gave no answer within " + HarnessLimits.text(limits.answer())
                                + running().lastWords(),
                        true);
            } else if (event instanceof HarnessProcess.Line line) {
                take(line.text());
            } else if (event instanceof HarnessProcess.Violation violation) {
                breakDown(violation.what(), false);
            } else if (event instanceof HarnessProcess.End end) {
                breakDown(
                        (end.partial() ? "stopped in the middle of a line and " : "")
                                + running().ending(),
                        false);
            }
        }
    }

    /** Sends as much as may be under way. */
    private void fill() {
        while (!waiting.isEmpty()) {
            Asked next = waiting.element();
            String lacking = lacking(next.subject);
            if (lacking != null) {
                waiting.remove();
                done.accept(CaseResult.skipped(next.subject, lacking, 0));
                continue;
            }
            boolean room = underWay.isEmpty()
                    || (!next.alone()
                            && underWay.size() < limits.window()
                            && underWay.values().stream().noneMatch(Asked::alone));
            if (!room) {
                return;
            }
            waiting.remove();
            next.begin();
            if (underWay.isEmpty()) {
                waitFromNow();
            }
            send(next);
        }
    }

    private @Nullable String lacking(Case subject) {
        for (Step step : subject.steps()) {
            if (!hello.ops().contains(step.op())) {
                return "the harness does not offer " + step.op();
            }
        }
        return null;
    }

    private void send(Asked next) {
        long id = ++lastId;
        ObjectNode line = Json.object().put("id", id);
        line.setAll(next.current().request());
        underWay.put(id, next);
        asked.put(id, next.subject.id());
        running().send(Json.line(line));
    }

    private void waitFromNow() {
        deadline = System.nanoTime() + limits.answer().toNanos();
    }

    private void take(String line) {
        JsonNode answer;
        try {
            answer = Json.parse(line);
        } catch (IllegalArgumentException notJson) {
            breakDown("wrote a line that is not JSON: " + Shown.excerpt(line), false);
            return;
        }
        JsonNode id = answer.path("id");
        if (!answer.isObject() || !id.isIntegralNumber() || !id.canConvertToLong()) {
            breakDown("wrote a line that is no answer, for it has no id: " + Shown.excerpt(line), false);
            return;
        }
        Asked whose = underWay.remove(id.longValue());
        if (whose != null) {
            judge(whose, answer);
        } else if (asked.containsKey(id.longValue())) {
            answeredAgain(id.longValue());
        } else {
            breakDown("answered id " + id.asText() + ", which it was not asked: " + Shown.excerpt(line), false);
        }
    }

    private void judge(Asked whose, JsonNode answer) {
        // Before the wait for the next step begins: judging is our time, not the harness's.
        Optional<CaseResult> result = judge.result(whose.subject, whose.step, answer, whose.micros());
        if (result.isPresent()) {
            end(whose, result.get());
        } else {
            whose.step++;
            send(whose);
        }
    }

    /**
     * The case is over. Its result is held back until the next one's: a second answer to it would be a fault of its
     * own.
     */
    private void end(Asked whose, CaseResult result) {
        finishedHere++;
        waitFromNow();
        release();
        held = result;
        if (whose.suspicion != null) {
            whose.suspicion.resolve(false).ifPresent(faults::add);
        }
    }

    private void release() {
        if (held != null) {
            done.accept(held);
            held = null;
        }
    }

    private void answeredAgain(long id) {
        String whose = asked.getOrDefault(id, "");
        String what = "answered id " + id + " twice";
        if (underWay.values().stream().anyMatch(other -> other.subject.id().equals(whose))) {
            breakDown(what, true);
        } else {
            blame(whose, what);
        }
    }

    /** A case that was judged is to blame: it fails if its result was not yet reported, else the run does. */
    private void blame(String id, String what) {
        CaseResult last = held;
        if (last != null && last.subject().id().equals(id)) {
            held = CaseResult.broken(
                    last.subject(), last.subject().steps().size() - 1, "the harness " + what, last.micros());
        } else {
            faults.add("the harness " + what + " (that is " + id + ")");
            if (faults.size() > MOST_FAULTS) {
                putBack();
                close();
                hopeless = "too much went wrong";
            }
        }
    }

    /**
     * The process cannot be talked to any more. What was under way either is to blame or is asked again.
     *
     * @param certain whether the only case under way must be to blame
     */
    private void breakDown(String what, boolean certain) {
        close();
        List<Asked> suspects = new ArrayList<>(underWay.values());
        if (suspects.size() == 1 && (certain || finishedHere == 0)) {
            Asked guilty = suspects.get(0);
            underWay.clear();
            release();
            held = CaseResult.broken(guilty.subject, guilty.step, "the harness " + what, guilty.micros());
            if (guilty.suspicion != null) {
                guilty.suspicion.resolve(true).ifPresent(faults::add);
            }
            return;
        }
        Breakdown breakdown = new Breakdown(
                what, suspects.stream().map(suspect -> suspect.subject.id()).toList());
        for (Asked suspect : suspects) {
            if (suspect.suspicion == null) {
                breakdown.suspect(suspect);
            }
        }
        putBack();
    }

    /** What was under way is asked again, first. */
    private void putBack() {
        List<Asked> again = new ArrayList<>(underWay.values());
        underWay.clear();
        for (int i = again.size() - 1; i >= 0; i--) {
            waiting.addFirst(again.get(i));
        }
    }

    /** Ends it as the protocol says: the end of its input means exit 0. */
    private void finish() throws InterruptedException {
        HarnessProcess ending = process;
        if (ending == null || hopeless != null) {
            return;
        }
        ending.rememberFamily();
        ending.endInput();
        long until = System.nanoTime() + limits.end().toNanos();
        // A harness that goes on and on is not listened to for ever.
        while (System.nanoTime() - until < 0 && faults.size() <= MOST_FAULTS) {
            HarnessProcess.Event event = ending.next(until);
            if (event instanceof HarnessProcess.Line line) {
                leftover(line.text());
            } else if (event instanceof HarnessProcess.Violation violation) {
                faults.add("after its last answer, the harness " + violation.what());
                return;
            } else {
                break;
            }
        }
        OptionalInt code = ending.exitCode(Duration.ofNanos(Math.max(0, until - System.nanoTime())));
        if (code.isEmpty()) {
            faults.add("the harness did not exit within " + HarnessLimits.text(limits.end())
                    + " after the end of its input" + ending.lastWords());
        } else if (code.getAsInt() != 0) {
            faults.add("after the end of its input the harness " + ending.ending() + "\nIt should exit with code 0.");
        }
    }

    private void leftover(String line) {
        try {
            JsonNode id = Json.parse(line).path("id");
            String whose = id.canConvertToLong() ? asked.get(id.longValue()) : null;
            if (whose != null) {
                blame(whose, "answered id " + id.asText() + " twice");
                return;
            }
        } catch (IllegalArgumentException notJson) {
            // Then it is just a line.
        }
        faults.add("after its last answer, the harness wrote: " + Shown.excerpt(line));
    }

    private boolean restart() throws InterruptedException {
        if (++restarts > limits.restarts()) {
            hopeless = "the harness broke down more than " + limits.restarts() + " times";
            return false;
        }
        start();
        return hopeless == null;
    }

    private void start() {
        finishedHere = 0;
        try {
            HarnessStart.Started started = starting.start(() -> ++lastId);
            process = started.process();
            hello = started.hello();
        } catch (HarnessStart.StartException e) {
            hopeless = e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            hopeless = "the run was interrupted";
        }
    }

    private HarnessProcess running() {
        if (process == null) {
            throw new IllegalStateException("no process");
        }
        return process;
    }
}
