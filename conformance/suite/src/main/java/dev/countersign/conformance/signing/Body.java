package dev.countersign.conformance.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Hex;
import java.nio.charset.StandardCharsets;

/**
 * A request's body: some bytes, so many times.
 *
 * @param hex the bytes
 * @param count how often, at least once
 */
public record Body(String hex, int count) {
    /** No bytes. */
    public static final Body EMPTY = new Body("", 1);

    /** Text in UTF-8. */
    public static Body text(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Bytes. */
    public static Body bytes(byte[] bytes) {
        return new Body(Hex.of(bytes), 1);
    }

    /** All of it. */
    public byte[] bytes() {
        byte[] once = Hex.parse(hex);
        byte[] all = new byte[once.length * count];
        for (int i = 0; i < count; i++) {
            System.arraycopy(once, 0, all, i * once.length, once.length);
        }
        return all;
    }

    /** Puts {@code bodyHex} or {@code bodyRepeat} into a request. */
    public void putInto(ObjectNode request) {
        if (count == 1) {
            request.put("bodyHex", hex);
        } else {
            request.putObject("bodyRepeat").put("hex", hex).put("count", count);
        }
    }

    /** The body of a request of the harness protocol; none given is an empty one. */
    public static Body of(JsonNode request) {
        JsonNode repeat = request.get("bodyRepeat");
        return repeat == null
                ? new Body(request.path("bodyHex").asText(""), 1)
                : new Body(repeat.path("hex").asText(), repeat.path("count").asInt());
    }
}
