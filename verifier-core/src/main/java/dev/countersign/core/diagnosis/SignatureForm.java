package dev.countersign.core.diagnosis;

import dev.countersign.api.wire.P256;
import dev.countersign.api.wire.SignatureDer;
import dev.countersign.api.wire.StrictBase64;
import dev.countersign.core.explain.LikelyCause;
import dev.countersign.core.explain.LikelyCause.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What is wrong with the text of a signature that is not in its form. */
final class SignatureForm {
    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;
    private static final int LONG_FORM = 0x80;

    private SignatureForm() {}

    /** The causes, all plain to see; empty if the form is right. */
    static List<LikelyCause> causes(String text) {
        List<LikelyCause> causes = new ArrayList<>();
        if (isHex(text)) {
            causes.add(NamedCause.shown(
                    Kind.SIGNATURE_HEX,
                    "The signature is hexadecimal, " + text.length() + " digits"
                            + (text.length() == 64 ? ", as an HMAC-SHA256 of the legacy scheme" : "")
                            + ": it has to be the Base64 of a DER signature."));
            return causes;
        }
        byte[] bytes = StrictBase64.decode(text);
        if (bytes == null) {
            causes.add(NamedCause.shown(Kind.SIGNATURE_BASE64, base64Fault(text)));
            bytes = LenientBase64.decode(text);
        }
        if (bytes != null && SignatureDer.toRaw(bytes) == null) {
            causes.add(derFault(bytes));
        }
        return causes;
    }

    /** For people: its length and no more. */
    static String describe(String text) {
        return "a text of " + text.length() + " characters";
    }

    private static boolean isHex(String text) {
        if (text.length() < 64 || text.length() % 2 != 0) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (Character.digit(text.charAt(i), 16) < 0 || text.charAt(i) > 'f') {
                return false;
            }
        }
        return true;
    }

    private static String base64Fault(String text) {
        boolean hasSpace = text.chars().anyMatch(c -> LenientBase64.isSpace((char) c));
        boolean isUrl = text.indexOf('-') >= 0 || text.indexOf('_') >= 0;
        String end = " It has to be Base64 of the standard alphabet (+ and /), with its padding, without white space.";
        if (LenientBase64.decode(text) == null) {
            return "The signature is no Base64." + end;
        }
        if (hasSpace) {
            return "The signature has white space inside, as MIME's Base64 has." + end;
        }
        if (isUrl) {
            return "The signature is of Base64's URL alphabet (- and _)." + end;
        }
        if (text.length() % 4 != 0) {
            return "The signature's Base64 lacks its padding." + end;
        }
        return "The signature's Base64 is not canonical: padding where none belongs, or spare bits that are not zero."
                + end;
    }

    private static LikelyCause derFault(byte[] bytes) {
        if (bytes.length == SignatureDer.RAW_BYTES && !isWholeSequence(bytes)) {
            return NamedCause.shown(
                    Kind.SIGNATURE_RAW,
                    "The signature is 64 bytes, r and s one behind the other, as JOSE, WebCrypto and .NET sign: it has to be"
                            + " DER.");
        }
        if (bytes.length < 2 || bytes[0] != SEQUENCE) {
            return der("it does not begin with 30, a SEQUENCE; it has " + bytes.length + " bytes");
        }
        int length = bytes[1] & 0xFF;
        int at = 2;
        if (length >= LONG_FORM) {
            return der("a length is written in the long form, which BER allows");
        }
        if (at + length < bytes.length) {
            return der(bytes.length - at - length + " bytes stand behind its end");
        }
        if (at + length > bytes.length) {
            return der("it is cut off: its length says " + length + " bytes, and there are " + (bytes.length - at));
        }
        for (String name : List.of("r", "s")) {
            if (at + 2 > bytes.length || bytes[at] != INTEGER) {
                return der(name + " is no INTEGER");
            }
            int size = bytes[at + 1] & 0xFF;
            at += 2;
            if (size >= LONG_FORM) {
                return der("a length is written in the long form, which BER allows");
            }
            if (size == 0 || at + size > bytes.length) {
                return der(name + " has no bytes, or more than there are");
            }
            if (bytes[at] < 0) {
                return der(name + " lacks the zero byte in front, without which it is a negative number");
            }
            if (size > 1 && bytes[at] == 0 && bytes[at + 1] >= 0) {
                return der(name + " has a superfluous zero byte in front");
            }
            if (!isInRange(Arrays.copyOfRange(bytes, at, at + size))) {
                return NamedCause.shown(
                        Kind.SIGNATURE_RANGE,
                        "The signature's " + name + " is 0, or not less than the order of the curve: no right signature"
                                + " has that.");
            }
            at += size;
        }
        return der("bytes stand behind s");
    }

    private static boolean isWholeSequence(byte[] bytes) {
        return bytes[0] == SEQUENCE && bytes[1] == bytes.length - 2;
    }

    private static boolean isInRange(byte[] number) {
        byte[] significant = new BigInteger(1, number).toByteArray();
        int from = significant[0] == 0 ? 1 : 0;
        int length = significant.length - from;
        if (length > P256.FIELD_BYTES) {
            return false;
        }
        byte[] fixed = new byte[P256.FIELD_BYTES];
        System.arraycopy(significant, from, fixed, P256.FIELD_BYTES - length, length);
        return P256.isScalarInRange(fixed, 0);
    }

    private static LikelyCause der(String fault) {
        return NamedCause.shown(Kind.SIGNATURE_DER, "The signature is no strict DER: " + fault + ".");
    }
}
