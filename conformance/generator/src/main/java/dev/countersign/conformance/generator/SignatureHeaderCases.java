package dev.countersign.conformance.generator;

import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.Recipe.HalfOrder;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Role;
import java.nio.charset.StandardCharsets;
import java.util.List;

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
        book.accepts(ORDINARY, Rules.SIGNATURE_HEADER, List.of(Flags.ORDINARY), "Base64 of DER.", RIGHT);
        book.accepts("low-s", Rules.HIGH_S, List.of(Flags.LOW_S), "s is at most n/2.", RIGHT.s(HalfOrder.LOW));
        book.accepts(
                "high-s",
                Rules.HIGH_S,
                List.of(Flags.HIGH_S),
                "s is above n/2, as in half of all signatures of hardware keys.",
                RIGHT.s(HalfOrder.HIGH));
    }

    private void encodings() {
        for (EncodingFault fault : EncodingFault.ALL) {
            boolean wellFormed = fault.isWellFormed();
            book.rejects(
                    fault.encoding().label(),
                    wellFormed ? Rules.ECDSA : Rules.SIGNATURE_HEADER,
                    List.of(fault.flag()),
                    ORDINARY,
                    fault.difference(),
                    fault.comment()
                            + (wellFormed ? "" : " The header is malformed, whatever is stored about the device."),
                    RIGHT.encoding(fault.encoding()),
                    wellFormed ? Reason.INVALID_SIGNATURE : Reason.MALFORMED_HEADER);
        }
    }

    private void layout() {
        book.accepts(
                "read",
                Rules.MESSAGE_LAYOUT,
                List.of(Flags.EMPTY_BODY),
                "A request without a body: the message ends in a line feed.",
                Draft.get("/v1/hsi"));
        book.rejects(
                "read-without-last-line-feed",
                Rules.MESSAGE_LAYOUT,
                List.of(Flags.EMPTY_BODY),
                "read",
                "The message lacks its last line feed.",
                "All three line feeds are always there, also in front of an empty body.",
                Draft.get("/v1/hsi").signing("GET\n/v1/hsi\n{t}"),
                Reason.INVALID_SIGNATURE);
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
        book.rejects(
                "double-hash",
                Rules.MESSAGE_HASH,
                List.of(Flags.DOUBLE_HASH),
                ORDINARY,
                "The hash of the hash is signed.",
                "The message is hashed once. An API that hashes by itself must be given the message.",
                RIGHT.hash(2),
                Reason.INVALID_SIGNATURE);
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
        book.accepts("body-utf-8", Rules.MESSAGE_BODY, List.of(Flags.NON_ASCII_TEXT), "A body in UTF-8.", text);
        book.rejects(
                "body-utf-8-signed-as-latin-1",
                Rules.MESSAGE_BODY,
                List.of(Flags.NON_ASCII_TEXT),
                "body-utf-8",
                "The body is signed in Latin-1.",
                bytes,
                text.signing("POST\n/v1/hsi\n{t}\n{\"name\":\"Zo\u00eb\"}"),
                Reason.INVALID_SIGNATURE);
        Draft binary = RIGHT.body(new Body("00ff0a0d1a80c080", 1));
        book.accepts("body-binary", Rules.MESSAGE_BODY, List.of(Flags.BINARY_BODY), "A body that is no text.", binary);
        book.rejects(
                "body-binary-signed-as-text",
                Rules.MESSAGE_BODY,
                List.of(Flags.BINARY_BODY),
                "body-binary",
                "The body is signed as text in UTF-8, with what is none replaced by U+FFFD.",
                bytes,
                binary.signing("POST\n/v1/hsi\n{t}\n" + latin1OfUtf8("\u0000\ufffd\n\r\u001a\ufffd\ufffd\ufffd")),
                Reason.INVALID_SIGNATURE);
        book.rejects(
                "body-binary-to-first-zero",
                Rules.MESSAGE_BODY,
                List.of(Flags.MISSING_PART),
                "body-binary",
                "The body is signed up to its first zero byte.",
                bytes,
                binary.signing("POST\n/v1/hsi\n{t}\n"),
                Reason.INVALID_SIGNATURE);
        book.accepts(
                "body-large",
                Rules.MESSAGE_BODY,
                List.of(Flags.LARGE_BODY),
                "128 kilobytes, which arrive in many pieces.",
                RIGHT.body(new Body("00112233445566778899aabbccddeeff", 8192)));
        book.rejects(
                "body-large-repeated-once-less",
                Rules.MESSAGE_BODY,
                List.of(Flags.LARGE_BODY),
                "body-large",
                "The body is 16 bytes shorter than the signed one.",
                bytes,
                RIGHT.body(new Body("00112233445566778899aabbccddeeff", 8192))
                        .signing(
                                "POST\n/v1/hsi\n{t}\n{body}\u0000\u0011\"3DUfw\u0088\u0099\u00aa\u00bb\u00cc\u00dd\u00ee\u00ff"),
                Reason.INVALID_SIGNATURE);
    }

    private void keys() {
        book.rejects(
                "other-key",
                Rules.ECDSA,
                List.of(Flags.OTHER_KEY),
                ORDINARY,
                "Another key signed.",
                "The signature is valid under a key that is not the device's.",
                RIGHT.key("b"),
                Reason.INVALID_SIGNATURE);
    }

    private void over(String name, Rules rule, Flag flag, String over, String difference, String comment) {
        book.rejects(
                name,
                rule,
                List.of(flag),
                ORDINARY,
                difference,
                comment,
                RIGHT.signing(over),
                Reason.INVALID_SIGNATURE);
    }

    private static String utf16(String ascii) {
        return new String(ascii.getBytes(StandardCharsets.UTF_16BE), StandardCharsets.ISO_8859_1);
    }

    private static String latin1OfUtf8(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
