package dev.countersign.conformance.signing;

import dev.countersign.conformance.suite.Hex;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;

/** How a signature is written into its header: the one right way, and many that a lax reader takes for it. */
@SuppressWarnings("ImmutableEnumChecker") // pure functions
public enum Encoding {
    /** Base64, padded, of strict DER. */
    DER(any -> true, RawSignature::text),

    // DER that is not strict.
    /** The sequence's length in two bytes where one would do. */
    LONG_SEQUENCE_LENGTH(any -> true, base64(signature -> {
        byte[] der = signature.der();
        return P256Key.concat(new byte[] {0x30, (byte) 0x81}, Arrays.copyOfRange(der, 1, der.length));
    })),
    /** The length of r in two bytes where one would do. */
    LONG_INTEGER_LENGTH(any -> true, base64(signature -> {
        byte[] r = signature.r().toByteArray();
        return RawSignature.sequence(P256Key.concat(
                new byte[] {0x02, (byte) 0x81, (byte) r.length},
                r,
                RawSignature.integer(signature.s().toByteArray())));
    })),
    /** The indefinite length of BER. */
    INDEFINITE_LENGTH(any -> true, base64(signature -> {
        byte[] der = signature.der();
        return P256Key.concat(
                new byte[] {0x30, (byte) 0x80}, Arrays.copyOfRange(der, 2, der.length), new byte[] {0, 0});
    })),
    /** A zero byte too many before r. */
    PADDED_R(
            any -> true,
            base64(signature -> sequence(prepend0(signature.r()), signature.s().toByteArray()))),
    /** A zero byte too many before s. */
    PADDED_S(any -> true, base64(signature -> sequence(signature.r().toByteArray(), prepend0(signature.s())))),
    /** r without the zero byte that keeps it positive. */
    NEGATIVE_R(
            signature -> signature.r().bitLength() == 256,
            base64(signature -> sequence(drop0(signature.r()), signature.s().toByteArray()))),
    /** s without the zero byte that keeps it positive. */
    NEGATIVE_S(
            signature -> signature.s().bitLength() == 256,
            base64(signature -> sequence(signature.r().toByteArray(), drop0(signature.s())))),
    /** A byte after the sequence. */
    TRAILING_BYTE(any -> true, base64(signature -> P256Key.concat(signature.der(), new byte[] {0}))),
    /** A byte after s, inside the sequence. */
    TRAILING_BYTE_INSIDE(any -> true, base64(signature -> {
        byte[] der = signature.der();
        return RawSignature.sequence(P256Key.concat(Arrays.copyOfRange(der, 2, der.length), new byte[] {0}));
    })),
    /** A third integer in the sequence. */
    THIRD_INTEGER(any -> true, base64(signature -> {
        byte[] der = signature.der();
        return RawSignature.sequence(P256Key.concat(Arrays.copyOfRange(der, 2, der.length), new byte[] {2, 1, 0}));
    })),
    /** r alone. */
    ONE_INTEGER(
            any -> true,
            base64(signature ->
                    RawSignature.sequence(RawSignature.integer(signature.r().toByteArray())))),
    /** The last byte missing. */
    TRUNCATED(any -> true, base64(signature -> {
        byte[] der = signature.der();
        return Arrays.copyOf(der, der.length - 1);
    })),
    /** A SET in place of the SEQUENCE. */
    SET_TAG(any -> true, base64(signature -> retag(signature.der(), 0, 0x31))),
    /** r as a BIT STRING. */
    BIT_STRING_R(any -> true, base64(signature -> retag(signature.der(), 2, 0x03))),
    /** r as an INTEGER without content. */
    EMPTY_R(any -> true, base64(signature -> sequence(new byte[0], signature.s().toByteArray()))),
    /** Two empty integers. */
    EMPTY_INTEGERS(any -> true, base64(signature -> sequence(new byte[0], new byte[0]))),
    /** An empty sequence. */
    EMPTY_SEQUENCE(any -> true, base64(signature -> new byte[] {0x30, 0})),
    /** The DER signature wrapped into an OCTET STRING. */
    OCTET_STRING(any -> true, base64(signature -> {
        byte[] der = signature.der();
        return P256Key.concat(new byte[] {0x04, (byte) der.length}, der);
    })),
    /** r ‖ s, 64 bytes, as JOSE and WebCrypto have it. */
    RAW(any -> true, base64(RawSignature::raw)),

    // Numbers out of range, in strict DER.
    /** r = 0. */
    ZERO_R(any -> true, numbers(signature -> new RawSignature(BigInteger.ZERO, signature.s()))),
    /** s = 0. */
    ZERO_S(any -> true, numbers(signature -> new RawSignature(signature.r(), BigInteger.ZERO))),
    /** r = s = 0. */
    ZERO_R_ZERO_S(any -> true, numbers(signature -> new RawSignature(BigInteger.ZERO, BigInteger.ZERO))),
    /** r = n. */
    R_IS_N(any -> true, numbers(signature -> new RawSignature(P256Key.N, signature.s()))),
    /** s = n. */
    S_IS_N(any -> true, numbers(signature -> new RawSignature(signature.r(), P256Key.N))),
    /** r + n: the same remainder. */
    R_PLUS_N(any -> true, numbers(signature -> new RawSignature(signature.r().add(P256Key.N), signature.s()))),
    /** s + n: the same remainder. */
    S_PLUS_N(
            any -> true,
            numbers(signature -> new RawSignature(signature.r(), signature.s().add(P256Key.N)))),
    /** −r, as DER writes it. */
    MINUS_R(any -> true, numbers(signature -> new RawSignature(signature.r().negate(), signature.s()))),
    /** −s, as DER writes it. */
    MINUS_S(
            any -> true,
            numbers(signature -> new RawSignature(signature.r(), signature.s().negate()))),
    /** r and s exchanged. */
    SWAPPED(any -> true, numbers(signature -> new RawSignature(signature.s(), signature.r()))),
    /** r + 1. */
    NEXT_R(any -> true, numbers(signature -> new RawSignature(signature.r().add(BigInteger.ONE), signature.s()))),
    /** s + 1. */
    NEXT_S(
            any -> true,
            numbers(signature -> new RawSignature(signature.r(), signature.s().add(BigInteger.ONE)))),

    // Base64 that is not canonical.
    /** Without its padding. */
    NO_PADDING(
            signature -> signature.text().endsWith("="),
            signature -> signature.text().replace("=", "")),
    /** One padding character too many. */
    EXTRA_PADDING(any -> true, signature -> signature.text() + "="),
    /** The URL alphabet. */
    URL_ALPHABET(
            signature -> signature.text().contains("+") || signature.text().contains("/"),
            signature -> signature.text().replace('+', '-').replace('/', '_')),
    /** A spare bit of the last character set, of two: the same bytes, another text. */
    SPARE_BITS(signature -> signature.text().endsWith("=") && !signature.text().endsWith("=="), Encoding::withSpareBit),
    /** A spare bit of the last character set, of four. */
    SPARE_BITS_OF_FOUR(signature -> signature.text().endsWith("=="), Encoding::withSpareBit),
    /** A space inside. */
    INNER_SPACE(any -> true, signature -> insert(signature.text(), 40, " ")),
    /** A line feed after 64 characters, as a MIME encoder writes it. */
    LINE_FEED(any -> true, signature -> insert(signature.text(), 64, "\n")),
    /** The same with a carriage return before it. */
    CR_LF(any -> true, signature -> insert(signature.text(), 64, "\r\n")),
    /** A character that is not of the alphabet inside. */
    FOREIGN_CHARACTER(any -> true, signature -> insert(signature.text(), 40, "!")),
    /** Padding in the middle, where two encodings were joined. */
    INNER_PADDING(any -> true, signature -> {
        byte[] der = signature.der();
        Base64.Encoder base64 = Base64.getEncoder();
        return base64.encodeToString(Arrays.copyOf(der, 31))
                + base64.encodeToString(Arrays.copyOfRange(der, 31, der.length));
    }),
    /** Hex of DER. */
    HEX(any -> true, signature -> Hex.of(signature.der())),
    /** Base64 of the Base64. */
    TWICE(
            any -> true,
            signature -> Base64.getEncoder().encodeToString(signature.text().getBytes(StandardCharsets.US_ASCII)));

    private final Predicate<RawSignature> fits;
    private final Function<RawSignature, String> writer;

    Encoding(Predicate<RawSignature> fits, Function<RawSignature, String> writer) {
        this.fits = fits;
        this.writer = writer;
    }

    /** Whether this signature shows the encoding's oddity; most do, some need numbers of a certain size. */
    public boolean fits(RawSignature signature) {
        return fits.test(signature);
    }

    /** The header's text. */
    public String write(RawSignature signature) {
        return writer.apply(signature);
    }

    /** The name in templates: lower case with hyphens. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The encoding of that name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Encoding of(String label) {
        for (Encoding encoding : values()) {
            if (encoding.label().equals(label)) {
                return encoding;
            }
        }
        throw new IllegalArgumentException("no such encoding: " + label);
    }

    private static Function<RawSignature, String> base64(Function<RawSignature, byte[]> bytes) {
        return signature -> Base64.getEncoder().encodeToString(bytes.apply(signature));
    }

    private static Function<RawSignature, String> numbers(Function<RawSignature, RawSignature> change) {
        return signature -> change.apply(signature).text();
    }

    private static byte[] sequence(byte[] r, byte[] s) {
        return RawSignature.sequence(P256Key.concat(RawSignature.integer(r), RawSignature.integer(s)));
    }

    private static byte[] prepend0(BigInteger number) {
        return P256Key.concat(new byte[1], number.toByteArray());
    }

    private static byte[] drop0(BigInteger number) {
        byte[] bytes = number.toByteArray();
        return Arrays.copyOfRange(bytes, 1, bytes.length);
    }

    private static byte[] retag(byte[] der, int at, int tag) {
        der[at] = (byte) tag;
        return der;
    }

    private static String withSpareBit(RawSignature signature) {
        String text = signature.text();
        int last = text.indexOf('=') - 1;
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        char next = alphabet.charAt(alphabet.indexOf(text.charAt(last)) + 1);
        return text.substring(0, last) + next + text.substring(last + 1);
    }

    private static String insert(String text, int at, String what) {
        return text.substring(0, at) + what + text.substring(at);
    }
}
