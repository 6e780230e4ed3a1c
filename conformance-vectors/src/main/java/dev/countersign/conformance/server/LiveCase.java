package dev.countersign.conformance.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Judge;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.signing.RequestTemplate;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One case on its way through a live server. */
final class LiveCase {
    static final String REFUSED = "refused by the server itself";
    private static final int BAD_REQUEST = 400;
    private static final Judge JUDGE = new Judge(false);

    private final Case subject;
    private final LiveNames names;
    private final RawHttpClient http;
    private final CaseDevices devices;
    private final LongSupplier serverTime;
    private final long startNanos = System.nanoTime();
    private int step = -1;
    private @Nullable JsonNode answer;

    LiveCase(Case subject, LiveNames names, RawHttpClient http, CaseDevices devices, LongSupplier serverTime) {
        this.subject = subject;
        this.names = names;
        this.http = http;
        this.devices = devices;
        this.serverTime = serverTime;
    }

    /**
     * Asks step by step, up to the first answer that is wrong.
     *
     * @throws UnreachableStateException if the case turns out to be one that this server cannot be asked
     */
    CaseResult run(TimeLimit limit) throws IOException, UnreachableStateException, RegistrationException {
        for (step = 0; step < subject.steps().size(); step++) {
            Step current = subject.steps().get(step);
            answer = null;
            List<Mismatch> wrong =
                    switch (current.op()) {
                        case "verify" -> verify(current, limit);
                        case "verifyAll" -> verifyAll(current, limit);
                        default -> register(current, limit);
                    };
            if (!wrong.isEmpty()) {
                Mismatch first = wrong.get(0);
                return result(
                        Outcome.FAILED,
                        first.field() + " should be " + first.expected() + " and is " + first.actual(),
                        wrong);
            }
        }
        step = -1;
        return result(Outcome.PASSED, "", List.of());
    }

    /** Did not get that far. */
    CaseResult failed(String why) {
        return result(Outcome.FAILED, why, List.of());
    }

    /** Cannot be asked. */
    CaseResult skipped(String why) {
        step = -1;
        return result(Outcome.SKIPPED, why, List.of());
    }

    private CaseResult result(Outcome outcome, String detail, List<Mismatch> wrong) {
        String where = step >= 0 && subject.steps().size() > 1 ? "step " + (step + 1) + ": " : "";
        long micros = (System.nanoTime() - startNanos) / 1000;
        return new CaseResult(subject, outcome, where + detail, step, wrong, answer, false, micros);
    }

    private List<Mismatch> register(Step current, TimeLimit limit)
            throws IOException, UnreachableStateException, RegistrationException {
        JsonNode template = current.template();
        if (template != null) {
            for (JsonNode device : template.path("devices")) {
                devices.put(DeviceTemplate.of(device), limit);
            }
        }
        return List.of();
    }

    private List<Mismatch> verify(Step current, TimeLimit limit) throws IOException, UnreachableStateException {
        LiveRequest request = request(ServerState.templates(current).get(0), current.request());
        HttpAnswer http = this.http.exchange(request, limit);
        ObjectNode seen = http.toProtocol();
        answer = seen;
        if (request.isUnusual() && http.isRefusalOfTheServerItself()) {
            if (http.status() == BAD_REQUEST && subject.needs().isEmpty() && wantsMalformed(current)) {
                return JUDGE.judge(LiveExpectation.refusedByTheServerItself(current), seen);
            }
            throw new UnreachableStateException(REFUSED + ", with " + http.status());
        }
        for (String needed : subject.needs()) {
            if (!seen.has(needed)) {
                throw new UnreachableStateException("an answer to " + request.method() + " has no " + needed);
            }
        }
        return JUDGE.judge(LiveExpectation.of(current, seen, serverTime.getAsLong()), seen);
    }

    /** Whether the request is one that any server may refuse: malformed in itself, not lacking something. */
    private static boolean wantsMalformed(Step current) {
        return current.expect().path("status").asInt() == BAD_REQUEST
                && current.expect().path("reason").asText().startsWith("MALFORMED_");
    }

    private List<Mismatch> verifyAll(Step current, TimeLimit limit) throws IOException, UnreachableStateException {
        List<LiveRequest> requests = new ArrayList<>();
        JsonNode committed = current.request().path("requests");
        for (JsonNode template : ServerState.templates(current)) {
            requests.add(request(template, committed.path(requests.size())));
        }
        ObjectNode seen = Json.object();
        ArrayNode answers = seen.putArray("answers");
        for (HttpAnswer one : http.exchangeAll(requests, limit)) {
            answers.add(one.toProtocol());
        }
        answer = seen;
        return JUDGE.judge(current, seen);
    }

    private LiveRequest request(JsonNode template, JsonNode committed) throws UnreachableStateException {
        LiveRequest request = LiveRequest.of(
                RequestTemplate.of(template, committed).make(names).request());
        String why = request.cannotBeCarried().orElse(null);
        if (why != null) {
            throw new UnreachableStateException(why);
        }
        return request;
    }
}
