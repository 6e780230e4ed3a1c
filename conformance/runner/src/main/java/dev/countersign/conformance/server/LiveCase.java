package dev.countersign.conformance.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Judge;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.signing.RequestTemplate;
import dev.countersign.conformance.signing.RequestTemplate.Made;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;

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

    /** The case as it was sent, as far as it was. */
    private final List<Step> sent;

    private int step = -1;
    private int refusals;

    LiveCase(Case subject, LiveNames names, RawHttpClient http, CaseDevices devices, LongSupplier serverTime) {
        this.subject = subject;
        this.names = names;
        this.http = http;
        this.devices = devices;
        this.serverTime = serverTime;
        this.sent = new ArrayList<>(subject.steps());
    }

    /**
     * Asks step by step, up to the first answer that is wrong.
     *
     * @throws UnreachableStateException if the case turns out to be one that this server cannot be asked
     */
    CaseResult run(TimeLimit limit) throws IOException, UnreachableStateException, RegistrationException {
        for (step = 0; step < sent.size(); step++) {
            Step current = subject.steps().get(step);
            JsonNode answer =
                    switch (current.op()) {
                        case "verify" -> verify(current, limit);
                        case "verifyAll" -> verifyAll(current, limit);
                        default -> register(current, limit);
                    };
            Step live = sent.get(step);
            List<Mismatch> wrong = JUDGE.judge(live, answer);
            if (!wrong.isEmpty()) {
                return CaseResult.wrong(asSent(), step, wrong, answer, micros());
            }
            List<String> missing = Judge.missing(subject, live, answer);
            if (!missing.isEmpty()) {
                throw new UnreachableStateException("the answer has no " + String.join(" and ", missing));
            }
        }
        return CaseResult.passed(subject, micros());
    }

    /** How many of its malformed requests the server refused with a 400 of its own. */
    int refusals() {
        return refusals;
    }

    /** Did not get that far. */
    CaseResult failed(String why) {
        return CaseResult.broken(asSent(), step, why, micros());
    }

    /** Cannot be asked. */
    CaseResult skipped(String why) {
        return CaseResult.skipped(subject, why, micros());
    }

    private long micros() {
        return (System.nanoTime() - startNanos) / 1000;
    }

    /** The case with the requests and the intermediates of this run, so that a report shows what really went out. */
    private Case asSent() {
        return new Case(
                subject.id(),
                subject.role(),
                subject.rule(),
                subject.flags(),
                subject.positive(),
                subject.comment(),
                subject.difference(),
                subject.needs(),
                sent);
    }

    private JsonNode register(Step current, TimeLimit limit)
            throws IOException, UnreachableStateException, RegistrationException {
        ObjectNode request = current.request().deepCopy();
        ArrayNode made = request.putArray("devices");
        JsonNode template = Objects.requireNonNull(current.template());
        for (JsonNode node : template.path("devices")) {
            DeviceTemplate device = DeviceTemplate.of(node);
            made.add(device.make(names));
            devices.put(device, limit);
        }
        sent.set(step, new Step(request, current.expect(), current.intermediates(), current.template()));
        return Json.object().put("ok", true);
    }

    private JsonNode verify(Step current, TimeLimit limit) throws IOException, UnreachableStateException {
        JsonNode template = ServerState.templates(current).get(0);
        Made made = RequestTemplate.of(template, current.request()).make(names);
        Step live = new Step(made.request(), current.expect(), made.intermediates(), current.template());
        sent.set(step, live);
        LiveRequest request = carried(made);
        HttpAnswer answer = http.exchange(request, limit);
        ObjectNode seen = answer.toProtocol();
        if (!(request.isUnusual() && answer.isRefusalOfTheServerItself())) {
            sent.set(step, LiveExpectation.of(live, seen, serverTime.getAsLong()));
        } else if (answer.status() == BAD_REQUEST && subject.needs().isEmpty() && isMalformed(current)) {
            sent.set(step, LiveExpectation.refusedByTheServerItself(live));
            refusals++;
        } else {
            throw new UnreachableStateException(REFUSED + ", with " + answer.status());
        }
        return seen;
    }

    /** Whether the request is one that any server may refuse: malformed in itself, not lacking something. */
    private static boolean isMalformed(Step current) {
        return current.expect().path("status").asInt() == BAD_REQUEST
                && current.expect().path("reason").asText().startsWith("MALFORMED_");
    }

    private JsonNode verifyAll(Step current, TimeLimit limit) throws IOException, UnreachableStateException {
        List<LiveRequest> requests = new ArrayList<>();
        ObjectNode request = Json.object().put("op", current.op());
        ArrayNode all = request.putArray("requests");
        ArrayNode intermediates = Json.array();
        for (JsonNode template : ServerState.templates(current)) {
            JsonNode committed = current.request().path("requests").path(requests.size());
            Made made = RequestTemplate.of(template, committed).make(names);
            requests.add(carried(made));
            all.add(made.request());
            intermediates.add(made.intermediates());
        }
        sent.set(step, new Step(request, current.expect(), intermediates, current.template()));
        ObjectNode seen = Json.object();
        ArrayNode answers = seen.putArray("answers");
        for (HttpAnswer one : http.exchangeAll(requests, limit)) {
            answers.add(one.toProtocol());
        }
        return seen;
    }

    private static LiveRequest carried(Made made) throws UnreachableStateException {
        LiveRequest request = LiveRequest.of(made.request());
        String why = request.cannotBeCarried().orElse(null);
        if (why != null) {
            throw new UnreachableStateException(why);
        }
        return request;
    }
}
