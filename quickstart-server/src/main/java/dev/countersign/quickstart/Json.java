package dev.countersign.quickstart;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The little JSON that the server speaks. Thread-safe. */
final class Json {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(16).build())
            .build();

    private Json() {}

    /** One object, its members in the map's order; strings, and numbers that are {@code Long}. */
    static byte[] object(Map<String, ?> members) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            for (Map.Entry<String, ?> member : members.entrySet()) {
                if (member.getValue() instanceof Long number) {
                    json.writeNumberField(member.getKey(), number);
                } else {
                    json.writeStringField(member.getKey(), String.valueOf(member.getValue()));
                }
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    /**
     * The string member of one JSON object that is the whole text.
     *
     * @return null if the text is not such an object, or it has no such member, or the member is no string
     */
    static @Nullable String stringMember(byte[] text, String name) {
        String value = null;
        try (JsonParser json = FACTORY.createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String member = json.currentName();
                JsonToken type = json.nextToken();
                if (member.equals(name) && type == JsonToken.VALUE_STRING) {
                    value = json.getText();
                }
                json.skipChildren();
            }
            return json.nextToken() == null ? value : null;
        } catch (IOException malformed) {
            return null;
        }
    }
}
