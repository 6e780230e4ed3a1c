package dev.countersign.conformance.generator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.signing.FixedNames;
import dev.countersign.conformance.signing.Names;
import dev.countersign.conformance.signing.RequestTemplate;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The exchanges of a case, each added to those before; immutable, so that cases branch off a common beginning. */
final class Scenario {
    private static final Names NAMES = new FixedNames();

    /** A verifier with its usual settings, which has accepted {@link Draft#FIRST}. */
    static final Scenario ACCEPTED_ONCE = verifier().verify(Draft.FIRST, Expect.accepted());

    private final List<Step> steps;

    private Scenario(List<Step> steps) {
        this.steps = steps;
    }

    /** Nothing yet: for the operations without state. */
    static Scenario empty() {
        return new Scenario(List.of());
    }

    /** A verifier with its usual settings that knows these devices, and "a" if none is given, at the case's time. */
    static Scenario verifier(DeviceTemplate... devices) {
        return verifier(0, config -> config, devices);
    }

    /** A verifier with settings of its own. */
    static Scenario verifier(UnaryOperator<ObjectNode> settings, DeviceTemplate... devices) {
        return verifier(0, settings, devices);
    }

    /** The same at another time than the case's. */
    static Scenario verifier(long at, UnaryOperator<ObjectNode> settings, DeviceTemplate... devices) {
        return empty().reset(at, settings, devices);
    }

    /** Starts anew, as a process with empty stores does. */
    Scenario reset(long at, UnaryOperator<ObjectNode> settings, DeviceTemplate... devices) {
        List<DeviceTemplate> known = devices.length == 0 ? List.of(DeviceTemplate.active("a")) : List.of(devices);
        ObjectNode request = Json.object().put("op", "reset").put("serverTime", NAMES.time(at));
        request.set("config", settings.apply(Json.object()));
        ObjectNode template = Json.object().put("at", at);
        putDevices(request, template, known);
        return plus(new Step(request, Expect.ok(), null, template));
    }

    /** Replaces records, or adds some. */
    Scenario devices(DeviceTemplate... devices) {
        ObjectNode request = Json.object().put("op", "devices");
        ObjectNode template = Json.object();
        putDevices(request, template, List.of(devices));
        return plus(new Step(request, Expect.ok(), null, template));
    }

    /** Breaks a store or mends it. */
    Scenario fault(String store, String state) {
        return plus(new Step(
                Json.object().put("op", "fault").put("store", store).put("state", state), Expect.ok(), null, null));
    }

    /** A request and what becomes of it. */
    Scenario verify(Draft draft, ObjectNode expect) {
        RequestTemplate template = draft.template();
        RequestTemplate.Made made = template.make(NAMES);
        return plus(new Step(made.request(), expect, orNothing(made.intermediates()), template.toJson()));
    }

    /** Requests at the same moment and what becomes of them. */
    Scenario verifyAll(List<Draft> drafts, List<ObjectNode> inAnyOrder) {
        ObjectNode request = Json.object().put("op", "verifyAll");
        ArrayNode requests = request.putArray("requests");
        ArrayNode intermediates = Json.array();
        ArrayNode templates = Json.array();
        for (Draft draft : drafts) {
            RequestTemplate.Made made = draft.template().make(NAMES);
            ObjectNode inner = made.request();
            inner.remove("op");
            requests.add(inner);
            intermediates.add(made.intermediates());
            templates.add(draft.template().toJson());
        }
        return plus(new Step(request, Expect.inAnyOrder(inAnyOrder), intermediates, templates));
    }

    /** An exchange of any other kind. */
    Scenario exchange(ObjectNode request, ObjectNode expect, ObjectNode intermediates) {
        return plus(new Step(request, expect, orNothing(intermediates), null));
    }

    private static @Nullable ObjectNode orNothing(ObjectNode intermediates) {
        return intermediates.isEmpty() ? null : intermediates;
    }

    List<Step> steps() {
        return steps;
    }

    private Scenario plus(Step step) {
        List<Step> longer = new ArrayList<>(steps);
        longer.add(step);
        return new Scenario(List.copyOf(longer));
    }

    private static void putDevices(ObjectNode request, ObjectNode template, List<DeviceTemplate> devices) {
        ArrayNode made = request.putArray("devices");
        ArrayNode templates = template.putArray("devices");
        for (DeviceTemplate device : devices) {
            JsonNode node = device.make(NAMES);
            made.add(node);
            templates.add(device.toJson());
        }
    }
}
