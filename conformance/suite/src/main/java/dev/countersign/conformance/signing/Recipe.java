package dev.countersign.conformance.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * How a signature is made.
 *
 * @param key name of the key
 * @param over what is signed, a {@link TemplateText} in which {@code {body}} stands for the request's body; Latin-1
 * @param hash how often SHA-256 is applied
 * @param attempt which of the message's signatures, from 0
 * @param s which of the two forms of s
 * @param encoding how it is written
 */
public record Recipe(String key, String over, int hash, int attempt, HalfOrder s, Encoding encoding) {
    private static final String BODY = "{body}";
    private static final int ATTEMPTS = 1000;

    /** Which of the two valid values of s a signature has. */
    public enum HalfOrder {
        /** As it comes. */
        ANY,
        /** At most n/2. */
        LOW,
        /** Above n/2. */
        HIGH,
        /** The other one than {@link #ANY} gives. */
        FLIPPED;

        /** The name in templates. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        RawSignature choose(RawSignature signature) {
            boolean keep =
                    switch (this) {
                        case ANY -> true;
                        case LOW -> !signature.isHigh();
                        case HIGH -> signature.isHigh();
                        case FLIPPED -> false;
                    };
            return keep ? signature : signature.flipped();
        }
    }

    /** What a right client does. */
    public static Recipe of(String key, String over) {
        return new Recipe(key, over, 1, 0, HalfOrder.ANY, Encoding.DER);
    }

    /** Signed with another key. */
    public Recipe withKey(String value) {
        return new Recipe(value, over, hash, attempt, s, encoding);
    }

    /** Something else signed. */
    public Recipe withOver(String value) {
        return new Recipe(key, value, hash, attempt, s, encoding);
    }

    /** Hashed more often, or not at all. */
    public Recipe withHash(int value) {
        return new Recipe(key, over, value, attempt, s, encoding);
    }

    /** Another signature of the same message. */
    public Recipe withAttempt(int value) {
        return new Recipe(key, over, hash, value, s, encoding);
    }

    /** The low or the high form of s. */
    public Recipe withS(HalfOrder value) {
        return new Recipe(key, over, hash, attempt, value, encoding);
    }

    /** Written otherwise. */
    public Recipe withEncoding(Encoding value) {
        return new Recipe(key, over, hash, attempt, s, value);
    }

    /** The bytes that are signed. */
    public byte[] message(Names names, byte[] body) {
        int at = over.indexOf(BODY);
        if (at < 0) {
            return latin1(TemplateText.resolve(over, names));
        }
        return P256Key.concat(
                latin1(TemplateText.resolve(over.substring(0, at), names)),
                body,
                latin1(TemplateText.resolve(over.substring(at + BODY.length()), names)));
    }

    /** The digest that goes into the equation. */
    public byte[] digest(byte[] message) {
        byte[] digest = message;
        for (int i = 0; i < hash; i++) {
            digest = Hex.sha256(digest);
        }
        return digest;
    }

    /** The signature, in the numbers that a right one would have. */
    public RawSignature sign(Names names, byte[] digest) {
        P256Key signer = names.key(key);
        for (int i = attempt; i < attempt + ATTEMPTS; i++) {
            RawSignature signature = s.choose(signer.sign(digest, i));
            if (encoding.fits(signature)) {
                return signature;
            }
        }
        throw new IllegalStateException("no signature fits " + encoding + " with " + s);
    }

    /** As it stands in a template; what a right client does is left out. */
    public ObjectNode toJson() {
        ObjectNode node = Json.object().put("key", key).put("over", over);
        if (hash != 1) {
            node.put("hash", hash);
        }
        if (attempt != 0) {
            node.put("attempt", attempt);
        }
        if (s != HalfOrder.ANY) {
            node.put("s", s.label());
        }
        if (encoding != Encoding.DER) {
            node.put("encoding", encoding.label());
        }
        return node;
    }

    /** Reads what {@link #toJson} wrote. */
    public static Recipe of(JsonNode node) {
        return new Recipe(
                node.path("key").asText(),
                node.path("over").asText(),
                node.path("hash").asInt(1),
                node.path("attempt").asInt(0),
                HalfOrder.valueOf(node.path("s").asText("any").toUpperCase(Locale.ROOT)),
                Encoding.of(node.path("encoding").asText(Encoding.DER.label())));
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
