package dev.countersign.conformance.mutants;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** A registered device, its ids in their canonical form. */
record Device(String appId, String deviceId, String status, List<DeviceKey> keys) {
    boolean is(String name) {
        return status.equals(name);
    }

    Device withKeys(List<DeviceKey> changed) {
        return new Device(appId, deviceId, status, changed);
    }

    static Device of(JsonNode node, String appId, String deviceId) {
        List<DeviceKey> keys = new ArrayList<>();
        for (JsonNode key : node.path("keys")) {
            JsonNode notAfter = key.get("notAfter");
            keys.add(new DeviceKey(
                    key.path("pointHex").asText(),
                    key.path("state").asText(),
                    notAfter == null ? null : notAfter.asLong()));
        }
        return new Device(appId, deviceId, node.path("status").asText(), keys);
    }
}
