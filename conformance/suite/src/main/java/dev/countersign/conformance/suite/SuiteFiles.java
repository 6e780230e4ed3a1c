package dev.countersign.conformance.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The suite as files: {@value #MANIFEST} with versions, rules, flags and the checksum of each group's file, and a file
 * for each group. Reading checks the checksums.
 */
public final class SuiteFiles {
    /** The file that names all others. */
    public static final String MANIFEST = "suite.json";

    private static final String SCHEMA = "schema/";

    private SuiteFiles() {}

    /** Where the text of a file comes from. */
    @FunctionalInterface
    private interface Source {
        byte[] bytes(String name) throws IOException;
    }

    /** The suite inside this program. */
    public static Suite bundled() {
        try {
            return read(name -> {
                try (InputStream in = SuiteFiles.class.getResourceAsStream("/vectors/" + name)) {
                    if (in == null) {
                        throw new FileNotFoundException("this program was built without vectors/" + name);
                    }
                    return in.readAllBytes();
                }
            });
        } catch (IOException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /**
     * The suite in a folder.
     *
     * @throws IOException if a file is missing, is not of this format, or is not the one whose checksum the manifest
     *     has
     */
    public static Suite read(Path folder) throws IOException {
        return read(name -> {
            try {
                return Files.readAllBytes(folder.resolve(name));
            } catch (NoSuchFileException e) {
                throw new FileNotFoundException("no vectors in " + folder + ": " + name + " is missing");
            }
        });
    }

    private static Suite read(Source source) throws IOException {
        JsonNode manifest = parse(MANIFEST, source.bytes(MANIFEST));
        int schemaVersion = manifest.path("schemaVersion").asInt();
        if (schemaVersion != Suite.SCHEMA_VERSION) {
            throw new IOException("these vectors have the format " + schemaVersion + ", and this runner reads "
                    + Suite.SCHEMA_VERSION + ": use the runner that came with them");
        }
        List<Rule> rules = new ArrayList<>();
        for (JsonNode rule : manifest.path("rules")) {
            rules.add(new Rule(text(rule, "id"), text(rule, "title"), text(rule, "text"), text(rule, "section")));
        }
        List<Flag> flags = new ArrayList<>();
        for (JsonNode flag : manifest.path("flags")) {
            flags.add(new Flag(text(flag, "id"), text(flag, "explanation")));
        }
        List<Group> groups = new ArrayList<>();
        for (JsonNode file : manifest.path("files")) {
            String name = text(file, "file");
            byte[] bytes = source.bytes(name);
            if (!sha256(bytes).equals(text(file, "sha256"))) {
                throw new IOException(name + " is not the file of this suite: its SHA-256 differs from " + MANIFEST
                        + "; take all files of one version, unchanged");
            }
            groups.add(group(parse(name, bytes)));
        }
        return new Suite(text(manifest, "suiteVersion"), rules, flags, groups);
    }

    private static Group group(JsonNode file) {
        List<Case> cases = new ArrayList<>();
        for (JsonNode node : file.path("cases")) {
            cases.add(caseOf(node));
        }
        return new Group(text(file, "group"), text(file, "title"), cases);
    }

    private static Case caseOf(JsonNode node) {
        List<Step> steps = new ArrayList<>();
        for (JsonNode step : node.path("steps")) {
            steps.add(new Step(
                    step.withObject("/request"),
                    step.withObject("/expect"),
                    step.get("intermediates"),
                    step.get("template")));
        }
        JsonNode difference = node.get("difference");
        return new Case(
                text(node, "id"),
                Role.of(text(node, "role")),
                text(node, "rule"),
                texts(node, "flags"),
                node.path("positive").asBoolean(),
                text(node, "comment"),
                difference == null ? null : new Difference(text(difference, "from"), text(difference, "text")),
                texts(node, "needs"),
                steps);
    }

    /** Every file of the suite by its name, manifest first, as text. */
    public static Map<String, String> write(Suite suite) {
        Map<String, String> groupFiles = new LinkedHashMap<>();
        ArrayNode list = Json.array();
        for (Group group : suite.groups()) {
            String name = group.name() + ".json";
            String text = Json.pretty(fileOf(suite, group));
            groupFiles.put(name, text);
            list.add(Json.object()
                    .put("file", name)
                    .put("title", group.title())
                    .put("cases", group.cases().size())
                    .put("sha256", sha256(text.getBytes(StandardCharsets.UTF_8))));
        }
        ObjectNode manifest = Json.object()
                .put("$schema", SCHEMA + "suite.schema.json")
                .put("schemaVersion", Suite.SCHEMA_VERSION)
                .put("suiteVersion", suite.suiteVersion());
        manifest.put("cases", suite.cases().size());
        manifest.set("files", list);
        ArrayNode rules = manifest.putArray("rules");
        for (Rule rule : suite.rules()) {
            rules.addObject()
                    .put("id", rule.id())
                    .put("title", rule.title())
                    .put("text", rule.text())
                    .put("section", rule.section());
        }
        ArrayNode flags = manifest.putArray("flags");
        for (Flag flag : suite.flags()) {
            flags.addObject().put("id", flag.id()).put("explanation", flag.explanation());
        }
        Map<String, String> files = new LinkedHashMap<>();
        files.put(MANIFEST, Json.pretty(manifest));
        files.putAll(groupFiles);
        return files;
    }

    private static ObjectNode fileOf(Suite suite, Group group) {
        ObjectNode file = Json.object()
                .put("$schema", SCHEMA + "vectors.schema.json")
                .put("schemaVersion", Suite.SCHEMA_VERSION)
                .put("suiteVersion", suite.suiteVersion())
                .put("group", group.name())
                .put("title", group.title());
        ArrayNode cases = file.putArray("cases");
        for (Case aCase : group.cases()) {
            ObjectNode node = cases.addObject()
                    .put("id", aCase.id())
                    .put("role", aCase.role().label())
                    .put("rule", aCase.rule());
            aCase.flags().forEach(node.putArray("flags")::add);
            node.put("positive", aCase.positive()).put("comment", aCase.comment());
            Difference difference = aCase.difference();
            if (difference != null) {
                node.putObject("difference").put("from", difference.from()).put("text", difference.text());
            }
            if (!aCase.needs().isEmpty()) {
                aCase.needs().forEach(node.putArray("needs")::add);
            }
            ArrayNode steps = node.putArray("steps");
            for (Step step : aCase.steps()) {
                ObjectNode stepNode = steps.addObject();
                stepNode.set("request", step.request());
                stepNode.set("expect", step.expect());
                setIfThere(stepNode, "intermediates", step.intermediates());
                setIfThere(stepNode, "template", step.template());
            }
        }
        return file;
    }

    private static void setIfThere(ObjectNode node, String field, @Nullable JsonNode value) {
        if (value != null) {
            node.set(field, value);
        }
    }

    private static JsonNode parse(String name, byte[] bytes) throws IOException {
        try {
            return Json.parse(new String(bytes, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new IOException(name + " is " + e.getMessage(), e);
        }
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.get(field);
        if (value == null || !value.isTextual()) {
            throw new IllegalArgumentException("the vectors lack the text \"" + field + "\" in " + node);
        }
        return value.asText();
    }

    private static List<String> texts(JsonNode node, String field) {
        List<String> texts = new ArrayList<>();
        node.path(field).forEach(value -> texts.add(value.asText()));
        return texts;
    }

    private static String sha256(byte[] bytes) {
        return Hex.of(Hex.sha256(bytes));
    }
}
