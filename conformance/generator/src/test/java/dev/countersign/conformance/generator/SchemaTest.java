package dev.countersign.conformance.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.countersign.conformance.signing.Encoding;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.SuiteFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The files keep to their schemas, and the schemas notice when one does not. */
class SchemaTest {
    private static final Path SCHEMAS = Path.of("../../conformance-vectors/vectors/schema");
    private static final JsonSchema MANIFEST = schema("suite.schema.json");
    private static final JsonSchema VECTORS = schema("vectors.schema.json");
    private static final Map<String, String> FILES = SuiteFiles.write(SuiteGenerator.suite());

    private static JsonSchema schema(String name) {
        return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(node(name));
    }

    private static JsonNode node(String name) {
        try {
            return Json.parse(Files.readString(SCHEMAS.resolve(name)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static Set<String> files() {
        return FILES.keySet();
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyFileKeepsToItsSchema(String name) {
        JsonNode file = parsed(name);
        assertEquals("", complaints(schemaOf(name), file));
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyFileNamesItsSchema(String name) {
        String schema = parsed(name).path("$schema").asText();
        assertEquals(
                name.equals(SuiteFiles.MANIFEST) ? "schema/suite.schema.json" : "schema/vectors.schema.json", schema);
        assertTrue(Files.exists(SCHEMAS.resolveSibling(schema)), schema);
    }

    @Test
    void theSchemasAreSchemas() {
        JsonSchema meta = JsonSchemaFactory.getInstance(VersionFlag.V202012)
                .getSchema(com.networknt.schema.SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));
        for (String name : List.of("suite.schema.json", "vectors.schema.json")) {
            assertEquals("", complaints(meta, node(name)));
        }
    }

    /** Whoever adds an object to a schema and forgets to close it lets a misspelt field pass. */
    @Test
    void noObjectIsOpen() {
        for (String name : List.of("suite.schema.json", "vectors.schema.json")) {
            for (JsonNode definition : node(name).findParents("properties")) {
                boolean condition = !definition.path("type").asText().equals("object");
                assertTrue(
                        condition || definition.path("additionalProperties").isBoolean(),
                        () -> name + ": " + definition);
            }
        }
    }

    @Test
    void theSchemaKnowsEveryEncoding() {
        Set<String> known = new TreeSet<>();
        node("vectors.schema.json")
                .at("/$defs/recipe/properties/encoding/enum")
                .forEach(label -> known.add(label.asText()));
        Set<String> encodings = Arrays.stream(Encoding.values())
                .filter(encoding -> encoding != Encoding.DER)
                .map(Encoding::label)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(encodings, known);
    }

    static Stream<Arguments> brokenManifests() {
        return Stream.of(
                broken("another format", file -> file.put("schemaVersion", 2)),
                broken("version not of three parts", file -> file.put("suiteVersion", "1.0")),
                broken("a field too many", file -> file.put("author", "someone")),
                broken("no flags", file -> file.remove("flags")),
                broken(
                        "a file's sum in upper case",
                        file -> first(file, "/files").put("sha256", "AB".repeat(32))),
                broken("a file in another folder", file -> first(file, "/files").put("file", "../message.json")),
                broken("an empty group", file -> first(file, "/files").put("cases", 0)),
                broken("a rule without a section", file -> first(file, "/rules").remove("section")),
                broken("a rule's id in capitals", file -> first(file, "/rules").put("id", "Message.Layout")),
                broken(
                        "a flag without an explanation",
                        file -> first(file, "/flags").put("explanation", "")),
                broken(
                        "a flag's id with a hyphen",
                        file -> first(file, "/flags").put("id", "At-The-Edge")),
                broken(
                        "a flag twice",
                        file -> file.withArray("/flags")
                                .add(first(file, "/flags").deepCopy())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenManifests")
    void aBrokenManifestIsNoticed(String what, Consumer<ObjectNode> damage) {
        ObjectNode file = (ObjectNode) parsed(SuiteFiles.MANIFEST);
        damage.accept(file);
        assertFalse(complaints(MANIFEST, file).isEmpty(), what);
    }

    static Stream<Arguments> brokenVectors() {
        return Stream.of(
                broken("another format", file -> file.put("schemaVersion", "1")),
                broken("no cases", file -> file.putArray("cases")),
                broken("an id without its group", file -> positive(file).put("id", "post-stripped")),
                broken("an unknown role", file -> positive(file).put("role", "proxy")),
                broken("another role's steps", file -> positive(file).put("role", "signer")),
                broken("no flag", file -> positive(file).putArray("flags")),
                broken("a misspelt field", file -> positive(file).put("coment", "x")),
                broken("an empty comment", file -> positive(file).put("comment", "")),
                broken(
                        "a positive with a difference",
                        file -> positive(file).set("difference", negative(file).path("difference"))),
                broken("a negative without a difference", file -> negative(file).remove("difference")),
                broken(
                        "a difference from nothing",
                        file -> negative(file).withObject("/difference").remove("from")),
                broken(
                        "an unknown need",
                        file -> positive(file).putArray("needs").add("luck")),
                broken("no steps", file -> positive(file).putArray("steps")),
                broken(
                        "no reset first",
                        file -> positive(file).withArray("/steps").remove(0)),
                broken("an unknown op", file -> request(file).put("op", "guess")),
                broken("a field of another op", file -> request(file).put("digestHex", "00")),
                broken("a misspelt setting", file -> config(file).put("freshness", 300)),
                broken("a setting's text as a number", file -> config(file).put("quota", "3")),
                broken("an unknown value of a setting", file -> config(file).put("replay", "both")),
                broken("hex in upper case", file -> request(file).put("bodyHex", "AB")),
                broken("half a byte", file -> request(file).put("bodyHex", "abc")),
                broken(
                        "two bodies",
                        file -> request(file)
                                .putObject("bodyRepeat")
                                .put("hex", "00")
                                .put("count", 2)),
                broken("no body", file -> request(file).remove("bodyHex")),
                broken("a time as text", file -> request(file).put("serverTime", "1767225600")),
                broken("a time with a fraction", file -> request(file).put("serverTime", 1767225600.5)),
                broken("a character beyond Latin-1", file -> request(file).put("target", "/€")),
                broken(
                        "a header with three parts",
                        file -> ((ArrayNode) request(file).at("/headers/0")).add("x")),
                broken(
                        "a header without a value",
                        file -> ((ArrayNode) request(file).at("/headers/0")).remove(1)),
                broken(
                        "a compressed key",
                        file -> device(file).withObject("/keys/0").put("pointHex", "02" + "00".repeat(32))),
                broken(
                        "an unknown state of a key",
                        file -> device(file).withObject("/keys/0").put("state", "old")),
                broken("an unknown status", file -> device(file).put("status", "lost")),
                broken(
                        "an unknown placeholder",
                        file -> template(file)
                                .withArray("/headers")
                                .addArray()
                                .add("X")
                                .add("{user:a}")),
                broken(
                        "an unknown encoding",
                        file -> template(file).withObject("/signature").put("encoding", "ber")),
                broken(
                        "a recipe without a key",
                        file -> template(file).withObject("/signature").remove("key")),
                broken("no template", file -> verify(file).remove("template")),
                broken(
                        "an unknown intermediate",
                        file -> verify(file).withObject("/intermediates").put("kHex", "00")),
                broken(
                        "a short r",
                        file -> verify(file).withObject("/intermediates").put("rHex", "00")),
                broken("an unknown verdict", file -> expect(file).put("verdict", "maybe")),
                broken("accepted with a status", file -> expect(file).put("status", 200)),
                broken("rejected without a status", file -> expect(file).put("verdict", "rejected")),
                broken(
                        "a code with another status",
                        file -> expect(file)
                                .put("verdict", "rejected")
                                .put("publicCode", "CLOCK_SKEW")
                                .put("status", 400)),
                broken(
                        "the code of another status",
                        file -> expect(file)
                                .put("verdict", "rejected")
                                .put("publicCode", "INVALID_REQUEST")
                                .put("status", 401)),
                broken(
                        "an unknown reason",
                        file -> expect(file)
                                .put("verdict", "rejected")
                                .put("publicCode", "CLOCK_SKEW")
                                .put("status", 401)
                                .put("reason", "TIRED")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenVectors")
    void aBrokenGroupIsNoticed(String what, Consumer<ObjectNode> damage) {
        ObjectNode file = (ObjectNode) parsed("ingest.json");
        damage.accept(file);
        assertFalse(complaints(VECTORS, file).isEmpty(), what);
    }

    private static Arguments broken(String what, Consumer<ObjectNode> damage) {
        return Arguments.of(what, damage);
    }

    private static ObjectNode first(ObjectNode file, String list) {
        return (ObjectNode) file.at(list + "/0");
    }

    private static ObjectNode positive(ObjectNode file) {
        return aCase(file, true);
    }

    private static ObjectNode negative(ObjectNode file) {
        return aCase(file, false);
    }

    private static ObjectNode aCase(ObjectNode file, boolean positive) {
        for (JsonNode one : file.path("cases")) {
            if (one.path("positive").asBoolean() == positive
                    && one.path("role").asText().equals("verifier")) {
                return (ObjectNode) one;
            }
        }
        throw new IllegalStateException("no such case");
    }

    private static ObjectNode config(ObjectNode file) {
        return positive(file).withObject("/steps/0/request/config");
    }

    private static ObjectNode device(ObjectNode file) {
        return positive(file).withObject("/steps/0/request/devices/0");
    }

    private static ObjectNode verify(ObjectNode file) {
        return positive(file).withObject("/steps/1");
    }

    private static ObjectNode request(ObjectNode file) {
        return verify(file).withObject("/request");
    }

    private static ObjectNode template(ObjectNode file) {
        return verify(file).withObject("/template");
    }

    private static ObjectNode expect(ObjectNode file) {
        return verify(file).withObject("/expect");
    }

    private static JsonSchema schemaOf(String name) {
        return name.equals(SuiteFiles.MANIFEST) ? MANIFEST : VECTORS;
    }

    private static JsonNode parsed(String name) {
        return Json.parse(Objects.requireNonNull(FILES.get(name)));
    }

    private static String complaints(JsonSchema schema, JsonNode file) {
        return schema.validate(file).stream()
                .map(ValidationMessage::toString)
                .limit(10)
                .collect(Collectors.joining("\n"));
    }
}
