package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;

/** The form of the timestamp. The edges of the window are elsewhere. */
final class TimestampCases {
    private static final String ORDINARY = "ordinary";
    private static final Draft RIGHT = Draft.post("/v1/hsi");

    private final CaseBook book = new CaseBook("timestamps", "The form of the timestamp", Role.VERIFIER);

    static Group group() {
        TimestampCases cases = new TimestampCases();
        cases.wellFormed();
        cases.malformed();
        cases.overflows();
        cases.signedText();
        return cases.book.group();
    }

    private void wellFormed() {
        book.positive(ORDINARY)
                .rule(Rules.TIMESTAMP)
                .flags(Flags.ORDINARY)
                .comment("Unix seconds, in decimal digits.")
                .accepts(RIGHT);
        wellFormed("zero", Flags.SMALLEST_VALUE, "0", "0 alone may begin with a zero.");
        wellFormed("one-digit", Flags.SMALLEST_VALUE, "1", "One digit is well-formed.");
        wellFormed("eleven-digits", Flags.LARGEST_VALUE, "99999999999", "Eleven digits are the most.");
        wellFormed("ten-thousand-million", Flags.LARGEST_VALUE, "10000000000", "Eleven digits, the smallest of them.");
    }

    /** Well-formed but far off the window: answered as such. */
    private void wellFormed(String name, Flag flag, String value, String comment) {
        book.positive(name)
                .rule(Rules.TIMESTAMP)
                .flags(flag)
                .comment(comment + " The request is not fresh, and the answer says so: the form is right.")
                .rejects(dated(value), Reason.CLOCK_SKEW);
    }

    private void malformed() {
        malformed(
                "twelve-digits",
                Flags.OVER_LONG,
                "100000000000",
                "It has twelve digits.",
                "Eleven digits are the most.");
        String zeros = "A number has one text: no leading zero.";
        malformed("leading-zero", Flags.LEADING_ZERO, "0{t}", "A zero stands in front.", zeros);
        malformed("zero-twice", Flags.LEADING_ZERO, "00", "It is 00.", zeros);
        String sign = "A number has no sign.";
        malformed("plus", Flags.SIGN, "+{t}", "A plus stands in front.", sign);
        malformed("minus", Flags.SIGN, "-{t}", "A minus stands in front.", sign);
        malformed("minus-zero", Flags.SIGN, "-0", "It is -0.", sign);
        String digits = "Digits alone, without anything that a reader of numbers might take.";
        malformed("fraction", Flags.NUMBER_SYNTAX, "{t}.0", "A fraction follows.", digits);
        malformed("point-behind", Flags.NUMBER_SYNTAX, "{t}.", "A point follows.", digits);
        malformed("exponent", Flags.NUMBER_SYNTAX, "{t}e0", "An exponent follows.", digits);
        malformed("hexadecimal", Flags.NUMBER_SYNTAX, "0x6955B900", "It is hexadecimal.", digits);
        malformed("underscores", Flags.NUMBER_SYNTAX, "1_767_225_600", "Underscores group its digits.", digits);
        malformed("suffix-l", Flags.NUMBER_SYNTAX, "{t}L", "An L follows.", digits);
        malformed("suffix-s", Flags.NUMBER_SYNTAX, "{t}s", "The unit follows.", digits);
        malformed("quoted", Flags.NUMBER_SYNTAX, "\"{t}\"", "It stands in quotes.", digits);
        malformed("iso-8601", Flags.WRONG_FORM, "2026-01-01T00:00:00Z", "It is a date.", digits);
        malformed("http-date", Flags.WRONG_FORM, "Thu, 01 Jan 2026 00:00:00 GMT", "It is an HTTP date.", digits);
        String ascii = "Digits are those of ASCII.";
        malformed(
                "arabic-digits",
                Flags.OTHER_DIGITS,
                "\u00d9\u00a1\u00d9\u00a7\u00d9\u00a6\u00d9\u00a7\u00d9\u00a2\u00d9\u00a2\u00d9\u00a5\u00d9\u00a6\u00d9\u00a0\u00d9\u00a0",
                "Its digits are Arabic-Indic, in UTF-8.",
                ascii);
        malformed(
                "full-width-digit",
                Flags.OTHER_DIGITS,
                "\u00ef\u00bc\u0091767225600",
                "Its first digit is a full-width one, in UTF-8.",
                ascii);
        malformed(
                "superscript-digit",
                Flags.OTHER_DIGITS,
                "\u00b9767225600",
                "Its first digit is a superscript one.",
                ascii);
        String seconds = "Seconds, not milliseconds: thirteen digits are too many.";
        malformed("milliseconds", Flags.MILLISECONDS, "{t}000", "It is in milliseconds.", seconds);
        malformed("microseconds", Flags.MILLISECONDS, "{t}000000", "It is in microseconds.", seconds);
    }

    private void overflows() {
        skewed(
                "2-to-the-31",
                Flags.INTEGER_OVERFLOW,
                "2147483648",
                "It is 2^31.",
                "Negative in a signed number of 32 bits.");
        skewed(
                "2-to-the-31-minus-1",
                Flags.INTEGER_OVERFLOW,
                "2147483647",
                "It is 2^31-1.",
                "The window's end overflows a signed number of 32 bits.");
        skewed("2-to-the-32", Flags.INTEGER_OVERFLOW, "4294967296", "It is 2^32.", "Zero in 32 bits.");
        skewed(
                "now-plus-2-to-the-32",
                Flags.INTEGER_OVERFLOW,
                "{t+4294967296}",
                "It is 2^32 seconds ahead.",
                "Cut to 32 bits it would be fresh.");
        String long64 = "It has more than eleven digits, so nothing is computed with it.";
        malformed("2-to-the-63-minus-1", Flags.INTEGER_OVERFLOW, "9223372036854775807", "It is 2^63-1.", long64);
        malformed("2-to-the-63", Flags.INTEGER_OVERFLOW, "9223372036854775808", "It is 2^63.", long64);
        malformed(
                "2-to-the-64",
                Flags.INTEGER_OVERFLOW,
                "18446744073709551616",
                "It is 2^64, which is zero in 64 bits.",
                long64);
        malformed(
                "2-to-the-64-and-a-date",
                Flags.INTEGER_OVERFLOW,
                "18446744075476777216",
                "It is 2^64 + 1767225600, which in 64 bits is that date.",
                long64);
        malformed("hundred-digits", Flags.OVER_LONG, "1".repeat(100), "It has a hundred digits.", long64);
        skewed(
                "before-zero",
                Flags.SMALLEST_VALUE,
                "299",
                "It is 299.",
                "Less than the window from zero on: the window's beginning is negative.");
    }

    private void signedText() {
        book.negative("signed-with-leading-zero")
                .rule(Rules.MESSAGE_TIMESTAMP)
                .flags(Flags.LEADING_ZERO)
                .from(ORDINARY)
                .difference("The signature covers the number with a zero in front.")
                .comment("The header's text is signed, not its number.")
                .rejects(RIGHT.signing("POST\n/v1/hsi\n0{t}\n{body}"), Reason.INVALID_SIGNATURE);
        book.negative("signed-in-milliseconds")
                .rule(Rules.MESSAGE_TIMESTAMP)
                .flags(Flags.MILLISECONDS)
                .from(ORDINARY)
                .difference("The signature covers the time in milliseconds.")
                .comment("The header's text is signed.")
                .rejects(RIGHT.signing("POST\n/v1/hsi\n{t}000\n{body}"), Reason.INVALID_SIGNATURE);
        book.negative("signed-a-second-earlier")
                .rule(Rules.MESSAGE_TIMESTAMP)
                .flags(Flags.OFF_BY_ONE)
                .from(ORDINARY)
                .difference("The signature covers the second before.")
                .comment("Fresh or not, the header's text is what is signed.")
                .rejects(RIGHT.signing("POST\n/v1/hsi\n{t-1}\n{body}"), Reason.INVALID_SIGNATURE);
    }

    private void malformed(String name, Flag flag, String value, String what, String comment) {
        book.negative(name)
                .rule(Rules.TIMESTAMP)
                .flags(flag)
                .from(ORDINARY)
                .difference("The timestamp is another one. " + what)
                .comment(comment)
                .rejects(dated(value), Reason.MALFORMED_HEADER);
    }

    private void skewed(String name, Flag flag, String value, String what, String comment) {
        book.negative(name)
                .rule(Rules.TIMESTAMP)
                .flags(flag)
                .from(ORDINARY)
                .difference("The timestamp is another one. " + what)
                .comment(comment + " It is well-formed, and not fresh.")
                .rejects(dated(value), Reason.CLOCK_SKEW);
    }

    /** Dated so, and signed so. */
    private static Draft dated(String value) {
        return RIGHT.with(Draft.TIMESTAMP, value);
    }
}
