package dev.countersign.conformance.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A device that can be given any names and keys.
 *
 * @param appId a {@link TemplateText}
 * @param deviceId a {@link TemplateText}
 * @param status {@code active}, {@code pending} or {@code revoked}
 * @param keys its keys
 */
public record DeviceTemplate(String appId, String deviceId, String status, List<Key> keys) {
    /**
     * One of its keys.
     *
     * @param key name of the key pair
     * @param state {@code current}, {@code provisional}, {@code previous}, {@code invalidated} or {@code retired}
     * @param notAfter last second in which it counts, from the case's time, or null for no end
     */
    public record Key(String key, String state, @Nullable Long notAfter) {}

    /** Makes the list unmodifiable. */
    public DeviceTemplate {
        keys = List.copyOf(keys);
    }

    /** An active device with one current key, everything under one name. */
    public static DeviceTemplate active(String name) {
        return new DeviceTemplate(
                "{app:" + name + "}", "{device:" + name + "}", "active", List.of(new Key(name, "current", null)));
    }

    /** The same with another status. */
    public DeviceTemplate withStatus(String value) {
        return new DeviceTemplate(appId, deviceId, value, keys);
    }

    /** The same with other ids, templates. */
    public DeviceTemplate withIds(String app, String device) {
        return new DeviceTemplate(app, device, status, keys);
    }

    /** The same with other keys. */
    public DeviceTemplate withKeys(Key... value) {
        return new DeviceTemplate(appId, deviceId, status, List.of(value));
    }

    /** As the harness protocol has it. */
    public ObjectNode make(Names names) {
        ObjectNode device = Json.object()
                .put("appId", TemplateText.resolve(appId, names))
                .put("deviceId", TemplateText.resolve(deviceId, names))
                .put("status", status);
        ArrayNode list = device.putArray("keys");
        for (Key key : keys) {
            ObjectNode node = list.addObject()
                    .put("pointHex", Hex.of(names.key(key.key()).point()))
                    .put("state", key.state());
            if (key.notAfter() != null) {
                node.put("notAfter", names.time(key.notAfter()));
            }
        }
        return device;
    }

    /** As it stands in the files. */
    public ObjectNode toJson() {
        ObjectNode device =
                Json.object().put("appId", appId).put("deviceId", deviceId).put("status", status);
        ArrayNode list = device.putArray("keys");
        for (Key key : keys) {
            ObjectNode node = list.addObject().put("key", key.key()).put("state", key.state());
            if (key.notAfter() != null) {
                node.put("notAfter", key.notAfter());
            }
        }
        return device;
    }

    /** Reads what {@link #toJson} wrote. */
    public static DeviceTemplate of(JsonNode node) {
        List<Key> keys = new ArrayList<>();
        for (JsonNode key : node.path("keys")) {
            JsonNode notAfter = key.get("notAfter");
            keys.add(new Key(
                    key.path("key").asText(), key.path("state").asText(), notAfter == null ? null : notAfter.asLong()));
        }
        return new DeviceTemplate(
                node.path("appId").asText(),
                node.path("deviceId").asText(),
                node.path("status").asText(),
                keys);
    }
}
