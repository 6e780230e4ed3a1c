package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Flag;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What can be special about an input. A case's flags are constants of this class or of {@link StateFlags}. */
final class Flags {
    static final Flag ORDINARY =
            new Flag("Ordinary", "Nothing special: if this fails, look at the message and its hash first.");
    static final Flag INGEST_PREFIX =
            new Flag("IngestPrefix", "A path below /ingest/v1/, which clients sign without the leading /ingest.");
    static final Flag INGEST_NEAR_MISS = new Flag(
            "IngestNearMiss",
            "Looks like the /ingest rule's path but is not. Stripping it too lets a signature count for another path.");
    static final Flag INGEST_OTHER_METHOD =
            new Flag("IngestOtherMethod", "The prefix under a method other than POST, which is signed as it comes.");
    static final Flag SIGNED_OTHER_PATH =
            new Flag("SignedOtherPath", "The signature covers another path than the one that counts.");

    static final Flag NO_SIGNING_PATH = new Flag(
            "NoSigningPath", "A deployment without signing-path rules. Finds a default that cannot be turned off.");
    static final Flag OWN_SIGNING_PATH = new Flag("OwnSigningPath", "Signing-path rules of a deployment's own.");
    static final Flag UNSTRIPPED_TOO = new Flag(
            "UnstrippedToo",
            "A deployment that takes signatures over the unstripped path, too, below a prefix that it names.");
    static final Flag FOUR_CHECKS = new Flag(
            "FourChecks",
            "The fourth signature check, or one before it, finds the signature valid. Finds limits that are too low.");
    static final Flag FIFTH_CHECK = new Flag(
            "FifthCheck", "Only a fifth signature check would find the signature valid. Finds work without a limit.");

    // Messages.
    static final Flag EMPTY_BODY = new Flag(
            "EmptyBody",
            "No body. The third line feed is still there; who joins the parts instead of ending each loses it.");
    static final Flag BINARY_BODY =
            new Flag("BinaryBody", "Bytes that are no text. Who makes a string of the body loses some of them.");
    static final Flag LINE_FEED_IN_BODY = new Flag(
            "LineFeedInBody",
            "Line ends in the body. They are content: not trimmed, not converted, not taken for the end of a part.");
    static final Flag NON_ASCII_TEXT = new Flag(
            "NonAsciiText",
            "Characters outside ASCII. The bytes count; who decodes and encodes again, or counts characters, gets others.");
    static final Flag LARGE_BODY = new Flag(
            "LargeBody",
            "A body of several kilobytes, which arrives in more than one piece. Each piece is hashed, in order, once.");
    static final Flag HASH_BLOCK_EDGE = new Flag(
            "HashBlockEdge",
            "The message ends where SHA-256 needs one more block for its padding, or just does not. Finds home-made hashes.");
    static final Flag UNUSUAL_METHOD =
            new Flag("UnusualMethod", "A method that no list of known methods has. It is signed like any other.");
    static final Flag PERCENT_ESCAPE = new Flag(
            "PercentEscape", "%xx in the path. Who decodes it, or changes the case of its digits, signs another path.");
    static final Flag ENCODED_LINE_FEED =
            new Flag("EncodedLineFeed", "%0A in the path. Decoded, it would shift the lines of the message.");
    static final Flag DOUBLE_SLASH =
            new Flag("DoubleSlash", "Two slashes in a row. Who merges them signs another path.");
    static final Flag DOT_SEGMENT = new Flag("DotSegment", "A segment of dots. Who resolves it signs another path.");
    static final Flag PATH_PARAMETER =
            new Flag("PathParameter", "A ;parameter in the path. Servers like to cut it off.");
    static final Flag LETTER_CASE = new Flag("LetterCase", "Upper and lower case mixed where case matters.");
    static final Flag LARGEST_VALUE = new Flag(
            "LargestValue", "The longest or largest that is still well-formed. Finds limits that are off by one.");
    static final Flag SMALLEST_VALUE = new Flag("SmallestValue", "The shortest or smallest that is still well-formed.");

    // Headers.
    static final Flag NAME_CASE = new Flag(
            "NameCase",
            "A header name in another case. Names fold in ASCII; who compares them as they stand does not find the header.");
    static final Flag NAME_NOT_ASCII = new Flag(
            "NameNotAscii",
            "A header name with a letter that Unicode or a locale folds into an ASCII letter. It is another header.");
    static final Flag NAME_UNDERSCORE = new Flag(
            "NameUnderscore",
            "A header name with underscores for hyphens, which gateways in the manner of CGI take for the same. It is another header.");
    static final Flag ABSENT = new Flag("Absent", "A header is not there. Finds defaults.");
    static final Flag EMPTY_VALUE =
            new Flag("EmptyValue", "A header is there and empty, which is not the same as absent.");
    static final Flag REPEATED_SAME = new Flag(
            "RepeatedSame", "A header twice with one value. Two parsers may take either; it is malformed even so.");
    static final Flag REPEATED_RIGHT_FIRST =
            new Flag("RepeatedRightFirst", "A header twice, the right value first. Finds who takes the first.");
    static final Flag REPEATED_RIGHT_LAST =
            new Flag("RepeatedRightLast", "A header twice, the right value last. Finds who takes the last.");
    static final Flag REPEATED_OTHER_CASE = new Flag(
            "RepeatedOtherCase", "A header twice under two spellings of its name. Finds maps that fold case late.");
    static final Flag COMMA_JOINED =
            new Flag("CommaJoined", "Two values joined with a comma, as servers and proxies join repeated headers.");
    static final Flag OVER_LONG = new Flag(
            "OverLong", "One longer than the longest form. Finds missing limits, and limits that are off by one.");
    static final Flag PADDED_VALUE =
            new Flag("PaddedValue", "White space around a value after HTTP took its own away. Finds trimming.");
    static final Flag INNER_SPACE = new Flag("InnerSpace", "A space inside a value. Nothing is forgiven there.");
    static final Flag NON_ASCII_VALUE = new Flag("NonAsciiValue", "A byte above 0x7E in a value.");
    static final Flag CONTROL_CHARACTER =
            new Flag("ControlCharacter", "A control character where only visible ones may be.");
    static final Flag WRONG_FORM = new Flag("WrongForm", "A value that is not in its form at all.");
    static final Flag LEGACY_HMAC = new Flag(
            "LegacyHmac", "The hexadecimal value that an older scheme has under the same name. Never try both.");
    static final Flag ONE_FAULT =
            new Flag("OneFault", "One fault, answered as what it is. Others of its group add a second.");
    static final Flag TWO_FAULTS =
            new Flag("TwoFaults", "Two faults at once. The answer names the one that comes first in the order.");
    static final Flag UNKNOWN_VERSION = new Flag(
            "UnknownVersion",
            "A well-formed version that nobody knows. The answer says so, so that a client learns that it is too new.");

    // Signatures.
    static final Flag BER_LENGTH = new Flag(
            "BerLength",
            "A length in more bytes than it needs. BER allows it, DER does not: one signature would have many texts.");
    static final Flag INDEFINITE_LENGTH = new Flag("IndefiniteLength", "The indefinite length of BER.");
    static final Flag PADDED_INTEGER = new Flag("PaddedInteger", "A zero byte too many in front of a number.");
    static final Flag UNPADDED_INTEGER = new Flag(
            "UnpaddedInteger",
            "A number without the zero byte that keeps it positive. Who reads it unsigned takes it for the right one.");
    static final Flag TRAILING_DATA =
            new Flag("TrailingData", "Something behind what belongs there. A reader that stops early does not see it.");
    static final Flag MISSING_PART = new Flag("MissingPart", "Something is missing at the end.");
    static final Flag WRONG_TAG = new Flag("WrongTag", "Another ASN.1 type with the same content.");
    static final Flag EMPTY_INTEGER =
            new Flag("EmptyInteger", "A number without a single byte. Some readers take it for zero.");
    static final Flag RAW_SIGNATURE = new Flag(
            "RawSignature",
            "r and s, 32 bytes each, as JOSE and WebCrypto write them. One encoding for each signature: this is not it.");
    static final Flag ZERO_NUMBER = new Flag(
            "ZeroNumber", "r or s is zero. With both zero a careless verifier accepts anything (CVE-2022-21449).");
    static final Flag NUMBER_IS_N = new Flag("NumberIsN", "r or s is n, which is zero modulo n.");
    static final Flag NUMBER_PLUS_N =
            new Flag("NumberPlusN", "r or s plus n: the same number modulo n, in another text.");
    static final Flag NEGATIVE_NUMBER = new Flag("NegativeNumber", "r or s is negative.");
    static final Flag SWAPPED_NUMBERS = new Flag("SwappedNumbers", "r and s in the wrong order.");
    static final Flag OFF_BY_ONE = new Flag("OffByOne", "One more than the right number.");
    static final Flag NO_PADDING = new Flag("NoPadding", "Base64 without its padding.");
    static final Flag EXTRA_PADDING = new Flag("ExtraPadding", "Base64 with padding that does not belong there.");
    static final Flag URL_ALPHABET =
            new Flag("UrlAlphabet", "Base64url where the standard alphabet is asked for, or the other way round.");
    static final Flag SPARE_BITS = new Flag(
            "SpareBits",
            "Bits of the last Base64 character that are not part of any byte are set: the same bytes, another text.");
    static final Flag BASE64_WHITE_SPACE =
            new Flag("Base64WhiteSpace", "White space in Base64, as MIME readers skip it.");
    static final Flag BASE64_FOREIGN_CHARACTER =
            new Flag("Base64ForeignCharacter", "A character that Base64 does not have, as lenient readers skip it.");
    static final Flag HEX_TEXT = new Flag("HexText", "Hexadecimal where Base64 is asked for.");
    static final Flag DOUBLE_ENCODING = new Flag("DoubleEncoding", "Encoded twice.");
    static final Flag HIGH_S =
            new Flag("HighS", "s above n/2. Half of all hardware signatures have it; some libraries refuse it.");
    static final Flag LOW_S = new Flag("LowS", "s at most n/2.");
    static final Flag DOUBLE_HASH = new Flag(
            "DoubleHash", "The hash of the hash is signed: the classic mistake with an API that hashes by itself.");
    static final Flag OTHER_MESSAGE = new Flag("OtherMessage", "The signature is right, for another message.");
    static final Flag OTHER_LAYOUT =
            new Flag("OtherLayout", "The message is put together otherwise: separators, order, parts.");
    static final Flag OTHER_NONCE = new Flag("OtherNonce", "Another nonce, which is not part of the message.");
    static final Flag OTHER_KEY = new Flag("OtherKey", "The signature is right, under another key.");
    static final Flag OTHER_CURVE = new Flag("OtherCurve", "Made on another curve than P-256.");
    static final Flag DIGEST_ZERO =
            new Flag("DigestZero", "The digest is zero modulo n, so that one half of the equation vanishes.");
    static final Flag DIGEST_ABOVE_N = new Flag(
            "DigestAboveN", "The digest is n or more. It counts modulo n, or as it is, which must be the same.");
    static final Flag DIGEST_LEADING_ZEROS = new Flag(
            "DigestLeadingZeros",
            "The digest begins with zero bytes. Who drops them, or takes the rest for the leading bits, gets another number.");
    static final Flag DIGEST_IS_R =
            new Flag("DigestIsR", "The digest is the number r: both multipliers of the equation are equal.");
    static final Flag DIGEST_IS_S =
            new Flag("DigestIsS", "The digest is s or n-s: the multiplier of the base point is 1 or n-1.");
    static final Flag NUMBERS_EQUAL = new Flag(
            "NumbersEqual", "r and s are equal, or each other's negative: the multiplier of the key is 1 or n-1.");
    static final Flag TINY_NUMBER =
            new Flag("TinyNumber", "r or s is a very small number, which DER writes in few bytes.");
    static final Flag HUGE_NUMBER = new Flag("HugeNumber", "r or s lies right below n.");
    static final Flag DOUBLING = new Flag(
            "Doubling", "The two points that are added are equal. The formula for different points divides by zero.");
    static final Flag CANCELLING = new Flag(
            "Cancelling", "The two points that are added cancel out: the sum is infinity and has no x. Never valid.");
    static final Flag SPECIAL_KEY = new Flag(
            "SpecialKey",
            "The public key is a small multiple of the base point, or its negative, as tables of multiples hold them.");
    static final Flag SPECIAL_NONCE_POINT =
            new Flag("SpecialNoncePoint", "The sum is the base point itself or its negative.");
    static final Flag X_ABOVE_N =
            new Flag("XAboveN", "The sum has an x above n, so that r is x-n. Who compares x with r refuses it.");
    static final Flag X_WRAPS =
            new Flag("XWraps", "r+n, taken modulo p, is the x of the sum. Who adds n without looking at p accepts it.");

    // Targets and methods.
    static final Flag ABSOLUTE_FORM =
            new Flag("AbsoluteForm", "A target with scheme and authority, as a proxy sends it.");
    static final Flag EMPTY_PATH = new Flag("EmptyPath", "An absolute-form without a path, which means /.");
    static final Flag OTHER_TARGET_FORM = new Flag(
            "OtherTargetForm",
            "A target that is neither origin-form nor absolute-form of http and https. Finds parsers of URIs that find a path in anything.");
    static final Flag FRAGMENT =
            new Flag("Fragment", "A # in a target, which clients never send and parsers of URIs cut off.");
    static final Flag BACKSLASH =
            new Flag("Backslash", "A backslash in a target, which browsers and some servers take for a slash.");
    static final Flag QUERY = new Flag("Query", "A query, which is not signed.");
    static final Flag EMPTY_QUERY =
            new Flag("EmptyQuery", "A question mark and nothing behind it. Some parsers cannot tell it from no query.");

    // Numbers and UUIDs.
    static final Flag LEADING_ZERO =
            new Flag("LeadingZero", "A number with a zero in front: the same number in another text.");
    static final Flag SIGN = new Flag("Sign", "A sign in front. Many parsers of numbers take it.");
    static final Flag NUMBER_SYNTAX =
            new Flag("NumberSyntax", "What some language takes for a number, and the protocol does not.");
    static final Flag OTHER_DIGITS =
            new Flag("OtherDigits", "Digits that are not of ASCII. Unicode-aware parsers take them.");
    static final Flag MILLISECONDS = new Flag("Milliseconds", "Milliseconds or less in place of seconds.");
    static final Flag INTEGER_OVERFLOW = new Flag(
            "IntegerOverflow",
            "A number at the end of an integer type. Who cuts it off, or adds to it, gets a harmless one.");
    static final Flag UUID_VERSION =
            new Flag("UuidVersion", "The version digit of a UUID, which a nonce prescribes and a device id does not.");
    static final Flag UUID_VARIANT =
            new Flag("UuidVariant", "The variant digit of a UUID, which a nonce prescribes and a device id does not.");
    static final Flag UUID_TEXT = new Flag("UuidText", "A UUID in one of the other texts that UUID parsers take.");
    static final Flag OPAQUE_ID = new Flag("OpaqueId", "A device id that is no UUID, which a setting admits.");
    static final Flag UNREGISTERED_ID = new Flag("UnregisteredId", "A well-formed id that nobody registered.");

    // Keys.
    static final Flag WRONG_LENGTH = new Flag("WrongLength", "A byte too many or too few.");
    static final Flag WRONG_PREFIX = new Flag("WrongPrefix", "The first byte of a point names another form.");
    static final Flag HYBRID_POINT =
            new Flag("HybridPoint", "The hybrid form of X9.62, with 06 or 07 in front. Old parsers take it.");
    static final Flag OFF_THE_CURVE = new Flag(
            "OffTheCurve",
            "Coordinates that are no point of P-256. Computing with them can tell a secret or accept a forgery.");
    static final Flag COORDINATE_NOT_REDUCED =
            new Flag("CoordinateNotReduced", "A coordinate of p or more: the same point in another text.");
    static final Flag INFINITY =
            new Flag("Infinity", "The point at infinity, or what may be taken for it. Under it anything might verify.");
    static final Flag LEADING_ZERO_COORDINATE =
            new Flag("LeadingZeroCoordinate", "A coordinate with a zero byte in front, which must not be dropped.");
    static final Flag SMALL_COORDINATE = new Flag("SmallCoordinate", "A coordinate that is zero or very small.");
    static final Flag EITHER_PARITY = new Flag("EitherParity", "One x has two points. The first byte says which one.");
    static final Flag OTHER_KEY_KIND = new Flag("OtherKeyKind", "A key of another algorithm.");
    static final Flag EXPLICIT_PARAMETERS = new Flag(
            "ExplicitParameters",
            "The curve is written out and not named. Who takes it lets the sender choose the curve (CVE-2020-0601).");
    static final Flag ABSENT_PARAMETERS = new Flag("AbsentParameters", "The curve is not named at all.");
    static final Flag UNUSED_BITS = new Flag("UnusedBits", "A BIT STRING that does not end with a whole byte.");
    static final Flag WRONG_LABEL = new Flag("WrongLabel", "A PEM block of another kind.");
    static final Flag LINE_ENDS =
            new Flag("LineEnds", "The line ends of a text file: LF, CR LF, and none behind the last line.");
    static final Flag PRIVATE_KEY = new Flag(
            "PrivateKey", "A private key where a public one is asked for. It is to be refused, and not to be used.");
    static final Flag TWO_KEYS = new Flag("TwoKeys", "Two keys where one is asked for. Two readers may take either.");
    static final Flag OTHER_FORM = new Flag("OtherForm", "A right key in another form than it claims to be in.");
    static final Flag WRONG_MEMBER = new Flag("WrongMember", "A member of a JWK with a value that is not right.");
    static final Flag DUPLICATE_MEMBER =
            new Flag("DuplicateMember", "A member twice. RFC 7517: reject it or take the last.");
    static final Flag OTHER_MEMBERS =
            new Flag("OtherMembers", "Members that say nothing about the point, which are ignored.");
    static final Flag NOT_JSON = new Flag("NotJson", "No JSON object.");
    static final Flag JSON_SYNTAX = new Flag(
            "JsonSyntax", "JSON written in another way: white space, order, escapes. Finds home-made parsers.");

    private Flags() {}

    /** All of them, by id. */
    static List<Flag> all() {
        Map<String, Flag> all = new TreeMap<>();
        for (Class<?> holder : List.of(Flags.class, StateFlags.class)) {
            for (Field field : holder.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) && field.getType() == Flag.class) {
                    Flag flag = valueOf(field);
                    if (all.put(flag.id(), flag) != null) {
                        throw new IllegalStateException("two flags are called " + flag.id());
                    }
                }
            }
        }
        return List.copyOf(all.values());
    }

    private static Flag valueOf(Field field) {
        try {
            return (Flag) field.get(null);
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
