package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.signing.RawSignature;
import dev.countersign.conformance.signing.RequestTemplate.Header;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The six headers: their names, each exactly once, what no value may hold, and the order of faults. */
final class HeaderCases {
    private static final String ORDINARY = "ordinary";
    private static final int LONGEST_ID = 128;

    /** Each header's name in ids of cases. */
    private static final Map<String, String> SHORT = Map.of(
            Draft.APP_ID, "app-id",
            Draft.DEVICE_ID, "device-id",
            Draft.SIGNATURE, "signature",
            Draft.TIMESTAMP, "timestamp",
            Draft.NONCE, "nonce",
            Draft.VERSION, "version");

    /** Well-formed values that are other ones than the right ones. */
    private static final Map<String, String> OTHER = Map.of(
            Draft.APP_ID, "{app:b}",
            Draft.DEVICE_ID, "{device:b}",
            Draft.SIGNATURE, new RawSignature(BigInteger.ONE, BigInteger.ONE).text(),
            Draft.TIMESTAMP, "{t+1}",
            Draft.NONCE, "{nonce:2}",
            Draft.VERSION, "2");

    /** Each form's rule. */
    private static final Map<String, Rules> FORM = Map.of(
            Draft.APP_ID, Rules.APP_ID,
            Draft.DEVICE_ID, Rules.DEVICE_ID,
            Draft.SIGNATURE, Rules.SIGNATURE_HEADER,
            Draft.TIMESTAMP, Rules.TIMESTAMP,
            Draft.NONCE, Rules.NONCE,
            Draft.VERSION, Rules.VERSION);

    private static final Draft RIGHT = Draft.post("/v1/hsi");

    private final CaseBook book = new CaseBook("headers", "The six headers", Role.VERIFIER);

    static Group group() {
        HeaderCases cases = new HeaderCases();
        cases.names();
        Draft.SIX.forEach(cases::exactlyOnce);
        Draft.SIX.forEach(cases::values);
        cases.appIds();
        cases.versions();
        cases.signatureLength();
        cases.legacy();
        cases.order();
        return cases.book.group();
    }

    private void names() {
        book.positive(ORDINARY)
                .rule(Rules.HEADER_ONCE)
                .flags(Flags.ORDINARY)
                .comment("Each of the six once, in table order.")
                .accepts(RIGHT);
        List<Header> reversed = new ArrayList<>(RIGHT.template().headers());
        Collections.reverse(reversed);
        book.positive("in-reverse")
                .rule(Rules.HEADER_ONCE)
                .flags(Flags.ORDINARY)
                .comment("The order of header lines means nothing.")
                .accepts(RIGHT.headers(reversed));
        book.positive("among-others")
                .rule(Rules.HEADER_ONCE)
                .flags(Flags.ORDINARY)
                .comment(
                        "Headers that are not of the scheme mean nothing, similar names and a method override included.")
                .accepts(RIGHT.adding("X-Synheart-Signature-2", "x")
                        .adding("X-HTTP-Method-Override", "DELETE")
                        .adding("X-Original-URL", "/other")
                        .adding("X-App", "other"));
        for (String header : Draft.SIX) {
            name(header, "upper-case", Ascii.upper(header));
            name(header, "lower-case", Ascii.lower(header));
            name(header, "mixed-case", Ascii.mixed(header));
            misnamed(
                    header,
                    "underscores",
                    Flags.NAME_UNDERSCORE,
                    header.replace('-', '_'),
                    "A name with underscores is another header, so the right one is absent.");
        }
        misnamed(
                Draft.SIGNATURE,
                "long-s",
                Flags.NAME_NOT_ASCII,
                "X-\u00c5\u00bfynheart-Signature",
                "U+017F, a long s, in UTF-8. Unicode folds it to s; names fold in ASCII only, so the header is absent.");
        misnamed(
                Draft.APP_ID,
                "dotless-i",
                Flags.NAME_NOT_ASCII,
                "X-App-\u00c4\u00b1D",
                "U+0131, a dotless i, in UTF-8. Its upper case is I; names fold in ASCII only, so the header is absent.");
        misnamed(
                Draft.DEVICE_ID,
                "dotted-capital-i",
                Flags.NAME_NOT_ASCII,
                "X-Device-\u00c4\u00b0D",
                "U+0130, a capital I with a dot, in UTF-8. A Turkish lower case is i; names fold in ASCII only, so the header is absent.");
    }

    private void name(String header, String variant, String spelling) {
        book.positive(SHORT.get(header) + "-name-" + variant)
                .rule(Rules.HEADER_NAMES)
                .flags(Flags.NAME_CASE)
                .comment("Header names fold in ASCII: " + spelling + " is " + header + ".")
                .accepts(RIGHT.renamed(header, spelling));
    }

    private void misnamed(String header, String variant, Flag flag, String spelling, String comment) {
        book.negative(SHORT.get(header) + "-name-" + variant)
                .rule(Rules.HEADER_NAMES)
                .flags(flag)
                .from(ORDINARY)
                .difference("The name of " + header + " is spelt otherwise.")
                .comment(comment)
                .rejects(RIGHT.renamed(header, spelling), Reason.MISSING_HEADER);
    }

    private void exactlyOnce(String header) {
        String right = RIGHT.value(header);
        String other = OTHER.getOrDefault(header, "");
        book.negative(SHORT.get(header) + "-absent")
                .rule(Rules.HEADER_ONCE)
                .flags(Flags.ABSENT)
                .from(ORDINARY)
                .difference(header + " is not there.")
                .comment("All six are needed; none has a default.")
                .rejects(RIGHT.without(header), Reason.MISSING_HEADER);
        once(header, "empty", Flags.EMPTY_VALUE, "has an empty value.", RIGHT.with(header, ""));
        once(
                header,
                "repeated-same",
                Flags.REPEATED_SAME,
                "is there twice, with one value.",
                RIGHT.adding(header, right));
        once(
                header,
                "repeated-right-first",
                Flags.REPEATED_RIGHT_FIRST,
                "is there twice, the second time with another value.",
                RIGHT.adding(header, other));
        once(
                header,
                "repeated-right-last",
                Flags.REPEATED_RIGHT_LAST,
                "is there twice, the first time with another value.",
                RIGHT.signed().with(header, other).adding(header, right));
        once(
                header,
                "repeated-other-case",
                Flags.REPEATED_OTHER_CASE,
                "is there twice, the second time with its name in lower case.",
                RIGHT.adding(Ascii.lower(header), right));
        once(
                header,
                "comma-joined",
                Flags.COMMA_JOINED,
                "holds its value twice, joined with a comma.",
                RIGHT.with(header, right + ", " + right));
    }

    private void once(String header, String variant, Flag flag, String difference, Draft draft) {
        malformed(
                header,
                variant,
                Rules.HEADER_ONCE,
                flag,
                difference,
                "Each of the six stands exactly once, with one value.",
                draft);
    }

    /** What no value may hold, whatever its form. */
    private void values(String header) {
        Rules rule = FORM.getOrDefault(header, Rules.HEADER_ONCE);
        String right = RIGHT.value(header);
        String comment = "Only the form itself is accepted: nothing around it, nothing else inside.";
        malformed(
                header,
                "space-before",
                rule,
                Flags.PADDED_VALUE,
                "begins with a space.",
                comment,
                with(header, " " + right));
        malformed(
                header, "tab-behind", rule, Flags.PADDED_VALUE, "ends in a tab.", comment, with(header, right + "\t"));
        malformed(
                header,
                "no-break-space-behind",
                rule,
                Flags.NON_ASCII_VALUE,
                "ends in a no-break space, the byte A0.",
                "HTTP takes no such space away, and trimming it is lenient.",
                with(header, right + "\u00a0"));
        malformed(
                header,
                "zero-byte-behind",
                rule,
                Flags.CONTROL_CHARACTER,
                "ends in a zero byte.",
                "A zero byte ends no text here.",
                with(header, right + "\u0000"));
        malformed(
                header,
                "line-feed-behind",
                rule,
                Flags.CONTROL_CHARACTER,
                "ends in a line feed.",
                "The $ of many regular expressions matches before a line feed at the end.",
                with(header, right + "\n"));
        malformed(
                header,
                "space-inside",
                rule,
                Flags.INNER_SPACE,
                "has a space inside.",
                comment,
                with(header, cut(right)));
    }

    private static Draft with(String header, String value) {
        return RIGHT.with(header, value);
    }

    /**
     * A space in the middle, without breaking a placeholder: placeholders are followed by one and the last character.
     */
    private static String cut(String value) {
        return value + " " + (value.contains("t}") ? "0" : "a");
    }

    private void malformed(
            String header, String variant, Rules rule, Flag flag, String difference, String comment, Draft draft) {
        book.negative(SHORT.get(header) + "-" + variant)
                .rule(rule)
                .flags(flag)
                .from(ORDINARY)
                .difference(header + " " + difference)
                .comment(comment)
                .rejects(draft, Reason.MALFORMED_HEADER);
    }

    private void appIds() {
        String longest = "a".repeat(LONGEST_ID);
        appId("longest", Flags.LARGEST_VALUE, longest, "128 characters are accepted.");
        book.negative("app-id-over-long")
                .rule(Rules.APP_ID)
                .flags(Flags.OVER_LONG)
                .from("app-id-longest")
                .difference("X-App-ID has 129 characters.")
                .comment("128 characters are the most.")
                .steps(Scenario.verifier(DeviceTemplate.active("a").withIds(longest, "{device:a}"))
                        .verify(RIGHT.with(Draft.APP_ID, longest + "a"), rejected(Reason.MALFORMED_HEADER)));
        appId("shortest", Flags.SMALLEST_VALUE, "a", "One character is accepted.");
        appId(
                "punctuation",
                Flags.ORDINARY,
                "!\"#$%&'()*+-./:;<=>?@[\\]^_`{|}~",
                "Every visible ASCII character but the comma is accepted.");
        appId("mixed-case", Flags.LETTER_CASE, "Com.Example.A", "An app id is kept byte for byte, with case.");
        book.negative("app-id-other-case")
                .rule(Rules.APP_ID)
                .flags(Flags.LETTER_CASE)
                .from("app-id-mixed-case")
                .difference("X-App-ID is sent in lower case.")
                .comment("App ids are not folded: no such app has this device.")
                .steps(Scenario.verifier(DeviceTemplate.active("a").withIds("Com.Example.A", "{device:a}"))
                        .verify(RIGHT.with(Draft.APP_ID, "com.example.a"), rejected(Reason.UNKNOWN_DEVICE)));
        malformed(
                Draft.APP_ID,
                "comma",
                Rules.APP_ID,
                Flags.COMMA_JOINED,
                "has a comma inside.",
                "An app id has no comma: it could be two values joined.",
                RIGHT.with(Draft.APP_ID, "com,example"));
        malformed(
                Draft.APP_ID,
                "delete-character",
                Rules.APP_ID,
                Flags.CONTROL_CHARACTER,
                "holds the character 7F.",
                "Visible ASCII ends at 7E.",
                RIGHT.with(Draft.APP_ID, "com.example\u007f"));
        malformed(
                Draft.APP_ID,
                "umlaut",
                Rules.APP_ID,
                Flags.NON_ASCII_VALUE,
                "holds a letter outside ASCII.",
                "Visible ASCII ends at 7E.",
                RIGHT.with(Draft.APP_ID, "com.ex\u00e4mple"));
    }

    private void appId(String variant, Flag flag, String appId, String comment) {
        book.positive("app-id-" + variant)
                .rule(Rules.APP_ID)
                .flags(flag)
                .comment(comment)
                .steps(Scenario.verifier(DeviceTemplate.active("a").withIds(appId, "{device:a}"))
                        .verify(RIGHT.with(Draft.APP_ID, appId), accepted()));
    }

    private void versions() {
        book.positive("version-1")
                .rule(Rules.VERSION)
                .flags(Flags.ORDINARY)
                .comment("Version 1 is the one there is.")
                .accepts(RIGHT);
        for (Map.Entry<String, String> version : List.of(
                Map.entry("2", "The next number."),
                Map.entry("10", "It begins with 1 and is another number."),
                Map.entry("11", "It begins with 1 and is another number."),
                Map.entry("9999", "The largest number."))) {
            book.negative("version-" + version.getKey())
                    .rule(Rules.VERSION)
                    .flags(version.getKey().equals("9999") ? Flags.LARGEST_VALUE : Flags.UNKNOWN_VERSION)
                    .from("version-1")
                    .difference("The version is " + version.getKey() + ".")
                    .comment(version.getValue() + " It is well-formed and unknown, and the answer says so.")
                    .rejects(RIGHT.with(Draft.VERSION, version.getKey()), Reason.UNSUPPORTED_VERSION);
        }
        version("zero", "0", Flags.WRONG_FORM, "A version begins with 1 to 9.");
        version("leading-zero", "01", Flags.WRONG_FORM, "A version begins with 1 to 9.");
        version("fraction", "1.0", Flags.WRONG_FORM, "A version is a whole number.");
        version("plus", "+1", Flags.WRONG_FORM, "A version has no sign.");
        version("minus", "-1", Flags.WRONG_FORM, "A version has no sign.");
        version("v1", "v1", Flags.WRONG_FORM, "A version is digits alone.");
        version("hexadecimal", "0x1", Flags.WRONG_FORM, "A version is digits alone.");
        version(
                "superscript",
                "\u00b9",
                Flags.NON_ASCII_VALUE,
                "A superscript one is a digit to some, and not an ASCII one.");
        version(
                "over-long",
                "10000",
                Flags.OVER_LONG,
                "A version has four digits at most, so five are malformed and not unknown.");
        version("wraps-32-bits", "4294967297", Flags.OVER_LONG, "It is 1 in 32 bits. It is also too long.");
    }

    private void version(String variant, String value, Flag flag, String comment) {
        book.negative("version-" + variant)
                .rule(Rules.VERSION)
                .flags(flag)
                .from("version-1")
                .difference("The version is " + value + ".")
                .comment(comment)
                .rejects(RIGHT.with(Draft.VERSION, value), Reason.MALFORMED_HEADER);
    }

    private void signatureLength() {
        malformed(
                Draft.SIGNATURE,
                "over-long",
                Rules.SIGNATURE_HEADER,
                Flags.OVER_LONG,
                "has 4096 characters of Base64.",
                "No signature of P-256 is so long. Finds buffers of a fixed size.",
                RIGHT.with(Draft.SIGNATURE, "A".repeat(4096)));
    }

    private void legacy() {
        malformed(
                Draft.SIGNATURE,
                "legacy-hmac",
                Rules.SIGNATURE_HEADER,
                Flags.LEGACY_HMAC,
                "is the hexadecimal HMAC of the older scheme.",
                "64 hexadecimal digits are Base64, too, but not of DER. A verifier never tries both schemes.",
                RIGHT.with(Draft.SIGNATURE, "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"));
    }

    /** A fault on its own, and the same with one more that comes before it. */
    private void order() {
        Draft badApp = RIGHT.with(Draft.APP_ID, "a b");
        Draft badDevice = RIGHT.with(Draft.DEVICE_ID, "device");
        Draft badSignature = RIGHT.with(Draft.SIGNATURE, "signature");
        Draft badTimestamp = RIGHT.with(Draft.TIMESTAMP, "now");
        Draft badNonce = RIGHT.with(Draft.NONCE, "nonce");
        Draft badTarget = RIGHT.target("/v1/hsi#");
        Draft stale = RIGHT.dated(-301);
        Draft query = RIGHT.target("/v1/hsi?a");
        fault("app-id", badApp, Reason.MALFORMED_HEADER);
        fault("device-id", badDevice, Reason.MALFORMED_HEADER);
        fault("signature", badSignature, Reason.MALFORMED_HEADER);
        fault("timestamp", badTimestamp, Reason.MALFORMED_HEADER);
        fault("nonce", badNonce, Reason.MALFORMED_HEADER);
        fault("target", badTarget, Reason.MALFORMED_TARGET);
        fault("stale", stale, Reason.CLOCK_SKEW);
        String unknown = "The version is 2.";
        faults("version-before-app-id", "app-id", unknown, badApp.with(Draft.VERSION, "2"), Reason.UNSUPPORTED_VERSION);
        faults(
                "version-before-signature",
                "signature",
                unknown,
                badSignature.with(Draft.VERSION, "2"),
                Reason.UNSUPPORTED_VERSION);
        faults(
                "version-before-target",
                "target",
                unknown,
                badTarget.with(Draft.VERSION, "2"),
                Reason.UNSUPPORTED_VERSION);
        faults("version-before-stale", "stale", unknown, stale.with(Draft.VERSION, "2"), Reason.UNSUPPORTED_VERSION);
        String absent = " is not there.";
        faults(
                "absent-version-before-app-id",
                "app-id",
                Draft.VERSION + absent,
                badApp.without(Draft.VERSION),
                Reason.MISSING_HEADER);
        faults(
                "app-id-before-device-id",
                "device-id",
                Draft.APP_ID + absent,
                badDevice.without(Draft.APP_ID),
                Reason.MISSING_HEADER);
        faults(
                "device-id-before-signature",
                "signature",
                Draft.DEVICE_ID + absent,
                badSignature.without(Draft.DEVICE_ID),
                Reason.MISSING_HEADER);
        faults(
                "signature-before-timestamp",
                "timestamp",
                Draft.SIGNATURE + absent,
                badTimestamp.without(Draft.SIGNATURE),
                Reason.MISSING_HEADER);
        faults(
                "timestamp-before-nonce",
                "nonce",
                Draft.TIMESTAMP + absent,
                badNonce.without(Draft.TIMESTAMP),
                Reason.MISSING_HEADER);
        faults(
                "nonce-before-target",
                "target",
                Draft.NONCE + absent,
                badTarget.without(Draft.NONCE),
                Reason.MISSING_HEADER);
        faults("nonce-before-stale", "stale", Draft.NONCE + absent, stale.without(Draft.NONCE), Reason.MISSING_HEADER);
        faults(
                "signature-before-stale",
                "stale",
                "The signature is no Base64.",
                stale.with(Draft.SIGNATURE, "signature"),
                Reason.MALFORMED_HEADER);
        faults(
                "target-before-stale",
                "stale",
                "The target ends in #.",
                stale.target("/v1/hsi#"),
                Reason.MALFORMED_TARGET);
        faults(
                "unknown-device-after-stale",
                "stale",
                "No such device is known.",
                stale.with(Draft.DEVICE_ID, "{device:b}"),
                Reason.CLOCK_SKEW);
        faults(
                "wrong-signature-after-stale",
                "stale",
                "The signature is of another key.",
                stale.key("b"),
                Reason.CLOCK_SKEW);

        UnaryOperator<ObjectNode> noQueries = config -> config.put("rejectQueryOnWrites", true);
        fault("query", Scenario.verifier(noQueries), query, Reason.QUERY_NOT_ALLOWED);
        fault("stale-without-query", Scenario.verifier(noQueries), stale, Reason.CLOCK_SKEW);
        faults(
                "method-before-query",
                "query",
                "The method is post.",
                Scenario.verifier(noQueries),
                query.method("post"),
                Reason.MALFORMED_TARGET);
        faults(
                "query-before-stale",
                "stale-without-query",
                "The target has a query.",
                Scenario.verifier(noQueries),
                stale.target("/v1/hsi?a"),
                Reason.QUERY_NOT_ALLOWED);
        UnaryOperator<ObjectNode> shortBodies = config -> config.put("maxBodyBytes", 4);
        fault("long-body", Scenario.verifier(shortBodies), RIGHT, Reason.BODY_TOO_LARGE);
        faults(
                "stale-before-long-body",
                "long-body",
                "The timestamp is 301 seconds old.",
                Scenario.verifier(shortBodies),
                stale,
                Reason.CLOCK_SKEW);
        faults(
                "nonce-before-long-body",
                "long-body",
                Draft.NONCE + absent,
                Scenario.verifier(shortBodies),
                RIGHT.without(Draft.NONCE),
                Reason.MISSING_HEADER);
    }

    private void fault(String name, Draft draft, Reason reason) {
        fault(name, Scenario.verifier(), draft, reason);
    }

    private void fault(String name, Scenario verifier, Draft draft, Reason reason) {
        book.positive("order-" + name)
                .rule(Rules.HEADER_ORDER)
                .flags(Flags.ONE_FAULT)
                .comment("There is this fault alone, and the answer names it.")
                .steps(verifier.verify(draft, rejected(reason)));
    }

    private void faults(String name, String from, String difference, Draft draft, Reason reason) {
        faults(name, from, difference, Scenario.verifier(), draft, reason);
    }

    private void faults(String name, String from, String difference, Scenario verifier, Draft draft, Reason reason) {
        book.negative("order-" + name)
                .rule(Rules.HEADER_ORDER)
                .flags(Flags.TWO_FAULTS)
                .from("order-" + from)
                .difference(difference)
                .comment("Of two faults the answer names the one that comes first in the order, and not the other.")
                .steps(verifier.verify(draft, rejected(reason)));
    }
}
