package dev.countersign.conformance.generator;

import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.Recipe.HalfOrder;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Role;
import java.nio.charset.StandardCharsets;

/** Signatures as headers of whole requests: written wrongly, or over another message. */
final class SignatureHeaderCases {
    private static final String ORDINARY = "ordinary";
    private static final Draft RIGHT = Draft.post("/v1/hsi");

    private final CaseBook book = new CaseBook("signature-headers", "Signatures of whole requests", Role.VERIFIER);

    static Group group() {
        SignatureHeaderCases cases = new SignatureHeaderCases();
        cases.rightForms();
        cases.encodings();
        cases.layout();
        cases.paths();
        cases.bodies();
        cases.keys();
        return cases.book.group();
    }

    private void rightForms() {
        book.positive(ORDINARY)
                .rule(Rules.SIGNATURE_HEADER)
                .flags(Flags.ORDINARY)
                .comment("Base64 of DER.")
                .accepts(RIGHT);
        book.positive("low-s")
                .rule(Rules.HIGH_S)
                .flags(Flags.LOW_S)
                .comment("s is at most n/2.")
                .accepts(RIGHT.s(HalfOrder.LOW));
        book.positive("high-s")
                .rule(Rules.HIGH_S)
                .flags(Flags.HIGH_S)
                .comment("s is above n/2, as in half of all signatures of hardware keys.")
                .accepts(RIGHT.s(HalfOrder.HIGH));
    }

    private void encodings() {
        for (EncodingFault fault : EncodingFault.ALL) {
            boolean wellFormed = fault.isWellFormed();
            book.negative(fault.encoding().label())
                    .rule(wellFormed ? Rules.ECDSA : Rules.SIGNATURE_HEADER)
                    .flags(fault.flag())
                    .from(ORDINARY)
                    .difference(fault.difference())
                    .comment(fault.comment()
                            + (wellFormed ? "" : " The header is malformed, whatever is stored about the device."))
                    .rejects(
                            RIGHT.encoding(fault.encoding()),
                            wellFormed ? Reason.INVALID_SIGNATURE : Reason.MALFORMED_HEADER);
        }
    }

    private void layout() {
        book.positive("read")
                .rule(Rules.MESSAGE_LAYOUT)
                .flags(Flags.EMPTY_BODY)
                .comment("A request without a body: the message ends in a line feed.")
                .accepts(Draft.get("/v1/hsi"));
        book.negative("read-without-last-line-feed")
                .rule(Rules.MESSAGE_LAYOUT)
                .flags(Flags.EMPTY_BODY)
                .from("read")
                .difference("The message lacks its last line feed.")
                .comment("All three line feeds are always there, also in front of an empty body.")
                .rejects(Draft.get("/v1/hsi").signing("GET\n/v1/hsi\n{t}"), Reason.INVALID_SIGNATURE);
        String layout = "METHOD LF PATH LF TIMESTAMP LF BODY, and no byte more or less.";
        over(
                "no-line-feed-before-body",
                Rules.MESSAGE_LAYOUT,
                Flags.OTHER_LAYOUT,
                "POST\n/v1/hsi\n{t}{body}",
                "The third line feed is missing.",
                layout);
        over(
                "carriage-returns",
                Rules.MESSAGE_LAYOUT,
                Flags.OTHER_LAYOUT,
                "POST\r\n/v1/hsi\r\n{t}\r\n{body}",
                "CR LF stands for LF.",
                layout);
        over(
                "line-feed-behind-body",
                Rules.MESSAGE_LAYOUT,
                Flags.OTHER_LAYOUT,
                "POST\n/v1/hsi\n{t}\n{body}\n",
                "A line feed follows the body.",
                layout);
        over(
                "spaces",
                Rules.MESSAGE_LAYOUT,
                Flags.OTHER_LAYOUT,
                "POST /v1/hsi {t} {body}",
                "Spaces stand for line feeds.",
                layout);
        over(
                "no-separators",
                Rules.MESSAGE_LAYOUT,
                Flags.OTHER_LAYOUT,
                "POST/v1/hsi{t}{body}",
                "Nothing separates the parts.",
                layout);
        over(
                "other-order",
                Rules.MESSAGE_LAYOUT,
                Flags.OTHER_LAYOUT,
                "{t}\nPOST\n/v1/hsi\n{body}",
                "The timestamp stands first.",
                layout);
        over(
                "with-nonce",
                Rules.MESSAGE_LAYOUT,
                Flags.OTHER_LAYOUT,
                "POST\n/v1/hsi\n{t}\n{nonce:1}\n{body}",
                "The nonce is signed, too.",
                layout + " The nonce is not signed in this version.");
        over(
                "with-byte-order-mark",
                Rules.MESSAGE_LAYOUT,
                Flags.OTHER_LAYOUT,
                "\u00ef\u00bb\u00bfPOST\n/v1/hsi\n{t}\n{body}",
                "A byte order mark stands in front.",
                layout);
        over(
                "utf-16",
                Rules.MESSAGE_LAYOUT,
                Flags.OTHER_LAYOUT,
                utf16("POST\n/v1/hsi\n") + "{t}\n{body}",
                "Method and path are in UTF-16.",
                layout);
        book.negative("double-hash")
                .rule(Rules.MESSAGE_HASH)
                .flags(Flags.DOUBLE_HASH)
                .from(ORDINARY)
                .difference("The hash of the hash is signed.")
                .comment("The message is hashed once. An API that hashes by itself must be given the message.")
                .rejects(RIGHT.hash(2), Reason.INVALID_SIGNATURE);
        over(
                "lower-case-method",
                Rules.MESSAGE_METHOD,
                Flags.LETTER_CASE,
                "post\n/v1/hsi\n{t}\n{body}",
                "The method is signed in lower case.",
                "It is signed as on the wire, in upper case.");
        over(
                "other-method",
                Rules.MESSAGE_METHOD,
                Flags.OTHER_MESSAGE,
                "PUT\n/v1/hsi\n{t}\n{body}",
                "The signature covers PUT.",
                "A captured request does not turn into another method.");
    }

    private void paths() {
        String path = "The path alone is signed, as it came.";
        over(
                "other-path",
                Rules.MESSAGE_PATH,
                Flags.OTHER_MESSAGE,
                "POST\n/v1/other\n{t}\n{body}",
                "The signature covers another path.",
                path);
        over(
                "path-upper-case",
                Rules.MESSAGE_PATH,
                Flags.LETTER_CASE,
                "POST\n/V1/HSI\n{t}\n{body}",
                "The path is signed in upper case.",
                path);
        over(
                "path-with-slash",
                Rules.MESSAGE_PATH,
                Flags.OTHER_MESSAGE,
                "POST\n/v1/hsi/\n{t}\n{body}",
                "The path is signed with a slash at its end.",
                path);
        over(
                "path-without-slash",
                Rules.MESSAGE_PATH,
                Flags.OTHER_MESSAGE,
                "POST\nv1/hsi\n{t}\n{body}",
                "The path is signed without its first slash.",
                path);
        over(
                "whole-url",
                Rules.MESSAGE_PATH,
                Flags.ABSOLUTE_FORM,
                "POST\nhttps://example.com/v1/hsi\n{t}\n{body}",
                "The whole URL is signed.",
                path);
        over(
                "path-with-ingest",
                Rules.MESSAGE_PATH,
                Flags.INGEST_PREFIX,
                "POST\n/ingest/v1/hsi\n{t}\n{body}",
                "The path is signed with /ingest in front.",
                path + " The rule takes /ingest away from a path that has it.");
        over(
                "path-escaped",
                Rules.MESSAGE_PATH,
                Flags.PERCENT_ESCAPE,
                "POST\n%2Fv1%2Fhsi\n{t}\n{body}",
                "The path is signed with its slashes escaped.",
                path);
    }

    private void bodies() {
        String bytes = "Every byte of the body is signed, as it is on the wire.";
        over(
                "body-one-byte",
                Rules.MESSAGE_BODY,
                Flags.OTHER_MESSAGE,
                "POST\n/v1/hsi\n{t}\n{\"n\":2}",
                "One byte of the body is another one.",
                bytes);
        over(
                "body-with-space",
                Rules.MESSAGE_BODY,
                Flags.OTHER_MESSAGE,
                "POST\n/v1/hsi\n{t}\n{\"n\": 1}",
                "The body is signed in another JSON layout.",
                bytes);
        over(
                "body-with-line-feed",
                Rules.MESSAGE_BODY,
                Flags.LINE_FEED_IN_BODY,
                "POST\n/v1/hsi\n{t}\n\n{body}",
                "The body is signed with a line feed in front.",
                bytes);
        over(
                "body-left-out",
                Rules.MESSAGE_BODY,
                Flags.EMPTY_BODY,
                "POST\n/v1/hsi\n{t}\n",
                "The body is not signed.",
                bytes);
        over(
                "body-hash",
                Rules.MESSAGE_BODY,
                Flags.HEX_TEXT,
                "POST\n/v1/hsi\n{t}\n"
                        + Hex.of(Hex.sha256(Body.text("{\"n\":1}").bytes())),
                "The hexadecimal hash of the body is signed.",
                bytes + " Other schemes sign its hash.");
        Draft text = RIGHT.body(Body.text("{\"name\":\"Zo\u00eb\"}"));
        book.positive("body-utf-8")
                .rule(Rules.MESSAGE_BODY)
                .flags(Flags.NON_ASCII_TEXT)
                .comment("A body in UTF-8.")
                .accepts(text);
        book.negative("body-utf-8-signed-as-latin-1")
                .rule(Rules.MESSAGE_BODY)
                .flags(Flags.NON_ASCII_TEXT)
                .from("body-utf-8")
                .difference("The body is signed in Latin-1.")
                .comment(bytes)
                .rejects(text.signing("POST\n/v1/hsi\n{t}\n{\"name\":\"Zo\u00eb\"}"), Reason.INVALID_SIGNATURE);
        Draft binary = RIGHT.body(new Body("00ff0a0d1a80c080", 1));
        book.positive("body-binary")
                .rule(Rules.MESSAGE_BODY)
                .flags(Flags.BINARY_BODY)
                .comment("A body that is no text.")
                .accepts(binary);
        book.negative("body-binary-signed-as-text")
                .rule(Rules.MESSAGE_BODY)
                .flags(Flags.BINARY_BODY)
                .from("body-binary")
                .difference("The body is signed as text in UTF-8, with what is none replaced by U+FFFD.")
                .comment(bytes)
                .rejects(
                        binary.signing(
                                "POST\n/v1/hsi\n{t}\n" + latin1OfUtf8("\u0000\ufffd\n\r\u001a\ufffd\ufffd\ufffd")),
                        Reason.INVALID_SIGNATURE);
        book.negative("body-binary-to-first-zero")
                .rule(Rules.MESSAGE_BODY)
                .flags(Flags.MISSING_PART)
                .from("body-binary")
                .difference("The body is signed up to its first zero byte.")
                .comment(bytes)
                .rejects(binary.signing("POST\n/v1/hsi\n{t}\n"), Reason.INVALID_SIGNATURE);
        book.positive("body-large")
                .rule(Rules.MESSAGE_BODY)
                .flags(Flags.LARGE_BODY)
                .comment("128 kilobytes, which arrive in many pieces.")
                .accepts(RIGHT.body(new Body("00112233445566778899aabbccddeeff", 8192)));
        book.negative("body-large-repeated-once-less")
                .rule(Rules.MESSAGE_BODY)
                .flags(Flags.LARGE_BODY)
                .from("body-large")
                .difference("The body is 16 bytes shorter than the signed one.")
                .comment(bytes)
                .rejects(
                        RIGHT.body(new Body("00112233445566778899aabbccddeeff", 8192))
                                .signing(
                                        "POST\n/v1/hsi\n{t}\n{body}\u0000\u0011\"3DUfw\u0088\u0099\u00aa\u00bb\u00cc\u00dd\u00ee\u00ff"),
                        Reason.INVALID_SIGNATURE);
    }

    private void keys() {
        book.negative("other-key")
                .rule(Rules.ECDSA)
                .flags(Flags.OTHER_KEY)
                .from(ORDINARY)
                .difference("Another key signed.")
                .comment("The signature is valid under a key that is not the device's.")
                .rejects(RIGHT.key("b"), Reason.INVALID_SIGNATURE);
    }

    private void over(String name, Rules rule, Flag flag, String over, String difference, String comment) {
        book.negative(name)
                .rule(rule)
                .flags(flag)
                .from(ORDINARY)
                .difference(difference)
                .comment(comment)
                .rejects(RIGHT.signing(over), Reason.INVALID_SIGNATURE);
    }

    private static String utf16(String ascii) {
        return new String(ascii.getBytes(StandardCharsets.UTF_16BE), StandardCharsets.ISO_8859_1);
    }

    private static String latin1OfUtf8(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
