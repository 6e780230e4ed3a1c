package dev.countersign.conformance.generator;

import dev.countersign.conformance.signing.Encoding;
import dev.countersign.conformance.suite.Flag;
import java.util.List;

/**
 * A signature that is written wrongly.
 *
 * @param rule what it breaks
 * @param difference from the right text, as a sentence
 * @param comment why it is refused
 */
record EncodingFault(Encoding encoding, Rules rule, Flag flag, String difference, String comment) {
    private static final String ONE_TEXT = "DER has one encoding of each value, and this is another one of BER.";
    private static final String TWO_NUMBERS = "A signature is a SEQUENCE of two INTEGERs and nothing else.";
    private static final String IN_RANGE = "r and s are from 1 to n-1, whatever they are modulo n.";
    private static final String ONE_BASE64 = "One text for each signature: the standard alphabet, padded, canonical.";

    /** One for each wrong way of writing. */
    static final List<EncodingFault> ALL = List.of(
            der(Encoding.LONG_SEQUENCE_LENGTH, Flags.BER_LENGTH, "The sequence's length is in two bytes.", ONE_TEXT),
            der(Encoding.LONG_INTEGER_LENGTH, Flags.BER_LENGTH, "The length of r is in two bytes.", ONE_TEXT),
            der(
                    Encoding.INDEFINITE_LENGTH,
                    Flags.INDEFINITE_LENGTH,
                    "The sequence has the indefinite length.",
                    ONE_TEXT),
            der(Encoding.PADDED_R, Flags.PADDED_INTEGER, "r begins with a zero byte too many.", ONE_TEXT),
            der(Encoding.PADDED_S, Flags.PADDED_INTEGER, "s begins with a zero byte too many.", ONE_TEXT),
            der(
                    Encoding.NEGATIVE_R,
                    Flags.UNPADDED_INTEGER,
                    "r lacks its leading zero byte.",
                    "Without it the number is negative."),
            der(
                    Encoding.NEGATIVE_S,
                    Flags.UNPADDED_INTEGER,
                    "s lacks its leading zero byte.",
                    "Without it the number is negative."),
            der(Encoding.TRAILING_BYTE, Flags.TRAILING_DATA, "A zero byte follows the sequence.", TWO_NUMBERS),
            der(
                    Encoding.TRAILING_BYTE_INSIDE,
                    Flags.TRAILING_DATA,
                    "A zero byte follows s inside the sequence.",
                    TWO_NUMBERS),
            der(Encoding.THIRD_INTEGER, Flags.TRAILING_DATA, "A third number follows s.", TWO_NUMBERS),
            der(Encoding.ONE_INTEGER, Flags.MISSING_PART, "s is missing.", TWO_NUMBERS),
            der(Encoding.TRUNCATED, Flags.MISSING_PART, "The last byte is missing.", TWO_NUMBERS),
            der(Encoding.SET_TAG, Flags.WRONG_TAG, "A SET is in place of the SEQUENCE.", TWO_NUMBERS),
            der(Encoding.BIT_STRING_R, Flags.WRONG_TAG, "r is a BIT STRING.", TWO_NUMBERS),
            der(Encoding.OCTET_STRING, Flags.WRONG_TAG, "The signature is wrapped into an OCTET STRING.", TWO_NUMBERS),
            der(
                    Encoding.EMPTY_R,
                    Flags.EMPTY_INTEGER,
                    "r is an INTEGER without content.",
                    "An INTEGER has at least one byte."),
            der(
                    Encoding.EMPTY_INTEGERS,
                    Flags.EMPTY_INTEGER,
                    "Both numbers are INTEGERs without content.",
                    "An INTEGER has at least one byte."),
            der(Encoding.EMPTY_SEQUENCE, Flags.MISSING_PART, "The sequence is empty.", TWO_NUMBERS),
            der(
                    Encoding.RAW,
                    Flags.RAW_SIGNATURE,
                    "It is r and s of 32 bytes each, in Base64.",
                    "A raw signature is no DER; one encoding for each signature."),
            range(Encoding.ZERO_R, Flags.ZERO_NUMBER, "r is 0."),
            range(Encoding.ZERO_S, Flags.ZERO_NUMBER, "s is 0."),
            range(Encoding.ZERO_R_ZERO_S, Flags.ZERO_NUMBER, "r and s are 0."),
            range(Encoding.R_IS_N, Flags.NUMBER_IS_N, "r is n."),
            range(Encoding.S_IS_N, Flags.NUMBER_IS_N, "s is n."),
            range(Encoding.R_PLUS_N, Flags.NUMBER_PLUS_N, "It has r + n for r."),
            range(Encoding.S_PLUS_N, Flags.NUMBER_PLUS_N, "It has s + n for s."),
            range(Encoding.MINUS_R, Flags.NEGATIVE_NUMBER, "It has -r for r."),
            range(Encoding.MINUS_S, Flags.NEGATIVE_NUMBER, "It has -s for s."),
            equation(Encoding.SWAPPED, Flags.SWAPPED_NUMBERS, "r and s are exchanged."),
            equation(Encoding.NEXT_R, Flags.OFF_BY_ONE, "It has r + 1 for r."),
            equation(Encoding.NEXT_S, Flags.OFF_BY_ONE, "It has s + 1 for s."),
            base64(Encoding.NO_PADDING, Flags.NO_PADDING, "The padding is missing."),
            base64(Encoding.EXTRA_PADDING, Flags.EXTRA_PADDING, "There is one padding character too many."),
            base64(Encoding.URL_ALPHABET, Flags.URL_ALPHABET, "It is in the URL alphabet."),
            base64(Encoding.SPARE_BITS, Flags.SPARE_BITS, "A spare bit of the last character is set."),
            base64(
                    Encoding.SPARE_BITS_OF_FOUR,
                    Flags.SPARE_BITS,
                    "A spare bit of the last character, before two padding characters, is set."),
            base64(Encoding.INNER_SPACE, Flags.BASE64_WHITE_SPACE, "There is a space inside."),
            base64(Encoding.LINE_FEED, Flags.BASE64_WHITE_SPACE, "There is a line feed after 64 characters."),
            base64(
                    Encoding.CR_LF,
                    Flags.BASE64_WHITE_SPACE,
                    "There are a carriage return and a line feed after 64 characters."),
            base64(Encoding.FOREIGN_CHARACTER, Flags.BASE64_FOREIGN_CHARACTER, "There is an exclamation mark inside."),
            base64(Encoding.INNER_PADDING, Flags.EXTRA_PADDING, "It is two Base64 texts, one behind the other."),
            base64(Encoding.HEX, Flags.HEX_TEXT, "DER is in hexadecimal."),
            base64(Encoding.TWICE, Flags.DOUBLE_ENCODING, "It is the Base64 of the Base64."));

    /** Whether the header's form is kept: then only the equation shows the fault. */
    boolean isWellFormed() {
        return rule == Rules.ECDSA;
    }

    private static EncodingFault der(Encoding encoding, Flag flag, String difference, String comment) {
        return new EncodingFault(encoding, Rules.DER, flag, difference, comment);
    }

    private static EncodingFault range(Encoding encoding, Flag flag, String difference) {
        return new EncodingFault(encoding, Rules.SIGNATURE_RANGE, flag, difference, IN_RANGE);
    }

    private static EncodingFault equation(Encoding encoding, Flag flag, String difference) {
        return new EncodingFault(
                encoding, Rules.ECDSA, flag, difference, "Well-formed, but the equation does not hold.");
    }

    private static EncodingFault base64(Encoding encoding, Flag flag, String difference) {
        return new EncodingFault(encoding, Rules.BASE64, flag, difference, ONE_BASE64);
    }
}
