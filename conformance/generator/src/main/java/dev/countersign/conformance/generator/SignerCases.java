package dev.countersign.conformance.generator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.FixedNames;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The client's side: six headers, and a signature over exactly what it was given. */
final class SignerCases {
    private static final String ORDINARY = "ordinary";
    private static final FixedNames NAMES = new FixedNames();
    private static final String APP = NAMES.app("a");
    private static final String DEVICE = NAMES.device("a");
    private static final String NONCE = NAMES.nonce("1");
    private static final String NOW = Long.toString(FixedNames.BASE_TIME);
    private static final P256Key KEY = P256Key.named("a");
    private static final Body SMALL = Body.text("{\"n\":1}");
    private static final Asked RIGHT = new Asked(KEY, APP, DEVICE, "POST", "/v1/hsi", NOW, NONCE, SMALL);

    private final CaseBook book = new CaseBook("signer", "The client's side", Role.SIGNER);

    /** What is to be signed. */
    private record Asked(
            P256Key key,
            String appId,
            String deviceId,
            String method,
            String path,
            String timestamp,
            String nonce,
            Body body) {
        Asked withKey(P256Key value) {
            return new Asked(value, appId, deviceId, method, path, timestamp, nonce, body);
        }

        Asked withIds(String app, String device) {
            return new Asked(key, app, device, method, path, timestamp, nonce, body);
        }

        Asked withMethod(String value) {
            return new Asked(key, appId, deviceId, value, path, timestamp, nonce, body);
        }

        Asked withPath(String value) {
            return new Asked(key, appId, deviceId, method, value, timestamp, nonce, body);
        }

        Asked withTimestamp(String value) {
            return new Asked(key, appId, deviceId, method, path, value, nonce, body);
        }

        Asked withNonce(String value) {
            return new Asked(key, appId, deviceId, method, path, timestamp, value, body);
        }

        Asked withBody(Body value) {
            return new Asked(key, appId, deviceId, method, path, timestamp, nonce, value);
        }
    }

    static Group group() {
        SignerCases cases = new SignerCases();
        cases.headers();
        cases.messages();
        cases.paths();
        return cases.book.group();
    }

    private void headers() {
        right(
                ORDINARY,
                Rules.SIGNER_HEADERS,
                Flags.ORDINARY,
                RIGHT,
                "Six headers, the ids, the timestamp and the nonce as given, version 1.");
        nearMiss(
                "device-id-upper-case",
                Rules.SIGNER_HEADERS,
                Flags.LETTER_CASE,
                RIGHT.withIds(APP, Ascii.upper(DEVICE)),
                "The device id is in upper case.",
                "It is sent as given; folding is the verifier's matter.");
        nearMiss(
                "app-id-mixed-case",
                Rules.SIGNER_HEADERS,
                Flags.LETTER_CASE,
                RIGHT.withIds("Com.Example.A", DEVICE),
                "The app id has upper-case letters.",
                "It is sent as given: app ids have case.");
        nearMiss(
                "nonce-upper-case",
                Rules.SIGNER_HEADERS,
                Flags.LETTER_CASE,
                RIGHT.withNonce(Ascii.upper(NONCE)),
                "The nonce is in upper case.",
                "It is sent as given.");
        nearMiss(
                "nonce-not-signed",
                Rules.SIGNER_MESSAGE,
                Flags.OTHER_NONCE,
                RIGHT.withNonce(NAMES.nonce("2")),
                "The nonce is another one.",
                "The nonce is sent and not signed: the message is the same.");
        right(
                "key-leading-zero",
                Rules.SIGNER_HEADERS,
                Flags.LEADING_ZERO,
                RIGHT.withKey(new P256Key(KEY.d().shiftRight(16))),
                "The private number begins with zero bytes.");
        right(
                "key-small",
                Rules.SIGNER_HEADERS,
                Flags.SPECIAL_KEY,
                RIGHT.withKey(new P256Key(BigInteger.valueOf(7))),
                "The private number is 7.");
    }

    private void messages() {
        right(
                "get",
                Rules.SIGNER_MESSAGE,
                Flags.EMPTY_BODY,
                RIGHT.withMethod("GET").withBody(Body.EMPTY),
                "A request without a body: the message ends in a line feed.");
        for (String method : List.of("PUT", "PATCH", "DELETE")) {
            right(
                    "method-" + Ascii.lower(method),
                    Rules.SIGNER_MESSAGE,
                    Flags.ORDINARY,
                    RIGHT.withMethod(method),
                    "The method stands first.");
        }
        right(
                "method-unknown",
                Rules.SIGNER_MESSAGE,
                Flags.UNUSUAL_METHOD,
                RIGHT.withMethod("PURGE"),
                "Methods are not looked up in a list.");
        nearMiss(
                "body-empty",
                Rules.SIGNER_MESSAGE,
                Flags.EMPTY_BODY,
                RIGHT.withBody(Body.EMPTY),
                "There is no body.",
                "The third line feed is there even so.");
        nearMiss(
                "body-line-feeds",
                Rules.SIGNER_MESSAGE,
                Flags.LINE_FEED_IN_BODY,
                RIGHT.withBody(Body.text("\r\n{}\r\n\n")),
                "The body begins and ends with line ends.",
                "They are signed as they are.");
        nearMiss(
                "body-spaces",
                Rules.SIGNER_MESSAGE,
                Flags.LINE_FEED_IN_BODY,
                RIGHT.withBody(Body.text(" { \"n\" : 1 } ")),
                "The body is the same JSON in another layout.",
                "Bytes are signed, not JSON.");
        nearMiss(
                "body-utf-8",
                Rules.SIGNER_MESSAGE,
                Flags.NON_ASCII_TEXT,
                RIGHT.withBody(Body.text("{\"name\":\"Zo\u00eb \ud83c\udf0d\"}")),
                "The body has characters outside ASCII.",
                "Its bytes in UTF-8 are signed.");
        nearMiss(
                "body-binary",
                Rules.SIGNER_MESSAGE,
                Flags.BINARY_BODY,
                RIGHT.withBody(new Body("00ff0a0d1a80c080", 1)),
                "The body is no text.",
                "Its bytes are signed.");
        nearMiss(
                "body-large",
                Rules.SIGNER_MESSAGE,
                Flags.LARGE_BODY,
                RIGHT.withBody(Body.bytes(new Body("61", 5000).bytes())),
                "The body has 5000 bytes.",
                "All of it is signed.");
        right(
                "timestamp-zero",
                Rules.SIGNER_MESSAGE,
                Flags.SMALLEST_VALUE,
                RIGHT.withTimestamp("0"),
                "The timestamp is signed as its text, 0.");
        right(
                "timestamp-eleven-digits",
                Rules.SIGNER_MESSAGE,
                Flags.LARGEST_VALUE,
                RIGHT.withTimestamp("99999999999"),
                "The timestamp is signed as its text, and does not overflow.");
    }

    private void paths() {
        right(
                "path",
                Rules.SIGNER_PATH,
                Flags.ORDINARY,
                RIGHT.withPath("/v1/apps/a/events.json"),
                "The path is signed as given.");
        path(
                "ingest",
                Flags.INGEST_PREFIX,
                "/ingest/v1/hsi",
                "The signer strips nothing: its caller passes what is to be signed.");
        path("encoded-slash", Flags.PERCENT_ESCAPE, "/v1/a%2Fb", "Nothing is decoded.");
        path("lower-case-escape", Flags.PERCENT_ESCAPE, "/v1/a%2fb", "The digits of an escape keep their case.");
        path(
                "encoded-percent",
                Flags.PERCENT_ESCAPE,
                "/v1/100%25",
                "Nothing is decoded, and nothing is encoded again.");
        path("plus", Flags.PERCENT_ESCAPE, "/v1/a+b", "A plus is not a space.");
        path("double-slash", Flags.DOUBLE_SLASH, "/v1//hsi", "Empty segments stay.");
        path("slash-at-end", Flags.DOUBLE_SLASH, "/v1/hsi/", "A slash at the end stays.");
        path("dot-segments", Flags.DOT_SEGMENT, "/v1/x/../hsi", "Dot segments are not resolved.");
        path("parameters", Flags.PATH_PARAMETER, "/v1/hsi;v=1", "Parameters belong to the path.");
        path("letter-case", Flags.LETTER_CASE, "/V1/HSI", "Paths have case.");
        path("root", Flags.SMALLEST_VALUE, "/", "The shortest path.");
    }

    private void path(String name, Flag flag, String path, String comment) {
        book.negative("path-" + name)
                .rule(Rules.SIGNER_PATH)
                .flags(flag)
                .from("path")
                .difference("The path is " + path + ".")
                .comment(comment)
                .steps(sign(RIGHT.withPath(path)));
    }

    private void right(String name, Rules rule, Flag flag, Asked asked, String comment) {
        book.positive(name).rule(rule).flags(flag).comment(comment).steps(sign(asked));
    }

    private void nearMiss(String name, Rules rule, Flag flag, Asked asked, String difference, String comment) {
        book.negative(name)
                .rule(rule)
                .flags(flag)
                .from(ORDINARY)
                .difference(difference)
                .comment(comment)
                .steps(sign(asked));
    }

    private static Scenario sign(Asked asked) {
        ObjectNode request = Json.object()
                .put("op", "sign")
                .put("privateKeyHex", Hex.of(asked.key().pkcs8()))
                .put("appId", asked.appId())
                .put("deviceId", asked.deviceId())
                .put("method", asked.method())
                .put("path", asked.path())
                .put("timestamp", asked.timestamp())
                .put("nonce", asked.nonce())
                .put("bodyHex", asked.body().hex());
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes((asked.method() + "\n" + asked.path() + "\n" + asked.timestamp() + "\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        message.writeBytes(asked.body().bytes());
        ObjectNode expect = Json.object();
        expect.putObject("headers")
                .put(Draft.APP_ID, asked.appId())
                .put(Draft.DEVICE_ID, asked.deviceId())
                .put(Draft.TIMESTAMP, asked.timestamp())
                .put(Draft.NONCE, asked.nonce())
                .put(Draft.VERSION, "1");
        expect.putObject("signs")
                .put("publicKeyHex", Hex.of(asked.key().point()))
                .put("messageHex", Hex.of(message.toByteArray()));
        return Scenario.empty()
                .exchange(request, expect, Json.object().put("sha256Hex", Hex.of(Hex.sha256(message.toByteArray()))));
    }
}
