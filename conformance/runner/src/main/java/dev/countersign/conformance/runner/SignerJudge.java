package dev.countersign.conformance.runner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.signing.RawSignature;
import dev.countersign.conformance.suite.Hex;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.jspecify.annotations.Nullable;

/**
 * Judges what an SDK signed. Signatures are randomised, so the runner checks the equation, and if it does not hold it
 * looks for the mistake: which nearly right message the signature is valid for.
 */
final class SignerJudge {
    private static final Pattern PERCENT = Pattern.compile("%([0-9a-fA-F]{2})");
    private static final Pattern HEX = Pattern.compile("(?:[0-9a-fA-F]{2})+");
    private static final Pattern URL_ALPHABET = Pattern.compile("[A-Za-z0-9_-]+=*");
    private static final Pattern MIME = Pattern.compile("[ \\t\\r\\n]");
    private static final String SIGNATURE = "x-synheart-signature";

    private SignerJudge() {}

    static List<Mismatch> judge(ObjectNode signs, JsonNode answer) {
        List<Mismatch> wrong = new ArrayList<>();
        String message = signs.path("messageHex").asText();
        if (Judge.has(answer, "messageHex")) {
            String shown = answer.path("messageHex").asText();
            if (!shown.equals(message)) {
                wrong.add(new Mismatch("messageHex", message, shown));
            }
        }
        String text = "";
        for (Map.Entry<String, JsonNode> header : answer.path("headers").properties()) {
            if (Judge.lower(header.getKey()).equals(SIGNATURE)) {
                text = header.getValue().asText();
            }
        }
        RawSignature signature = read(text);
        if (signature == null) {
            wrong.add(
                    new Mismatch("headers." + SIGNATURE, "padded Base64 of strict DER, 1 <= r, s <= n-1", form(text)));
            return wrong;
        }
        byte[] point = Hex.parse(signs.path("publicKeyHex").asText());
        byte[] right = Hex.parse(message);
        if (!verifies(point, Hex.sha256(right), signature)) {
            wrong.add(new Mismatch(
                    "headers." + SIGNATURE, "a signature over the message", mistake(point, right, signature)));
        }
        return wrong;
    }

    /** The numbers, if the text is the only form of them. */
    private static @Nullable RawSignature read(String text) {
        try {
            List<BigInteger> numbers = new ArrayList<>();
            ASN1Sequence.getInstance(Base64.getDecoder().decode(text))
                    .forEach(element -> numbers.add(((ASN1Integer) element).getValue()));
            RawSignature signature = new RawSignature(numbers.get(0), numbers.get(1));
            boolean inRange =
                    numbers.stream().allMatch(number -> number.signum() > 0 && number.compareTo(P256Key.N) < 0);
            return inRange && numbers.size() == 2 && signature.text().equals(text) ? signature : null;
        } catch (RuntimeException notASignature) {
            return null;
        }
    }

    /** What a text that is no signature looks like. */
    private static String form(String text) {
        if (text.isEmpty()) {
            return "absent";
        }
        String guess = "";
        if (HEX.matcher(text).matches()) {
            guess = "hex";
        } else {
            try {
                guess = bytesForm(Base64.getDecoder().decode(text), text.length() % 4 == 0);
            } catch (IllegalArgumentException notBase64) {
                if (MIME.matcher(text).find()) {
                    guess = "Base64 with white space in it";
                } else if (URL_ALPHABET.matcher(text).matches()) {
                    guess = "Base64 in the URL alphabet";
                }
            }
        }
        return guess.isEmpty() ? text : guess + ": " + text;
    }

    private static String bytesForm(byte[] bytes, boolean padded) {
        if (bytes.length == 64) {
            return "r and s as 64 raw bytes";
        }
        if (bytes.length > 0 && bytes[0] == 0x30) {
            return padded ? "not the strict DER of two numbers in range" : "Base64 without its padding";
        }
        return "Base64 of something else";
    }

    static boolean verifies(byte[] point, byte[] digest, RawSignature signature) {
        ECDSASigner verifier = new ECDSASigner();
        ECDomainParameters domain = new ECDomainParameters(P256Key.CURVE);
        verifier.init(false, new ECPublicKeyParameters(domain.getCurve().decodePoint(point), domain));
        return verifier.verifySignature(digest, signature.r(), signature.s());
    }

    private static String mistake(byte[] point, byte[] right, RawSignature signature) {
        for (Map.Entry<String, byte[]> guess : guesses(right).entrySet()) {
            if (verifies(point, guess.getValue(), signature)) {
                return "a signature over " + guess.getKey();
            }
        }
        return "a signature over something else";
    }

    private static String percentDecoded(String path) {
        return PERCENT.matcher(path)
                .replaceAll(escape ->
                        Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(escape.group(1), 16))));
    }

    /** Digests of what SDKs have been known to sign instead. */
    private static Map<String, byte[]> guesses(byte[] right) {
        Map<String, byte[]> digests = new LinkedHashMap<>();
        digests.put("the SHA-256 of the SHA-256 (hashed twice)", Hex.sha256(Hex.sha256(right)));
        digests.put(
                "the hex of the SHA-256 (hashed twice)",
                Hex.sha256(Hex.of(Hex.sha256(right)).getBytes(StandardCharsets.US_ASCII)));
        String message = new String(right, StandardCharsets.ISO_8859_1);
        String[] parts = message.split("\n", 4);
        if (parts.length < 4) {
            return digests;
        }
        String method = parts[0];
        String path = parts[1];
        String timestamp = parts[2];
        String body = parts[3];
        Map<String, String> messages = new LinkedHashMap<>();
        String rest = "\n" + timestamp + "\n" + body;
        messages.put("the message without its last line feed", method + "\n" + path + "\n" + timestamp + body);
        messages.put("the message with CR LF", method + "\r\n" + path + "\r\n" + timestamp + "\r\n" + body);
        messages.put("the message with a line feed at its end", message + "\n");
        messages.put("the method in lower case", method.toLowerCase(Locale.ROOT) + "\n" + path + rest);
        messages.put("the method in upper case", method.toUpperCase(Locale.ROOT) + "\n" + path + rest);
        messages.put("the path in lower case", method + "\n" + path.toLowerCase(Locale.ROOT) + rest);
        messages.put("the path without its query", method + "\n" + path.replaceFirst("\\?.*", "") + rest);
        messages.put("the path percent-decoded", method + "\n" + percentDecoded(path) + rest);
        messages.put("the path without /ingest", method + "\n" + path.replaceFirst("^/ingest/", "/") + rest);
        messages.put("the path with /ingest before it", method + "\n/ingest" + path + rest);
        messages.put("the path without its last slash", method + "\n" + path.replaceFirst("/$", "") + rest);
        messages.put("the timestamp in milliseconds", method + "\n" + path + "\n" + timestamp + "000\n" + body);
        messages.put("the message without the body", method + "\n" + path + "\n" + timestamp + "\n");
        messages.put(
                "the SHA-256 of the body in hex",
                method + "\n" + path + "\n" + timestamp + "\n"
                        + Hex.of(Hex.sha256(body.getBytes(StandardCharsets.ISO_8859_1))));
        messages.forEach((name, text) -> digests.put(name, Hex.sha256(text.getBytes(StandardCharsets.ISO_8859_1))));
        return digests;
    }
}
