package dev.countersign.conformance.harness;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.InvalidPublicKeyException;

/**
 * Reads a public key from a JWK (RFC 7517): an object with {@code kty} EC and {@code crv} P-256, and no private part. A
 * repeated member, text behind the object, more than {@value #MAX_LENGTH} characters and values nested deeper than
 * {@value #MAX_DEPTH} are refused. Other members may be there.
 */
final class Jwk {
    static final int MAX_LENGTH = 8192;
    static final int MAX_DEPTH = 8;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(1 + MAX_DEPTH)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Jwk() {}

    /**
     * The key that the text holds.
     *
     * @throws InvalidPublicKeyException if it holds none; the message does not repeat the text
     */
    static DevicePublicKey read(String text) {
        JsonNode jwk = parse(text);
        if (jwk.has("d")) {
            throw new InvalidPublicKeyException(
                    "this JWK holds a private key: register the public key, and treat the private one as disclosed");
        }
        if (!"EC".equals(string(jwk, "kty")) || !"P-256".equals(string(jwk, "crv"))) {
            throw new InvalidPublicKeyException("expected a JWK with \"kty\":\"EC\" and \"crv\":\"P-256\"");
        }
        return DevicePublicKey.ofJwkCoordinates(string(jwk, "x"), string(jwk, "y"));
    }

    private static JsonNode parse(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new InvalidPublicKeyException("the JWK is longer than " + MAX_LENGTH + " characters");
        }
        JsonNode value;
        try {
            value = MAPPER.readTree(text);
        } catch (JsonProcessingException malformed) {
            throw new InvalidPublicKeyException(
                    "the JWK is not one JSON object, repeats a member or is nested too deeply");
        }
        if (!value.isObject()) {
            throw new InvalidPublicKeyException("the JWK is not a JSON object");
        }
        return value;
    }

    /** The member, or the empty text if it is missing or no string. */
    private static String string(JsonNode object, String name) {
        return object.path(name).textValue() == null ? "" : object.path(name).textValue();
    }
}
