package dev.countersign.conformance.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What a live server can be asked, as far as a case's text tells. */
final class ServerState {
    private static final ObjectNode DEFAULTS = Json.object()
            .put("freshnessSeconds", 300)
            .put("replay", "nonce+signature")
            .put("replayMethods", "all")
            .put("deviceIds", "uuid")
            .put("rejectQueryOnWrites", false)
            .put("quota", 8192);

    /** All settings of the protocol, and their values where there are but a few; none listed means any. */
    private static final Map<String, List<String>> SETTINGS = new TreeMap<>(Map.of(
            "freshnessSeconds", List.of(),
            "replay", List.of("nonce", "nonce+signature"),
            "replayMethods", List.of("all", "writes"),
            "deviceIds", List.of("uuid", "opaque"),
            "signingPaths", List.of(),
            "rejectQueryOnWrites", List.of("true", "false"),
            "maxBodyBytes", List.of(),
            "quota", List.of(),
            "watchingSince", List.of()));

    private static final Pattern PAST = Pattern.compile("\\{t-[0-9]+\\}");

    private final ObjectNode settings;

    /**
     * A server.
     *
     * @param settings those it was started with, if they are not the defaults
     * @throws IllegalArgumentException if there is no such setting, or it cannot have that value
     */
    ServerState(ObjectNode settings) {
        for (Map.Entry<String, JsonNode> setting : settings.properties()) {
            String name = setting.getKey();
            List<String> values = SETTINGS.get(name);
            if (values == null) {
                throw new IllegalArgumentException(
                        "there is no setting \"" + name + "\"; there are " + String.join(", ", SETTINGS.keySet()));
            }
            if (!values.isEmpty() && !values.contains(setting.getValue().asText())) {
                throw new IllegalArgumentException("the setting " + name + " is one of " + String.join(", ", values));
            }
        }
        this.settings = settings;
    }

    /** Its freshness window, in seconds. */
    long window() {
        return effective(settings, "freshnessSeconds").asLong();
    }

    /**
     * Why the case cannot be asked; empty if nothing is known against it.
     *
     * @param wasWatching whether the server takes requests that are dated before now
     */
    Optional<String> cannotBeAsked(Case aCase, boolean wasWatching) {
        if (aCase.role() != Role.VERIFIER) {
            return Optional.of("not visible over HTTP: the role " + aCase.role().label());
        }
        boolean started = false;
        for (Step step : aCase.steps()) {
            Optional<String> why =
                    switch (step.op()) {
                        case "reset" -> started ? Optional.of("the server cannot be restarted by a case") : reset(step);
                        case "devices" -> devices(step);
                        case "fault" -> Optional.of("the server's stores cannot be broken from outside");
                        case "verify", "verifyAll" -> requests(step, wasWatching);
                        default -> Optional.of("not visible over HTTP: " + step.op());
                    };
            if (why.isPresent()) {
                return why;
            }
            started = true;
        }
        return times(aCase).size() > 1 ? Optional.of("time would have to pass between its steps") : Optional.empty();
    }

    /** When its requests arrive, seconds from its time. */
    static long arrival(Case aCase) {
        return times(aCase).stream().findFirst().orElse(0L);
    }

    /** The templates of the requests of a step. */
    static List<JsonNode> templates(Step step) {
        JsonNode template = step.template();
        if (template == null) {
            return List.of();
        }
        List<JsonNode> list = new ArrayList<>();
        if (template.isArray()) {
            template.forEach(list::add);
        } else {
            list.add(template);
        }
        return list;
    }

    private static Set<Long> times(Case aCase) {
        Set<Long> times = new TreeSet<>();
        for (Step step : aCase.steps()) {
            if (step.op().startsWith("verify")) {
                templates(step)
                        .forEach(template -> times.add(template.path("at").asLong()));
            }
        }
        return times;
    }

    private Optional<String> reset(Step step) {
        JsonNode config = step.request().path("config");
        Set<String> names = new TreeSet<>();
        config.fieldNames().forEachRemaining(names::add);
        settings.fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            if (!effective(config, name).equals(effective(settings, name))) {
                return Optional.of("the server was started with another setting of " + name);
            }
        }
        return devices(step);
    }

    private static Optional<String> devices(Step step) {
        JsonNode template = step.template();
        if (template == null) {
            return Optional.of("the devices have no template");
        }
        for (JsonNode device : template.path("devices")) {
            Optional<String> why = CaseDevices.cannotBe(DeviceTemplate.of(device));
            if (why.isPresent()) {
                return why;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> requests(Step step, boolean wasWatching) {
        List<JsonNode> templates = templates(step);
        if (templates.isEmpty()) {
            return Optional.of("the request has no template");
        }
        for (JsonNode template : templates) {
            if (template.path("finishAt").asLong(template.path("at").asLong())
                    != template.path("at").asLong()) {
                return Optional.of("a body would have to be withheld while time passes");
            }
            if (!wasWatching) {
                for (JsonNode header : template.path("headers")) {
                    if (PAST.matcher(header.path(1).asText()).find()) {
                        return Optional.of("the server was started too recently: it answers 503 to requests that were"
                                + " signed before its start. Ask again when it has run for a freshness window");
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static JsonNode effective(JsonNode config, String name) {
        JsonNode value = config.path(name);
        return value.isMissingNode() ? DEFAULTS.path(name) : value;
    }

    /** The settings, for a note. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        for (Map.Entry<String, JsonNode> setting : settings.properties()) {
            words.add(setting.getKey() + " = " + Json.line(setting.getValue()));
        }
        return words.isEmpty() ? "its default settings" : String.join(", ", words);
    }
}
