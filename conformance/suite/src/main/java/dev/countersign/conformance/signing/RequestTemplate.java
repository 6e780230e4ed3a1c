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
 * A request that can be made for any time, any device and any key.
 *
 * @param at when its head arrives, in seconds from the case's time
 * @param finishAt when its body ends, or null for at once
 * @param method as on the wire
 * @param target as on the wire, query included; never a template
 * @param headers in wire order; values are {@link TemplateText}, in which {@code {signature}} stands for the signature
 * @param body what is sent
 * @param signature how the signature is made, or null if no header names it
 */
public record RequestTemplate(
        long at,
        @Nullable Long finishAt,
        String method,
        String target,
        List<Header> headers,
        Body body,
        @Nullable Recipe signature) {
    private static final String SIGNATURE = "{signature}";

    /** Longest message that is shown in full. */
    private static final int LONGEST_SHOWN = 4096;

    /** A header line; the value is a template. */
    public record Header(String name, String value) {}

    /**
     * A request ready to send.
     *
     * @param request as the harness protocol has it, with its {@code op}
     * @param intermediates message, digest and signature, step by step
     */
    public record Made(ObjectNode request, ObjectNode intermediates) {}

    /** Makes the list unmodifiable. */
    public RequestTemplate {
        headers = List.copyOf(headers);
    }

    /** The request for these names. */
    public Made make(Names names) {
        ObjectNode intermediates = Json.object();
        String text = signature == null ? "" : sign(signature, names, intermediates);
        ObjectNode request = Json.object().put("op", "verify").put("serverTime", names.time(at));
        if (finishAt != null) {
            request.put("finishTime", names.time(finishAt));
        }
        request.put("method", method).put("target", target);
        ArrayNode lines = request.putArray("headers");
        for (Header header : headers) {
            lines.addArray()
                    .add(header.name())
                    .add(TemplateText.resolve(header.value(), names).replace(SIGNATURE, text));
        }
        body.putInto(request);
        return new Made(request, intermediates);
    }

    private String sign(Recipe recipe, Names names, ObjectNode intermediates) {
        byte[] message = recipe.message(names, body.bytes());
        byte[] digest = recipe.digest(message);
        RawSignature signed = recipe.sign(names, digest);
        String text = recipe.encoding().write(signed);
        intermediates
                .put("key", recipe.key())
                .put("publicKeyHex", Hex.of(names.key(recipe.key()).point()));
        if (message.length <= LONGEST_SHOWN) {
            intermediates.put("messageHex", Hex.of(message));
        }
        intermediates
                .put("sha256Hex", Hex.of(digest))
                .put("rHex", Hex.of(java.util.Arrays.copyOf(signed.raw(), 32)))
                .put("sHex", Hex.of(java.util.Arrays.copyOfRange(signed.raw(), 32, 64)))
                .put("derHex", Hex.of(signed.der()))
                .put("signature", text);
        return text;
    }

    /** As it stands in the files, beside the request: only what the request does not tell. */
    public ObjectNode toJson() {
        ObjectNode node = Json.object().put("at", at);
        if (finishAt != null) {
            node.put("finishAt", finishAt);
        }
        ArrayNode lines = node.putArray("headers");
        headers.forEach(header -> lines.addArray().add(header.name()).add(header.value()));
        if (signature != null) {
            node.set("signature", signature.toJson());
        }
        return node;
    }

    /**
     * Reads what {@link #toJson} wrote.
     *
     * @param request the request beside it
     */
    public static RequestTemplate of(JsonNode template, JsonNode request) {
        List<Header> headers = new ArrayList<>();
        template.path("headers")
                .forEach(line -> headers.add(
                        new Header(line.path(0).asText(), line.path(1).asText())));
        JsonNode finishAt = template.get("finishAt");
        JsonNode signature = template.get("signature");
        return new RequestTemplate(
                template.path("at").asLong(),
                finishAt == null ? null : finishAt.asLong(),
                request.path("method").asText(),
                request.path("target").asText(),
                headers,
                Body.of(request),
                signature == null ? null : Recipe.of(signature));
    }
}
