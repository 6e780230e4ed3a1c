package dev.countersign.core.diagnosis;

import dev.countersign.api.SignedHeaders;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.wire.Ascii;
import dev.countersign.api.wire.HttpMethod;
import dev.countersign.api.wire.UuidText;
import dev.countersign.core.explain.LikelyCause;
import dev.countersign.core.explain.LikelyCause.Kind;
import java.util.List;
import java.util.Locale;

/** What is wrong with a head that is not in its form. All of it is plain to see. */
final class HeadCauses {
    private static final int SHOWN = 96;
    private static final int MILLISECONDS = 13;
    private static final int MICROSECONDS = 16;
    private static final int NANOSECONDS = 19;

    private final Sent sent;

    HeadCauses(Sent sent) {
        this.sent = sent;
    }

    /** The header of the six that a rejection's detail names; the empty string if it names none. */
    static String named(String detail) {
        for (String name : Sent.SIX) {
            if (detail.startsWith(name + " ")) {
                return name;
            }
        }
        return "";
    }

    LikelyCause missing(String name) {
        if (sent.isNamedWithUnderscores(name)) {
            return NamedCause.shown(
                    Kind.HEADER_NAME,
                    name + " is there as " + name.replace('-', '_') + ": underscores are not hyphens.");
        }
        String preflight = sent.isPreflight()
                ? " This is a CORS preflight, which a browser sends without them: answer it before the verifier."
                : "";
        return NamedCause.shown(
                Kind.HEADER_MISSING,
                name
                        + " is missing: the client does not send it, under this name in ASCII, or a proxy drops headers that it does"
                        + " not know." + preflight);
    }

    List<LikelyCause> malformed(String name) {
        List<String> values = sent.values(name);
        if (values.size() > 1) {
            return List.of(NamedCause.shown(
                    Kind.HEADER_REPEATED,
                    name + " is there more than once: the client sets it twice, or a proxy adds it. First: "
                            + quoted(values.get(0))
                            + ", then: " + quoted(values.get(1)) + "."));
        }
        String value = sent.first(name);
        if (value.isEmpty()) {
            return List.of(NamedCause.shown(Kind.HEADER_EMPTY, name + " is empty."));
        }
        if (name.equals(SignedHeaders.SIGNATURE)) {
            return signature(value);
        }
        if (value.indexOf(',') >= 0) {
            return List.of(NamedCause.shown(
                    Kind.HEADER_JOINED,
                    name + " has a comma: something joins repeated headers. It is " + quoted(value) + "."));
        }
        if (value.chars().anyMatch(c -> LenientBase64.isSpace((char) c))) {
            return List.of(NamedCause.shown(
                    Kind.HEADER_SPACE, name + " has white space inside. It is " + quoted(value) + "."));
        }
        return List.of(
                switch (name) {
                    case SignedHeaders.APP_ID -> id(name, value);
                    case SignedHeaders.DEVICE_ID -> deviceId(value);
                    case SignedHeaders.TIMESTAMP -> timestamp(value);
                    case SignedHeaders.NONCE -> nonce(value);
                    default -> version();
                });
    }

    private static List<LikelyCause> signature(String value) {
        List<LikelyCause> causes = SignatureForm.causes(value);
        if (value.indexOf(',') >= 0) {
            return List.of(NamedCause.shown(
                    Kind.HEADER_JOINED, "The signature has a comma: something joins repeated headers."));
        }
        return causes.isEmpty()
                ? List.of(NamedCause.shown(Kind.SIGNATURE_BASE64, "The signature is longer than any in its form."))
                : causes;
    }

    private static LikelyCause id(String name, String value) {
        String found = value.length() > DeviceIdentity.MAX_LENGTH
                ? "has more than " + DeviceIdentity.MAX_LENGTH + " characters"
                : "has characters that are not visible ASCII";
        return NamedCause.shown(Kind.ID_FORM, name + " " + found + ". It is " + quoted(value) + ".");
    }

    private static LikelyCause deviceId(String value) {
        if (Ascii.isVisibleId(value, DeviceIdentity.MAX_LENGTH)) {
            return NamedCause.shown(
                    Kind.DEVICE_ID_NOT_UUID,
                    "The device id is no UUID of the form 8-4-4-4-12: " + quoted(value)
                            + ". If devices have such ids, opaqueDeviceIds() admits them.");
        }
        return id(SignedHeaders.DEVICE_ID, value);
    }

    private static LikelyCause timestamp(String value) {
        boolean isDigits = value.chars().allMatch(c -> c >= '0' && c <= '9');
        String unit = isDigits
                ? switch (value.length()) {
                    case MILLISECONDS -> "milliseconds";
                    case MICROSECONDS -> "microseconds";
                    case NANOSECONDS -> "nanoseconds";
                    default -> "";
                }
                : "";
        if (!unit.isEmpty()) {
            return NamedCause.shown(
                    Kind.TIMESTAMP_MILLISECONDS,
                    "The timestamp is in " + unit + ": " + value + ". Whole Unix seconds are sent, and signed.");
        }
        return NamedCause.shown(
                Kind.TIMESTAMP_FORM,
                "The timestamp is no decimal number of at most 11 digits without sign, fraction and leading zero: "
                        + quoted(value) + ".");
    }

    private static LikelyCause nonce(String value) {
        return UuidText.isUuid(value)
                ? NamedCause.shown(
                        Kind.NONCE_VERSION,
                        "The nonce is a UUID, and not of version 4 and variant 8, 9, a or b: " + quoted(value)
                                + ". A random one is needed.")
                : NamedCause.shown(
                        Kind.NONCE_FORM, "The nonce is no UUID of the form 8-4-4-4-12: " + quoted(value) + ".");
    }

    LikelyCause version() {
        return NamedCause.shown(
                Kind.VERSION,
                "The version is " + quoted(sent.first(SignedHeaders.SIG_VERSION))
                        + ", and this verifier knows 1: the client's SDK is of another generation.");
    }

    LikelyCause target() {
        String method = sent.method();
        if (!HttpMethod.isWellFormed(method)) {
            String upper = method.toUpperCase(Locale.ROOT);
            return !upper.equals(method) && HttpMethod.isWellFormed(upper)
                    ? NamedCause.shown(
                            Kind.METHOD_LOWER_CASE,
                            "The method is " + quoted(method) + ": methods are sent and signed in upper case.")
                    : NamedCause.shown(
                            Kind.METHOD_FORM,
                            "The method is " + quoted(method) + ", which is none of [A-Z][A-Z-]{0,31}.");
        }
        String target = sent.target();
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c < 0x21 || c > 0x7E || c == '#' || c == '\\') {
                return NamedCause.shown(
                        Kind.TARGET_CHARACTERS,
                        "The request target has " + quoted(String.valueOf(c)) + " at place " + (i + 1)
                                + ": #, \\ and what is not visible ASCII have to be percent-encoded, and signed so.");
            }
        }
        return NamedCause.shown(
                Kind.TARGET_FORM,
                "The request target is neither a path nor an absolute URI of http or https: " + quoted(target) + ".");
    }

    static String quoted(String value) {
        return "\"" + EscapedAscii.of(value, SHOWN) + "\"";
    }
}
