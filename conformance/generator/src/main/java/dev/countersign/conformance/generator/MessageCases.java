package dev.countersign.conformance.generator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.FixedNames;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What is hashed for a request: parts, order and line feeds, and which path the signature covers. */
final class MessageCases {
    private static final String NOW = Long.toString(FixedNames.BASE_TIME);
    private static final Body SMALL = Body.text("{\"n\":1}");

    /** Bytes of {@code POST LF /v1/hsi LF timestamp LF}. */
    private static final int PREFIX_BYTES = 24;

    private final CaseBook book = new CaseBook("message", "The bytes that are hashed", Role.MESSAGE);

    static Group group() {
        MessageCases cases = new MessageCases();
        cases.bodies();
        cases.methods();
        cases.paths();
        cases.timestamps();
        cases.ingest();
        return cases.book.group();
    }

    private void bodies() {
        body("ordinary", Rules.MESSAGE_LAYOUT, Flags.ORDINARY, SMALL, "Four parts, three line feeds.");
        book.positive("read-without-body")
                .rule(Rules.MESSAGE_LAYOUT)
                .flags(Flags.EMPTY_BODY)
                .comment("The line feed behind the timestamp is always there: the message ends in it.")
                .steps(message("GET", "/v1/hsi", NOW, Body.EMPTY, "/v1/hsi"));
        body(
                "write-without-body",
                Rules.MESSAGE_LAYOUT,
                Flags.EMPTY_BODY,
                Body.EMPTY,
                "A write without a body is no different: three line feeds.");
        bodyBytes(
                "line-feed-alone", Flags.LINE_FEED_IN_BODY, "\n", "A body of one line feed: the message ends in two.");
        bodyBytes(
                "line-feed-first", Flags.LINE_FEED_IN_BODY, "\n{}", "A line feed at the body's beginning is content.");
        bodyBytes("line-feed-last", Flags.LINE_FEED_IN_BODY, "{}\n", "A line feed at the body's end is content.");
        bodyBytes("carriage-returns", Flags.LINE_FEED_IN_BODY, "a\r\nb\r\n", "CR LF is not converted.");
        bodyBytes("spaces-around", Flags.LINE_FEED_IN_BODY, " {} \t", "White space at the ends is content.");
        bodyBytes(
                "looks-like-a-message",
                Flags.LINE_FEED_IN_BODY,
                "GET\n/v1/other\n0\n",
                "A body that looks like a message of its own is only a body.");
        body(
                "utf-8",
                Rules.MESSAGE_BODY,
                Flags.NON_ASCII_TEXT,
                Body.text("{\"name\":\"Zo\u00eb \ud83c\udf0d\"}"),
                "Text in UTF-8, of two and of four bytes for a character, is hashed byte by byte.");
        body(
                "byte-order-mark",
                Rules.MESSAGE_BODY,
                Flags.NON_ASCII_TEXT,
                Body.text("\ufeff{}"),
                "A byte order mark is three bytes like any others.");
        body(
                "not-utf-8",
                Rules.MESSAGE_BODY,
                Flags.BINARY_BODY,
                new Body("fffec080eda080", 1),
                "Bytes that are no UTF-8 are not replaced.");
        body("zero-bytes", Rules.MESSAGE_BODY, Flags.BINARY_BODY, new Body("00000000", 1), "A zero byte ends nothing.");
        body("every-byte", Rules.MESSAGE_BODY, Flags.BINARY_BODY, everyByte(), "Each of the 256 bytes once, in order.");
        body(
                "gzip",
                Rules.MESSAGE_BODY,
                Flags.BINARY_BODY,
                new Body("1f8b0800000000000203ab56ca53b232ac05007e3b4bd407000000", 1),
                "A compressed body is signed compressed: the bytes on the wire.");
        body(
                "several-kilobytes",
                Rules.MESSAGE_BODY,
                Flags.LARGE_BODY,
                Body.bytes(new Body("00112233445566778899aabbccddeeff", 320).bytes()),
                "5120 bytes: many blocks of the hash.");
        for (int length : new int[] {55, 56, 63, 64, 119, 120}) {
            body(
                    "of-" + length + "-bytes",
                    Rules.MESSAGE_HASH,
                    Flags.HASH_BLOCK_EDGE,
                    Body.bytes(new Body("61", length - PREFIX_BYTES).bytes()),
                    "A message of " + length + " bytes, at an edge of SHA-256's padding.");
        }
    }

    private void methods() {
        for (String method : List.of("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")) {
            method(
                    "method-" + Ascii.lower(method),
                    Flags.ORDINARY,
                    method,
                    "The method stands first, in upper case, as it came.");
        }
        method("method-unknown", Flags.UNUSUAL_METHOD, "PURGE", "Methods are not looked up in a list.");
        method("method-with-hyphen", Flags.UNUSUAL_METHOD, "M-SEARCH", "A hyphen may stand in a method.");
        method("method-of-one-letter", Flags.SMALLEST_VALUE, "X", "One letter is a method.");
        method(
                "method-of-32-letters",
                Flags.LARGEST_VALUE,
                "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF",
                "32 letters are a method.");
    }

    private void paths() {
        path("root", Flags.SMALLEST_VALUE, "/", "The shortest path.");
        path("encoded-slash", Flags.PERCENT_ESCAPE, "/v1/a%2Fb", "%2F is not a slash.");
        path("lower-case-escape", Flags.PERCENT_ESCAPE, "/v1/a%2fb", "The digits of an escape keep their case.");
        path("encoded-letter", Flags.PERCENT_ESCAPE, "/v1/%61", "Not even a letter is decoded.");
        path("encoded-percent", Flags.PERCENT_ESCAPE, "/v1/%2561", "Not decoded, neither once nor twice.");
        path("broken-escape", Flags.PERCENT_ESCAPE, "/v1/100%", "What is not decoded cannot be broken.");
        path("encoded-line-feed", Flags.ENCODED_LINE_FEED, "/v1/x%0A1", "%0A is three characters of the path's line.");
        path("encoded-question-mark", Flags.PERCENT_ESCAPE, "/v1/x%3Fy", "%3F begins no query.");
        path("encoded-utf-8", Flags.NON_ASCII_TEXT, "/v1/Zo%C3%AB", "Characters outside ASCII stay escaped.");
        path("plus", Flags.PERCENT_ESCAPE, "/v1/a+b", "A plus is not a space.");
        path("double-slash", Flags.DOUBLE_SLASH, "/v1//hsi", "Empty segments stay.");
        path("double-slash-in-front", Flags.DOUBLE_SLASH, "//v1/hsi", "Not taken for an authority, and not merged.");
        path("slash-at-end", Flags.DOUBLE_SLASH, "/v1/hsi/", "A slash at the end stays.");
        path("dot-segments", Flags.DOT_SEGMENT, "/v1/./x/../hsi", "Dot segments are not resolved.");
        path("encoded-dots", Flags.DOT_SEGMENT, "/v1/%2e%2e/hsi", "Encoded dots are neither decoded nor resolved.");
        path("parameters", Flags.PATH_PARAMETER, "/v1/hsi;v=1;w", "Parameters belong to the path.");
        path("letter-case", Flags.LETTER_CASE, "/V1/Hsi", "Case stays.");
        path("punctuation", Flags.ORDINARY, "/!$&'()*+,-.:;=@_|~", "Visible ASCII needs no escape to be signed.");
    }

    private void timestamps() {
        timestamp("timestamp-zero", Flags.SMALLEST_VALUE, "0", "The text 0.");
        timestamp("timestamp-of-eleven-digits", Flags.LARGEST_VALUE, "99999999999", "Eleven digits, as they stand.");
        timestamp("timestamp-of-nine-digits", Flags.ORDINARY, "999999999", "Nothing is filled up.");
    }

    private void ingest() {
        book.positive("ingest")
                .rule(Rules.INGEST_STRIP)
                .flags(Flags.INGEST_PREFIX)
                .comment("POST below /ingest/v1/: the leading /ingest is not signed.")
                .steps(message("POST", "/ingest/v1/hsi", NOW, SMALL, "/v1/hsi"));
        for (IngestPaths.Stripped path : IngestPaths.STRIPPED) {
            book.positive("ingest-" + path.name())
                    .rule(Rules.INGEST_STRIP)
                    .flags(Flags.INGEST_PREFIX)
                    .comment(path.mistake())
                    .steps(message("POST", path.path(), NOW, SMALL, path.signed()));
        }
        for (String method : List.of("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")) {
            book.negative("ingest-" + Ascii.lower(method))
                    .rule(Rules.INGEST_METHOD)
                    .flags(Flags.INGEST_OTHER_METHOD)
                    .from("ingest")
                    .difference("The method is " + method + ".")
                    .comment("The rule is for POST alone: the path is signed as it came.")
                    .steps(message(method, "/ingest/v1/hsi", NOW, SMALL, "/ingest/v1/hsi"));
        }
        for (IngestPaths.NearMiss path : IngestPaths.NEAR_MISSES) {
            book.negative("ingest-" + path.name())
                    .rule(Rules.INGEST_PREFIX)
                    .flags(Flags.INGEST_NEAR_MISS)
                    .from("ingest")
                    .difference("The path is " + path.path() + ".")
                    .comment(path.mistake() + " It is signed as it came.")
                    .steps(message("POST", path.path(), NOW, SMALL, path.path()));
        }
    }

    private void body(String name, Rules rule, Flag flag, Body body, String comment) {
        book.positive(name)
                .rule(rule)
                .flags(flag)
                .comment(comment)
                .steps(message("POST", "/v1/hsi", NOW, body, "/v1/hsi"));
    }

    private void bodyBytes(String name, Flag flag, String ascii, String comment) {
        body("body-" + name, Rules.MESSAGE_BODY, flag, Body.text(ascii), comment);
    }

    private void method(String name, Flag flag, String method, String comment) {
        book.positive(name)
                .rule(Rules.MESSAGE_METHOD)
                .flags(flag)
                .comment(comment)
                .steps(message(method, "/v1/hsi", NOW, SMALL, "/v1/hsi"));
    }

    private void path(String name, Flag flag, String path, String comment) {
        book.positive("path-" + name)
                .rule(Rules.MESSAGE_PATH)
                .flags(flag)
                .comment(comment)
                .steps(message("POST", path, NOW, SMALL, path));
    }

    private void timestamp(String name, Flag flag, String timestamp, String comment) {
        book.positive(name)
                .rule(Rules.MESSAGE_TIMESTAMP)
                .flags(flag)
                .comment(comment)
                .steps(message("POST", "/v1/hsi", timestamp, SMALL, "/v1/hsi"));
    }

    private static Scenario message(String method, String path, String timestamp, Body body, String signedPath) {
        ObjectNode request = Json.object()
                .put("op", "message")
                .put("method", method)
                .put("path", path)
                .put("timestamp", timestamp)
                .put("bodyHex", body.hex());
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(
                (method + "\n" + signedPath + "\n" + timestamp + "\n").getBytes(StandardCharsets.ISO_8859_1));
        message.writeBytes(body.bytes());
        return Scenario.empty()
                .exchange(
                        request,
                        Json.object()
                                .put("messageHex", Hex.of(message.toByteArray()))
                                .put("sha256Hex", Hex.of(Hex.sha256(message.toByteArray())))
                                .put("signedPath", signedPath),
                        Json.object());
    }

    private static Body everyByte() {
        byte[] bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        return Body.bytes(bytes);
    }
}
