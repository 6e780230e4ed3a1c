package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.function.UnaryOperator;

/** Device ids: their form, with and without opaque ones, and the one name that a device has. */
final class DeviceIdCases {
    private static final String ORDINARY = "ordinary";
    private static final String FORM = "8-4-4-4-12 hexadecimal digits, and nothing else.";
    private static final Draft RIGHT = Draft.post("/v1/hsi");
    private static final int LONGEST = 128;

    private final CaseBook book = new CaseBook("device-ids", "Device ids", Role.VERIFIER);

    static Group group() {
        DeviceIdCases cases = new DeviceIdCases();
        cases.uuids();
        cases.malformed();
        cases.canonical();
        cases.opaque();
        cases.opaqueCanonical();
        return cases.book.group();
    }

    private void uuids() {
        book.positive(ORDINARY)
                .rule(Rules.DEVICE_ID)
                .flags(Flags.ORDINARY)
                .comment("A UUID in lower case.")
                .accepts(RIGHT);
        known("nil", Flags.SMALLEST_VALUE, "00000000-0000-0000-0000-000000000000", "Any version will do, and none.");
        known("max", Flags.LARGEST_VALUE, "ffffffff-ffff-ffff-ffff-ffffffffffff", "Any version will do, and none.");
        known(
                "version-1",
                Flags.UUID_VERSION,
                "0af1b2c3-d4e5-11ee-ab8c-9d0e1f2a3b4c",
                "A device id may be of any version.");
        known(
                "version-7",
                Flags.UUID_VERSION,
                "0194f1b2-c3d4-7e5f-ab8c-9d0e1f2a3b4c",
                "A device id may be of any version.");
        known(
                "other-variant",
                Flags.UUID_VARIANT,
                "0af1b2c3-d4e5-4f6a-0b8c-9d0e1f2a3b4c",
                "A device id may be of any variant.");
        book.negative("unknown")
                .rule(Rules.DEVICE_ID)
                .flags(Flags.UNREGISTERED_ID)
                .from(ORDINARY)
                .difference("The device id is one that is not registered.")
                .comment("Well-formed and unknown: the answer is the one to a bad signature.")
                .rejects(RIGHT.with(Draft.DEVICE_ID, "{device:b}"), Reason.UNKNOWN_DEVICE);
        book.negative("unknown-app")
                .rule(Rules.APP_ID)
                .flags(Flags.UNREGISTERED_ID)
                .from(ORDINARY)
                .difference("The app id is another one.")
                .comment("A device belongs to its app; the same device id under another app is another device.")
                .rejects(RIGHT.with(Draft.APP_ID, "{app:b}"), Reason.UNKNOWN_DEVICE);
    }

    private void known(String name, Flag flag, String id, String comment) {
        book.positive(name)
                .rule(Rules.DEVICE_ID)
                .flags(flag)
                .comment(comment)
                .steps(Scenario.verifier(named(id)).verify(RIGHT.with(Draft.DEVICE_ID, id), accepted()));
    }

    private void malformed() {
        malformed("no-hyphens", Flags.UUID_TEXT, "0af1b2c3d4e54f6aab8c9d0e1f2a3b4c", "It has no hyphens.");
        malformed("braces", Flags.UUID_TEXT, "{0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c}", "It stands in braces.");
        malformed("urn", Flags.UUID_TEXT, "urn:uuid:0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c", "It is a URN.");
        malformed(
                "underscores",
                Flags.UUID_TEXT,
                "0af1b2c3_d4e5_4f6a_ab8c_9d0e1f2a3b4c",
                "It has underscores for hyphens.");
        malformed(
                "hyphen-moved",
                Flags.UUID_TEXT,
                "0af1b2c-3d4e5-4f6a-ab8c-9d0e1f2a3b4c",
                "Its first hyphen stands one digit early.");
        malformed(
                "short-groups",
                Flags.UUID_TEXT,
                "1-2-4003-8004-5",
                "Leading zeros of its groups are missing, as Java's UUID.fromString allows.");
        malformed("digit-less", Flags.MISSING_PART, "0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4", "It has 35 characters.");
        malformed("digit-more", Flags.OVER_LONG, "0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c0", "It has 37 characters.");
        malformed("not-hexadecimal", Flags.WRONG_FORM, "0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4g", "Its last digit is g.");
        malformed("opaque-not-admitted", Flags.OPAQUE_ID, "device-123", "It is an opaque id.");
        malformed(
                "full-width-digit",
                Flags.OTHER_DIGITS,
                "0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3\u00ef\u00bc\u0091c",
                "One of its digits is a full-width one, in UTF-8.");
    }

    private void malformed(String name, Flag flag, String id, String what) {
        book.negative(name)
                .rule(Rules.DEVICE_ID)
                .flags(flag)
                .from(ORDINARY)
                .difference("The device id is another one. " + what)
                .comment(FORM)
                .rejects(RIGHT.with(Draft.DEVICE_ID, id), Reason.MALFORMED_HEADER);
    }

    private void canonical() {
        String one = "A UUID in either case is one device: Swift sends upper case, Kotlin lower case.";
        book.positive("upper-for-lower")
                .rule(Rules.CANONICAL_DEVICE)
                .flags(Flags.LETTER_CASE)
                .comment(one)
                .accepts(RIGHT.with(Draft.DEVICE_ID, "{DEVICE:a}"));
        book.positive("lower-for-upper")
                .rule(Rules.CANONICAL_DEVICE)
                .flags(Flags.LETTER_CASE)
                .comment(one + " It was registered in upper case.")
                .steps(Scenario.verifier(named("{DEVICE:a}")).verify(RIGHT, accepted()));
        book.positive("upper-for-upper")
                .rule(Rules.CANONICAL_DEVICE)
                .flags(Flags.LETTER_CASE)
                .comment(one)
                .steps(Scenario.verifier(named("{DEVICE:a}"))
                        .verify(RIGHT.with(Draft.DEVICE_ID, "{DEVICE:a}"), accepted()));
        String mixed = "aBcDeF01-2345-4aBc-8dEf-AbCdEf012345";
        book.positive("mixed-for-lower")
                .rule(Rules.CANONICAL_DEVICE)
                .flags(Flags.LETTER_CASE)
                .comment(one)
                .steps(Scenario.verifier(named(Ascii.lower(mixed)))
                        .verify(RIGHT.with(Draft.DEVICE_ID, mixed), accepted()));
        book.negative("app-id-is-not-folded")
                .rule(Rules.CANONICAL_DEVICE)
                .flags(Flags.LETTER_CASE)
                .from(ORDINARY)
                .difference("The app id is in another case.")
                .comment("Only device ids of the form of a UUID are folded; an app id has case.")
                .rejects(RIGHT.with(Draft.APP_ID, "Com.example.a"), Reason.UNKNOWN_DEVICE);
    }

    private void opaque() {
        opaque(
                "opaque",
                Flags.OPAQUE_ID,
                "device-123",
                "Old deployments have ids that are no UUIDs; a setting admits them.");
        opaque("opaque-shortest", Flags.SMALLEST_VALUE, "d", "One character is accepted.");
        opaque("opaque-longest", Flags.LARGEST_VALUE, "d".repeat(LONGEST), "128 characters are accepted.");
        opaque(
                "opaque-punctuation",
                Flags.OPAQUE_ID,
                "!\"#$%&'()*+-./:;<=>?@[\\]^_`{|}~",
                "Every visible ASCII character but the comma is accepted.");
        opaque(
                "opaque-braces",
                Flags.UUID_TEXT,
                "{0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c}",
                "A UUID in braces is an opaque id.");
        opaqueMalformed(
                "opaque-over-long",
                Flags.OVER_LONG,
                "opaque-longest",
                "d".repeat(LONGEST),
                "d".repeat(LONGEST + 1),
                "The device id has 129 characters.");
        opaqueMalformed(
                "opaque-comma", Flags.COMMA_JOINED, "opaque", "device-123", "device,123", "The device id has a comma.");
        opaqueMalformed(
                "opaque-space", Flags.INNER_SPACE, "opaque", "device-123", "device 123", "The device id has a space.");
        opaqueMalformed(
                "opaque-umlaut",
                Flags.NON_ASCII_VALUE,
                "opaque",
                "device-123",
                "ger\u00e4t-123",
                "The device id has a letter outside ASCII.");
        opaqueMalformed("opaque-empty", Flags.EMPTY_VALUE, "opaque", "device-123", "", "The device id is empty.");
        opaqueMalformed(
                "opaque-delete",
                Flags.CONTROL_CHARACTER,
                "opaque",
                "device-123",
                "device-123\u007f",
                "The device id has the character 7F.");
        String id = "device-123";
        book.negative("opaque-without-setting")
                .rule(Rules.DEVICE_ID)
                .flags(Flags.OPAQUE_ID)
                .from("opaque")
                .difference("The setting is off.")
                .comment("Without the setting a device id is a UUID.")
                .steps(Scenario.verifier(config -> config.put("deviceIds", "uuid"), named(id))
                        .verify(RIGHT.with(Draft.DEVICE_ID, id), rejected(Reason.MALFORMED_HEADER)));
    }

    private void opaque(String name, Flag flag, String id, String comment) {
        book.positive(name)
                .rule(Rules.DEVICE_ID)
                .flags(flag)
                .comment(comment)
                .steps(Scenario.verifier(DeviceIdCases::admitOpaque, named(id))
                        .verify(RIGHT.with(Draft.DEVICE_ID, id), accepted()));
    }

    private void opaqueMalformed(String name, Flag flag, String from, String known, String sent, String difference) {
        book.negative(name)
                .rule(Rules.DEVICE_ID)
                .flags(flag)
                .from(from)
                .difference(difference)
                .comment("1 to 128 visible ASCII characters without a comma.")
                .steps(Scenario.verifier(DeviceIdCases::admitOpaque, named(known))
                        .verify(RIGHT.with(Draft.DEVICE_ID, sent), rejected(Reason.MALFORMED_HEADER)));
    }

    private void opaqueCanonical() {
        UnaryOperator<ObjectNode> opaque = DeviceIdCases::admitOpaque;
        String folded = "An id of the form 8-4-4-4-12 is lower-cased where opaque ids are admitted, too.";
        book.positive("opaque-uuid-upper-for-lower")
                .rule(Rules.CANONICAL_DEVICE)
                .flags(Flags.OPAQUE_ID)
                .comment(folded)
                .steps(Scenario.verifier(opaque).verify(RIGHT.with(Draft.DEVICE_ID, "{DEVICE:a}"), accepted()));
        book.positive("opaque-uuid-lower-for-upper")
                .rule(Rules.CANONICAL_DEVICE)
                .flags(Flags.OPAQUE_ID)
                .comment(folded)
                .steps(Scenario.verifier(opaque, named("{DEVICE:a}")).verify(RIGHT, accepted()));
        book.positive("opaque-without-hyphens")
                .rule(Rules.CANONICAL_DEVICE)
                .flags(Flags.OPAQUE_ID)
                .comment("32 hexadecimal digits without hyphens are an opaque id, kept byte for byte.")
                .steps(Scenario.verifier(opaque, named("0af1b2c3d4e54f6aab8c9d0e1f2a3b4c"))
                        .verify(RIGHT.with(Draft.DEVICE_ID, "0af1b2c3d4e54f6aab8c9d0e1f2a3b4c"), accepted()));
        otherCase("opaque", "device-123", "Device-123");
        otherCase("opaque-without-hyphens", "0af1b2c3d4e54f6aab8c9d0e1f2a3b4c", "0AF1B2C3D4E54F6AAB8C9D0E1F2A3B4C");
        otherCase("opaque-braces", "{0af1b2c3-d4e5-4f6a-ab8c-9d0e1f2a3b4c}", "{0AF1B2C3-D4E5-4F6A-AB8C-9D0E1F2A3B4C}");
    }

    private void otherCase(String from, String id, String other) {
        book.negative(from + "-other-case")
                .rule(Rules.CANONICAL_DEVICE)
                .flags(Flags.OPAQUE_ID, Flags.LETTER_CASE)
                .from(from)
                .difference("The device id is sent in another case.")
                .comment("Only ids of the form 8-4-4-4-12 are folded: this is another device, which nobody knows.")
                .steps(Scenario.verifier(DeviceIdCases::admitOpaque, named(id))
                        .verify(RIGHT.with(Draft.DEVICE_ID, other), rejected(Reason.UNKNOWN_DEVICE)));
    }

    private static DeviceTemplate named(String deviceId) {
        return DeviceTemplate.active("a").withIds("{app:a}", deviceId);
    }

    private static ObjectNode admitOpaque(ObjectNode config) {
        return config.put("deviceIds", "opaque");
    }
}
