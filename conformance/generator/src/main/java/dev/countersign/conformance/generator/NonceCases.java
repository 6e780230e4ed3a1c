package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** The form of the nonce. */
final class NonceCases {
    private static final String ORDINARY = "ordinary";
    private static final Draft RIGHT = Draft.post("/v1/hsi");

    private final CaseBook book = new CaseBook("nonces", "The form of the nonce", Role.VERIFIER);

    static Group group() {
        NonceCases cases = new NonceCases();
        cases.wellFormed();
        cases.versions();
        cases.forms();
        return cases.book.group();
    }

    private void wellFormed() {
        book.positive(ORDINARY)
                .rule(Rules.NONCE)
                .flags(Flags.ORDINARY)
                .comment("A version 4 UUID in lower case.")
                .accepts(RIGHT);
        accepts("upper-case", Flags.LETTER_CASE, "{NONCE:1}", "Swift writes UUIDs in upper case.");
        accepts(
                "mixed-case",
                Flags.LETTER_CASE,
                "0aF1b2C3-d4E5-4f6A-Ab8c-9D0e1F2a3B4c",
                "Either case, letter by letter.");
        accepts(
                "smallest",
                Flags.SMALLEST_VALUE,
                "00000000-0000-4000-8000-000000000000",
                "All zeros but version and variant.");
        accepts(
                "largest",
                Flags.LARGEST_VALUE,
                "ffffffff-ffff-4fff-bfff-ffffffffffff",
                "All ones but version and variant.");
        for (String variant : List.of("8", "9", "a", "b", "A", "B")) {
            boolean upper = Character.isUpperCase(variant.charAt(0));
            accepts(
                    "variant-" + (upper ? "upper-" : "") + Ascii.lower(variant),
                    Flags.UUID_VARIANT,
                    "0af1b2c3-d4e5-4f6a-" + variant + "b8c-9d0e1f2a3b4c",
                    "8, 9, a and b are the digits of the variant.");
        }
    }

    private void versions() {
        for (String version : List.of("0", "1", "2", "3", "5", "6", "7", "8", "c")) {
            rejects(
                    "version-" + version,
                    Flags.UUID_VERSION,
                    "0af1b2c3-d4e5-" + version + "f6a-ab8c-9d0e1f2a3b4c",
                    "Its version digit is " + version + ".",
                    "A nonce is a random UUID: version 4.");
        }
        for (String variant : List.of("0", "7", "c", "f")) {
            rejects(
                    "variant-" + variant,
                    Flags.UUID_VARIANT,
                    "0af1b2c3-d4e5-4f6a-" + variant + "b8c-9d0e1f2a3b4c",
                    "Its variant digit is " + variant + ".",
                    "8, 9, a and b are the digits of the variant.");
        }
        rejects(
                "nil",
                Flags.UUID_VERSION,
                "00000000-0000-0000-0000-000000000000",
                "It is the nil UUID.",
                "The nil UUID has no version.");
        rejects(
                "max",
                Flags.UUID_VERSION,
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "It is the max UUID.",
                "The max UUID has no version.");
    }

    private void forms() {
        String form = "8-4-4-4-12 hexadecimal digits, and nothing else.";
        rejects("no-hyphens", Flags.UUID_TEXT, "0af1b2c3d4e54f6aab8c9d0e1f2a3b4c", "It has no hyphens.", form);
        rejects("braces", Flags.UUID_TEXT, "{0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c}", "It stands in braces.", form);
        rejects("urn", Flags.UUID_TEXT, "urn:uuid:0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c", "It is a URN.", form);
        rejects("quoted", Flags.UUID_TEXT, "\"0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c\"", "It stands in quotes.", form);
        rejects(
                "underscores",
                Flags.UUID_TEXT,
                "0af1b2c3_d4e5_4f6a_ab8c_9d0e1f2a3b4c",
                "It has underscores for hyphens.",
                form);
        rejects(
                "hyphen-moved",
                Flags.UUID_TEXT,
                "0af1b2c-3d4e5-4f6a-ab8c-9d0e1f2a3b4c",
                "Its first hyphen stands one digit early.",
                form);
        rejects("hyphen-more", Flags.UUID_TEXT, "0af1b2c3-d4e5-4f6a-ab8c-9d0e1f-2a3b4", "It has a hyphen more.", form);
        rejects(
                "short-groups",
                Flags.UUID_TEXT,
                "1-2-4003-8004-5",
                "Leading zeros of its groups are missing, as Java's UUID.fromString allows.",
                form);
        rejects("digit-less", Flags.MISSING_PART, "0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4", "It has 35 characters.", form);
        rejects("digit-more", Flags.OVER_LONG, "0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c0", "It has 37 characters.", form);
        rejects(
                "not-hexadecimal",
                Flags.WRONG_FORM,
                "0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4g",
                "Its last digit is g.",
                form);
        rejects("zero-x", Flags.WRONG_FORM, "0xf1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c", "It begins with 0x.", form);
        rejects("sign", Flags.SIGN, "-af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c", "It begins with a minus.", form);
        rejects(
                "hexadecimal-32-bytes",
                Flags.WRONG_FORM,
                "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
                "It is 32 random bytes in hexadecimal.",
                form);
        rejects("base64", Flags.WRONG_FORM, "CvGyw9TlT2qrjJ0OHyo7TA==", "It is a UUID's 16 bytes in Base64.", form);
        rejects(
                "full-width-digit",
                Flags.OTHER_DIGITS,
                "0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3\u00ef\u00bc\u0091c",
                "One of its digits is a full-width one, in UTF-8.",
                "Digits are those of ASCII.");
    }

    private void accepts(String name, Flag flag, String nonce, String comment) {
        book.positive(name).rule(Rules.NONCE).flags(flag).comment(comment).accepts(RIGHT.with(Draft.NONCE, nonce));
    }

    private void rejects(String name, Flag flag, String nonce, String what, String comment) {
        book.negative(name.startsWith("variant-") ? "other-" + name : name)
                .rule(Rules.NONCE)
                .flags(flag)
                .from(ORDINARY)
                .difference("The nonce is another one. " + what)
                .comment(comment)
                .rejects(RIGHT.with(Draft.NONCE, nonce), Reason.MALFORMED_HEADER);
    }
}
