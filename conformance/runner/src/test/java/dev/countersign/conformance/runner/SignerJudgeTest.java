package dev.countersign.conformance.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.Encoding;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.signing.RawSignature;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What an SDK signed is judged right, and its mistake is named. */
class SignerJudgeTest {
    private static final P256Key KEY = P256Key.named("signer");
    private static final String METHOD = "POST";
    private static final String PATH = "/ingest/v1/A%2fb/?q=1";
    private static final String MESSAGE = METHOD + "\n" + PATH + "\n1767225600\n{}";

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static RawSignature over(byte[] digest) {
        return KEY.sign(digest, 0);
    }

    private static ObjectNode answer(String signature) {
        ObjectNode answer = Json.object();
        answer.putObject("headers")
                .put("X-App-ID", "a")
                .put("X-Device-ID", "d")
                .put("X-Synheart-Signature", signature)
                .put("X-Synheart-Timestamp", "1767225600")
                .put("X-Synheart-Nonce", "n")
                .put("X-Synheart-Sig-Version", "1");
        return answer;
    }

    private static List<String> wrong(ObjectNode answer) {
        ObjectNode expect = Json.object();
        expect.putObject("signs").put("publicKeyHex", Hex.of(KEY.point())).put("messageHex", Hex.of(bytes(MESSAGE)));
        expect.putObject("headers").put("X-App-ID", "a").put("x-synheart-timestamp", "1767225600");
        return new Judge(false)
                .judge(new Step(Cases.message("/"), expect, null, null), answer).stream()
                        .map(mismatch -> mismatch.field() + ": " + mismatch.actual())
                        .toList();
    }

    private static List<String> wrongOver(String message) {
        return wrong(answer(over(Hex.sha256(bytes(message))).text()));
    }

    private static String right() {
        return over(Hex.sha256(bytes(MESSAGE))).text();
    }

    @Test
    void takesARightSignatureHighAndLow() {
        for (int attempt = 0; attempt < 8; attempt++) {
            RawSignature signature = KEY.sign(Hex.sha256(bytes(MESSAGE)), attempt);
            assertEquals(List.of(), wrong(answer(signature.text())));
            assertEquals(List.of(), wrong(answer(signature.flipped().text())));
        }
    }

    @Test
    void comparesTheMessageIfItIsShown() {
        assertEquals(List.of(), wrong(answer(right()).put("messageHex", Hex.of(bytes(MESSAGE)))));
        assertEquals(List.of(), wrong(answer(right()).putNull("messageHex")));
        assertEquals(List.of("messageHex: 00"), wrong(answer(right()).put("messageHex", "00")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST\\n/ingest/v1/A%2fb/?q=1\\n1767225600{}       | the message without its last line feed",
                "POST\\r\\n/ingest/v1/A%2fb/?q=1\\r\\n1767225600\\r\\n{} | the message with CR LF",
                "POST\\n/ingest/v1/A%2fb/?q=1\\n1767225600\\n{}\\n  | the message with a line feed at its end",
                "post\\n/ingest/v1/A%2fb/?q=1\\n1767225600\\n{}     | the method in lower case",
                "POST\\n/ingest/v1/a%2fb/?q=1\\n1767225600\\n{}     | the path in lower case",
                "POST\\n/ingest/v1/A%2fb/\\n1767225600\\n{}         | the path without its query",
                "POST\\n/ingest/v1/A/b/?q=1\\n1767225600\\n{}       | the path percent-decoded",
                "POST\\n/v1/A%2fb/?q=1\\n1767225600\\n{}            | the path without /ingest",
                "POST\\n/ingest/ingest/v1/A%2fb/?q=1\\n1767225600\\n{} | the path with /ingest before it",
                "POST\\n/ingest/v1/A%2fb/?q=1\\n1767225600000\\n{}  | the timestamp in milliseconds",
                "POST\\n/ingest/v1/A%2fb/?q=1\\n1767225600\\n       | the message without the body",
                "GET\\n/\\n1\\n                                     | something else"
            })
    void namesTheMistake(String message, String mistake) {
        String signed = message.replace("\\n", "\n").replace("\\r", "\r");
        assertEquals(List.of("headers.x-synheart-signature: a signature over " + mistake), wrongOver(signed));
    }

    @Test
    void namesADoubleHash() {
        byte[] hash = Hex.sha256(bytes(MESSAGE));
        assertEquals(
                List.of("headers.x-synheart-signature: a signature over the SHA-256 of the SHA-256 (hashed twice)"),
                wrong(answer(over(Hex.sha256(hash)).text())));
        assertEquals(
                List.of("headers.x-synheart-signature: a signature over the hex of the SHA-256 (hashed twice)"),
                wrong(answer(over(Hex.sha256(bytes(Hex.of(hash)))).text())));
        assertEquals(
                List.of("headers.x-synheart-signature: a signature over the SHA-256 of the body in hex"),
                wrongOver(MESSAGE.substring(0, MESSAGE.length() - 2) + Hex.of(Hex.sha256(bytes("{}")))));
    }

    @ParameterizedTest
    @EnumSource(value = Encoding.class, mode = EnumSource.Mode.EXCLUDE, names = "DER")
    void takesNoOtherEncoding(Encoding encoding) {
        RawSignature signature = IntStream.range(0, 1000)
                .mapToObj(attempt -> KEY.sign(Hex.sha256(bytes(MESSAGE)), attempt))
                .filter(encoding::fits)
                .findFirst()
                .orElseThrow();
        assertEquals(1, wrong(answer(encoding.write(signature))).size());
    }

    @Test
    void namesAFormThatIsNoSignature() {
        RawSignature signature = over(Hex.sha256(bytes(MESSAGE)));
        assertForm("r and s as 64 raw bytes: ", Encoding.RAW.write(signature));
        assertForm("hex: ", Encoding.HEX.write(signature));
        assertForm("Base64 with white space in it: ", Encoding.LINE_FEED.write(signature));
        assertEquals(List.of("headers.x-synheart-signature: absent"), wrong(answer("")));
    }

    private static void assertForm(String form, String text) {
        assertEquals(List.of("headers.x-synheart-signature: " + form + text), wrong(answer(text)));
    }

    @Test
    void thereMustBeExactlyTheSix() {
        assertEquals(
                List.of("headers: X-App-ID, X-Device-ID, X-Synheart-Signature, X-Synheart-Timestamp, X-Synheart-Nonce,"
                        + " X-Synheart-Sig-Version, X-More"),
                wrong(changed(headers -> headers.put("X-More", "1"))));
        assertEquals(
                List.of("headers: X-App-ID, X-Device-ID, X-Synheart-Signature, X-Synheart-Timestamp, X-Synheart-Nonce"),
                wrong(changed(headers -> headers.without("X-Synheart-Sig-Version"))));
        assertEquals(1, wrong(changed(headers -> headers.put("x-app-id", "a"))).size());
        assertEquals(List.of("headers.X-App-ID: b"), wrong(changed(headers -> headers.put("X-App-ID", "b"))));
    }

    private static ObjectNode changed(UnaryOperator<ObjectNode> change) {
        ObjectNode answer = answer(right());
        answer.set("headers", change.apply((ObjectNode) answer.get("headers")));
        return answer;
    }

    @Test
    void headersOfAnotherShapeAreNoHeaders() {
        ObjectNode answer = Json.object();
        answer.putArray("headers").addArray().add("X-App-ID").add("a");
        assertEquals("headers.x-synheart-signature: absent", wrong(answer).get(0));
        assertEquals("headers: [[\"X-App-ID\",\"a\"]]", wrong(answer).get(1));
    }
}
