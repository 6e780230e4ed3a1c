package dev.countersign.conformance.generator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.BigIntegers;

/** Public keys in every form. */
final class KeyCases {
    private static final P256Key KEY = P256Key.named("a");
    private static final byte[] POINT = KEY.point();
    private static final String POINT_HEX = Hex.of(POINT);
    private static final BigInteger P = EdgeSignature.P;

    /** In DER: id-ecPublicKey and prime256v1. */
    private static final String EC_P256 = "301306072a8648ce3d020106082a8648ce3d030107";

    /** A point whose y is 5. */
    private static final String SMALL_Y_HEX = "04d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7"
            + "0000000000000000000000000000000000000000000000000000000000000005";

    private final CaseBook book = new CaseBook("keys", "Public keys in every form", Role.KEYS);

    static Group group() {
        KeyCases cases = new KeyCases();
        cases.points();
        cases.wrongPoints();
        cases.compressed();
        cases.spki();
        cases.otherCurves();
        cases.pem();
        cases.jwk();
        cases.wrongJwk();
        return cases.book.group();
    }

    private void points() {
        point("point", Flags.ORDINARY, POINT, "04, x and y.");
        point(
                "point-base",
                Flags.SPECIAL_KEY,
                new P256Key(BigInteger.ONE).point(),
                "The base point is a key like any other.");
        point("point-x-zero", Flags.SMALL_COORDINATE, xZero(), "x is zero: a point of the curve, and not infinity.");
        point("point-small-x", Flags.SMALL_COORDINATE, near(BigInteger.ONE, 1), "The smallest x that is not zero.");
        point("point-small-y", Flags.SMALL_COORDINATE, Hex.parse(SMALL_Y_HEX), "y is 5.");
        point(
                "point-large-x",
                Flags.LARGEST_VALUE,
                near(P.subtract(BigInteger.ONE), -1),
                "The largest x there is; it is below p.");
        point(
                "point-leading-zero-x",
                Flags.LEADING_ZERO_COORDINATE,
                leadingZeroX().point(),
                "The first byte of x is zero.");
        point(
                "point-leading-zero-y",
                Flags.LEADING_ZERO_COORDINATE,
                leadingZeroY().point(),
                "The first byte of y is zero.");
    }

    private void wrongPoints() {
        String length = "A point has 65 bytes.";
        noPoint(
                "point-no-prefix",
                Flags.WRONG_LENGTH,
                Arrays.copyOfRange(POINT, 1, 65),
                "The 04 in front is missing.",
                length);
        noPoint("point-shorter", Flags.WRONG_LENGTH, Arrays.copyOf(POINT, 64), "The last byte is missing.", length);
        noPoint("point-longer", Flags.WRONG_LENGTH, Arrays.copyOf(POINT, 66), "A zero byte follows.", length);
        noPoint("point-empty", Flags.WRONG_LENGTH, new byte[0], "There are no bytes.", length);
        String four = "Only 04 stands in front of both coordinates.";
        noPoint("point-prefix-00", Flags.WRONG_PREFIX, prefixed(0), "00 stands in front.", four);
        noPoint("point-prefix-02", Flags.WRONG_PREFIX, prefixed(2), "02 stands in front.", four);
        noPoint("point-prefix-05", Flags.WRONG_PREFIX, prefixed(5), "05 stands in front.", four);
        boolean odd = (POINT[64] & 1) == 1;
        noPoint(
                "point-hybrid",
                Flags.HYBRID_POINT,
                prefixed(odd ? 7 : 6),
                "The hybrid form's byte stands in front, the right one of both.",
                four);
        noPoint(
                "point-hybrid-other-parity",
                Flags.HYBRID_POINT,
                prefixed(odd ? 6 : 7),
                "The hybrid form's byte stands in front, the wrong one of both.",
                four);
        String curve = "A key that is not on the curve is refused before anything is computed with it.";
        byte[] nextY = POINT.clone();
        nextY[64] ^= 1;
        noPoint("point-off-the-curve", Flags.OFF_THE_CURVE, nextY, "The last bit of y is another one.", curve);
        noPoint(
                "point-swapped",
                Flags.OFF_THE_CURVE,
                bytes("04", Hex.of(Arrays.copyOfRange(POINT, 33, 65)), Hex.of(Arrays.copyOfRange(POINT, 1, 33))),
                "x and y are exchanged.",
                curve);
        noPoint(
                "point-little-endian",
                Flags.OFF_THE_CURVE,
                bytes("04", Hex.of(reversed(1)), Hex.of(reversed(33))),
                "The bytes of both coordinates are in reverse.",
                curve);
        noPoint(
                "point-zeros",
                Flags.INFINITY,
                Arrays.copyOf(new byte[] {4}, 65),
                "Both coordinates are zero.",
                "(0, 0) is not on the curve; some libraries take it for infinity.");
        noPoint(
                "point-infinity",
                Flags.INFINITY,
                new byte[1],
                "It is 00, the point at infinity.",
                "Infinity is no public key.");
        noPoint(
                "point-infinity-padded",
                Flags.INFINITY,
                new byte[65],
                "It is 65 zero bytes.",
                "Infinity is no public key.");
        String reduced = "Coordinates are below p: one text for each point.";
        invalid(
                "point-x-is-p",
                Rules.KEY_POINT,
                Flags.COORDINATE_NOT_REDUCED,
                "point-x-zero",
                "x is p in place of 0.",
                reduced,
                "point",
                plusP(xZero(), 1));
        invalid(
                "point-x-plus-p",
                Rules.KEY_POINT,
                Flags.COORDINATE_NOT_REDUCED,
                "point-small-x",
                "x is x + p.",
                reduced,
                "point",
                plusP(near(BigInteger.ONE, 1), 1));
        invalid(
                "point-y-plus-p",
                Rules.KEY_POINT,
                Flags.COORDINATE_NOT_REDUCED,
                "point-small-y",
                "y is y + p.",
                reduced,
                "point",
                plusP(Hex.parse(SMALL_Y_HEX), 33));
        form("point-is-compressed", Rules.KEY_POINT, "compressed-ordinary", "point", KEY.compressed());
        form("point-is-spki", Rules.KEY_POINT, "spki", "point", KEY.spki());
        noPoint(
                "point-hexadecimal",
                Flags.HEX_TEXT,
                ascii(POINT_HEX),
                "It is the text of its hexadecimal digits.",
                "The bytes themselves are given.");
        noPoint(
                "point-base64",
                Flags.OTHER_FORM,
                ascii(Base64.getEncoder().encodeToString(POINT)),
                "It is the text of its Base64.",
                "The bytes themselves are given.");
    }

    private void point(String name, Flag flag, byte[] point, String comment) {
        valid(name, Rules.KEY_POINT, flag, "point", point, point, comment);
    }

    private void noPoint(String name, Flag flag, byte[] data, String difference, String comment) {
        invalid(name, Rules.KEY_POINT, flag, "point", difference, comment, "point", data);
    }

    private void compressed() {
        compressed("ordinary", Flags.ORDINARY, POINT, "02 or 03, and x: the y with that parity.");
        byte[] other = new P256Key(P256Key.N.subtract(KEY.d())).point();
        compressed("other-parity", Flags.EITHER_PARITY, other, "The other one of 02 and 03 is the other point.");
        compressed("x-zero", Flags.SMALL_COORDINATE, xZero(), "x is zero: there is a point.");
        compressed(
                "leading-zero", Flags.LEADING_ZERO_COORDINATE, leadingZeroX().point(), "The first byte of x is zero.");
        compressed("large-x", Flags.LARGEST_VALUE, near(P.subtract(BigInteger.ONE), -1), "The largest x there is.");
        byte[] right = KEY.compressed();
        notCompressed(
                "shorter", Flags.WRONG_LENGTH, Arrays.copyOf(right, 32), "The last byte is missing.", "33 bytes.");
        notCompressed("longer", Flags.WRONG_LENGTH, Arrays.copyOf(right, 34), "A zero byte follows.", "33 bytes.");
        for (int prefix : new int[] {0, 1, 4, 5, 6}) {
            byte[] wrong = right.clone();
            wrong[0] = (byte) prefix;
            notCompressed(
                    "prefix-0" + prefix,
                    Flags.WRONG_PREFIX,
                    wrong,
                    "0" + prefix + " stands in front.",
                    "Only 02 and 03 stand in front of an x alone.");
        }
        notCompressed(
                "no-such-x",
                Flags.OFF_THE_CURVE,
                noSuchX(),
                "x is the next one without a point.",
                "Half of all x have no point on the curve: there is no square root.");
        byte[] xZero = bytes("02", Hex.of(BigIntegers.asUnsignedByteArray(32, BigInteger.ZERO)));
        xZero[0] = compress(xZero())[0];
        byte[] xIsP = xZero.clone();
        System.arraycopy(BigIntegers.asUnsignedByteArray(32, P), 0, xIsP, 1, 32);
        invalid(
                "compressed-x-is-p",
                Rules.KEY_COMPRESSED,
                Flags.COORDINATE_NOT_REDUCED,
                "compressed-x-zero",
                "x is p in place of 0.",
                "x is below p.",
                "compressed",
                xIsP);
        form("compressed-is-point", Rules.KEY_COMPRESSED, "point", "compressed", POINT);
    }

    private void compressed(String name, Flag flag, byte[] point, String comment) {
        valid("compressed-" + name, Rules.KEY_COMPRESSED, flag, "compressed", compress(point), point, comment);
    }

    private void notCompressed(String name, Flag flag, byte[] data, String difference, String comment) {
        invalid(
                "compressed-" + name,
                Rules.KEY_COMPRESSED,
                flag,
                "compressed-ordinary",
                difference,
                comment,
                "compressed",
                data);
    }

    private void spki() {
        byte[] spki = KEY.spki();
        valid("spki", Rules.KEY_SPKI, Flags.ORDINARY, "spki", spki, POINT, "The named curve and the point.");
        valid(
                "spki-leading-zero",
                Rules.KEY_SPKI,
                Flags.LEADING_ZERO_COORDINATE,
                "spki",
                leadingZeroX().spki(),
                leadingZeroX().point(),
                "The first byte of x is zero.");
        noSpki(
                "trailing-byte",
                Flags.TRAILING_DATA,
                Arrays.copyOf(spki, spki.length + 1),
                "A zero byte follows.",
                "Nothing stands behind the sequence.");
        noSpki(
                "truncated",
                Flags.MISSING_PART,
                Arrays.copyOf(spki, spki.length - 1),
                "The last byte is missing.",
                "The lengths say how much there is.");
        noSpki("empty", Flags.MISSING_PART, new byte[0], "There are no bytes.", "No bytes are no key.");
        noSpki(
                "ber-length",
                Flags.BER_LENGTH,
                bytes("308159" + EC_P256 + "034200", POINT_HEX),
                "The outer length is in two bytes.",
                "DER has minimal lengths.");
        noSpki(
                "indefinite-length",
                Flags.INDEFINITE_LENGTH,
                bytes("3080" + EC_P256 + "034200", POINT_HEX, "0000"),
                "The outer length is the indefinite one.",
                "DER has definite lengths.");
        noSpki(
                "unused-bit",
                Flags.UNUSED_BITS,
                bytes("3059" + EC_P256 + "034201", POINT_HEX),
                "The BIT STRING says that its last bit is unused.",
                "A point is whole bytes.");
        noSpki(
                "octet-string",
                Flags.WRONG_TAG,
                bytes("3058" + EC_P256 + "0441", POINT_HEX),
                "The point stands in an OCTET STRING.",
                "The point stands in a BIT STRING.");
        noSpki(
                "set",
                Flags.WRONG_TAG,
                bytes("3159" + EC_P256 + "034200", POINT_HEX),
                "A SET is in place of the SEQUENCE.",
                "It is a SEQUENCE.");
        byte[] nextY = POINT.clone();
        nextY[64] ^= 1;
        noSpki(
                "off-the-curve",
                Flags.OFF_THE_CURVE,
                bytes("3059" + EC_P256 + "034200", Hex.of(nextY)),
                "The last bit of y is another one.",
                "The point inside is checked like any other.");
        noSpki(
                "infinity",
                Flags.INFINITY,
                bytes("3019" + EC_P256 + "0302" + "0000"),
                "The point is 00, infinity.",
                "Infinity is no public key.");
        noSpki(
                "hybrid",
                Flags.HYBRID_POINT,
                bytes("3059" + EC_P256 + "034200", Hex.of(prefixed((POINT[64] & 1) == 1 ? 7 : 6))),
                "The point is in the hybrid form.",
                "The hybrid form is no form of the protocol.");
        noSpki(
                "shorter-point",
                Flags.WRONG_LENGTH,
                bytes("3058" + EC_P256 + "034100", POINT_HEX.substring(0, 128)),
                "The point lacks its last byte, and all lengths say so.",
                "A point has 65 bytes.");
        noSpki(
                "private-key",
                Flags.PRIVATE_KEY,
                KEY.pkcs8(),
                "It is the private key in PKCS#8.",
                "A private key is not to be registered.");
        form("spki-is-point", Rules.KEY_SPKI, "point", "spki", POINT);
        form("spki-is-pem", Rules.KEY_SPKI, "pem", "spki", ascii(KEY.pem()));
    }

    private void noSpki(String name, Flag flag, byte[] data, String difference, String comment) {
        invalid("spki-" + name, Rules.KEY_SPKI, flag, "spki", difference, comment, "spki", data);
    }

    private void otherCurves() {
        valid("curve-p256", Rules.KEY_CURVE, Flags.ORDINARY, "spki", KEY.spki(), POINT, "The curve is P-256.");
        String only = "P-256 is the only curve, and ECDSA the only algorithm.";
        other(
                "p384",
                Flags.OTHER_CURVE,
                "spki",
                bytes("3076301006072a8648ce3d020106052b81040022036200", onCurve("secp384r1")),
                "It is a key on P-384.",
                only);
        other(
                "secp256k1",
                Flags.OTHER_CURVE,
                "spki",
                bytes("3056301006072a8648ce3d020106052b8104000a034200", onCurve("secp256k1")),
                "It is a key on secp256k1, which has as many bytes.",
                only);
        other(
                "brainpool",
                Flags.OTHER_CURVE,
                "spki",
                bytes("305a301406072a8648ce3d020106092b2403030208010107034200", POINT_HEX),
                "It names brainpoolP256r1.",
                only);
        other(
                "secp256k1-point-named-p256",
                Flags.OTHER_CURVE,
                "spki",
                bytes("3059" + EC_P256 + "034200", onCurve("secp256k1")),
                "The point is one of secp256k1.",
                "It is not on P-256.");
        other(
                "p256-point-named-secp256k1",
                Flags.OTHER_CURVE,
                "spki",
                bytes("3056301006072a8648ce3d020106052b8104000a034200", POINT_HEX),
                "The curve's name is secp256k1's.",
                only);
        other(
                "absent-parameters",
                Flags.ABSENT_PARAMETERS,
                "spki",
                bytes("304f300906072a8648ce3d0201034200", POINT_HEX),
                "No curve is named.",
                "The curve is named, or the key is none.");
        other(
                "null-parameters",
                Flags.ABSENT_PARAMETERS,
                "spki",
                bytes("3051300b06072a8648ce3d02010500034200", POINT_HEX),
                "NULL is in place of the curve's name.",
                "The curve is named, or the key is none.");
        other(
                "explicit-parameters",
                Flags.EXPLICIT_PARAMETERS,
                "spki",
                explicit(),
                "The parameters of P-256 are written out.",
                "If parameters may be written out, others may be written as well.");
        other("rsa", Flags.OTHER_KEY_KIND, "spki", rsa(), "It is an RSA key.", only);
        other(
                "ed25519",
                Flags.OTHER_KEY_KIND,
                "spki",
                bytes("302a300506032b6570032100", POINT_HEX.substring(2, 66)),
                "It is an Ed25519 key.",
                only);
        other(
                "ecdh-oid",
                Flags.OTHER_KEY_KIND,
                "spki",
                bytes("3057301106052b8104010c06082a8648ce3d030107034200", POINT_HEX),
                "Its algorithm is id-ecDH.",
                "The key is one for key agreement alone.");
    }

    private void other(String name, Flag flag, String form, byte[] data, String difference, String comment) {
        invalid("curve-" + name, Rules.KEY_CURVE, flag, "curve-p256", difference, comment, form, data);
    }

    private void pem() {
        String pem = KEY.pem();
        goodPem("pem", Flags.ORDINARY, pem, "One block, lines of 64 characters.");
        goodPem("pem-crlf", Flags.LINE_ENDS, pem.replace("\n", "\r\n"), "Lines may end in CR LF.");
        goodPem("pem-no-last-line-end", Flags.LINE_ENDS, pem.stripTrailing(), "The last line end may be missing.");
        noPem(
                "label-private",
                Flags.WRONG_LABEL,
                pem.replace("PUBLIC KEY", "PRIVATE KEY"),
                "Its label is PRIVATE KEY.",
                "The label is PUBLIC KEY.");
        noPem(
                "label-ec-public",
                Flags.WRONG_LABEL,
                pem.replace("PUBLIC KEY", "EC PUBLIC KEY"),
                "Its label is EC PUBLIC KEY.",
                "The label is PUBLIC KEY.");
        noPem(
                "label-certificate",
                Flags.WRONG_LABEL,
                pem.replace("PUBLIC KEY", "CERTIFICATE"),
                "Its label is CERTIFICATE.",
                "The label is PUBLIC KEY.");
        noPem(
                "label-lower-case",
                Flags.WRONG_LABEL,
                pem.replace("PUBLIC KEY", "public key"),
                "Its label is in lower case.",
                "The label is PUBLIC KEY.");
        noPem(
                "labels-differ",
                Flags.WRONG_LABEL,
                pem.replace("END PUBLIC", "END PRIVATE"),
                "Its end names another label.",
                "Beginning and end name one label.");
        noPem(
                "private-key",
                Flags.PRIVATE_KEY,
                privatePem(),
                "It is the private key.",
                "A private key is not to be registered.");
        noPem(
                "two-blocks",
                Flags.TWO_KEYS,
                pem + P256Key.named("b").pem(),
                "Another key's block follows.",
                "One block is one key.");
        noPem(
                "no-end",
                Flags.MISSING_PART,
                pem.substring(0, pem.indexOf("-----END")),
                "The line with END is missing.",
                "A block has an end.");
        noPem(
                "no-beginning",
                Flags.MISSING_PART,
                pem.substring(pem.indexOf('\n') + 1),
                "The line with BEGIN is missing.",
                "A block has a beginning.");
        noPem(
                "base64-alone",
                Flags.MISSING_PART,
                Base64.getEncoder().encodeToString(KEY.spki()),
                "It is the Base64 alone.",
                "A block has a beginning and an end.");
        noPem(
                "empty-block",
                Flags.MISSING_PART,
                "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
                "The block is empty.",
                "No bytes are no key.");
        noPem(
                "foreign-character",
                Flags.BASE64_FOREIGN_CHARACTER,
                pem.replaceFirst("MFkw", "MFk!"),
                "A character of the Base64 is an exclamation mark.",
                "The block holds Base64.");
        noPem(
                "truncated-base64",
                Flags.MISSING_PART,
                pem.replaceFirst("(?s)....(\\n-----END)", "$1"),
                "The last four characters of the Base64 are missing.",
                "It holds a whole SubjectPublicKeyInfo.");
        noPem(
                "point-inside",
                Flags.OTHER_FORM,
                "-----BEGIN PUBLIC KEY-----\n" + Base64.getEncoder().encodeToString(POINT)
                        + "\n-----END PUBLIC KEY-----\n",
                "The block holds the point alone.",
                "It holds a SubjectPublicKeyInfo.");
        form("pem-is-spki", Rules.KEY_PEM, "spki", "pem", KEY.spki());
        form("pem-is-jwk", Rules.KEY_PEM, "jwk", "pem", ascii(KEY.jwk()));
    }

    private void goodPem(String name, Flag flag, String pem, String comment) {
        valid(name, Rules.KEY_PEM, flag, "pem", ascii(pem), POINT, comment);
    }

    private void noPem(String name, Flag flag, String pem, String difference, String comment) {
        invalid("pem-" + name, Rules.KEY_PEM, flag, "pem", difference, comment, "pem", ascii(pem));
    }

    private void jwk() {
        goodJwk("jwk", Flags.ORDINARY, KEY.jwk(), "kty, crv, x and y.");
        goodJwk(
                "jwk-other-order",
                Flags.JSON_SYNTAX,
                "{\"y\":\"" + y() + "\",\"x\":\"" + x() + "\",\"crv\":\"P-256\",\"kty\":\"EC\"}",
                "Members have no order.");
        goodJwk(
                "jwk-white-space",
                Flags.JSON_SYNTAX,
                " {\n\t\"kty\" : \"EC\",\r\n  \"crv\" : \"P-256\", \"x\":\"" + x() + "\", \"y\":\"" + y() + "\" }\n",
                "JSON may have white space between its parts.");
        goodJwk(
                "jwk-escapes",
                Flags.JSON_SYNTAX,
                KEY.jwk().replace("\"EC\"", "\"\\u0045C\"").replace("\"kty\"", "\"k\\u0074y\""),
                "An escape is the character that it stands for, in names, too.");
        goodJwk(
                "jwk-other-members",
                Flags.OTHER_MEMBERS,
                KEY.jwk()
                        .replace(
                                "}",
                                ",\"kid\":\"phone {1}\",\"use\":\"sig\",\"alg\":\"ES256\",\"key_ops\":[\"verify\"],\"ext\":true,\"n\":{\"x\":\"y\"}}"),
                "Members that say nothing about the point are ignored.");
        valid(
                "jwk-leading-zero",
                Rules.KEY_JWK,
                Flags.LEADING_ZERO_COORDINATE,
                "jwk",
                ascii(leadingZeroX().jwk()),
                leadingZeroX().point(),
                "A coordinate has 32 bytes, leading zeros included.");
    }

    private void goodJwk(String name, Flag flag, String jwk, String comment) {
        valid(name, Rules.KEY_JWK, flag, "jwk", ascii(jwk), POINT, comment);
    }

    private void wrongJwk() {
        String jwk = KEY.jwk();
        String four = "kty, crv, x and y are all needed.";
        noJwk("no-kty", Flags.ABSENT, jwk.replace("\"kty\":\"EC\",", ""), "kty is not there.", four);
        noJwk("no-crv", Flags.ABSENT, jwk.replace("\"crv\":\"P-256\",", ""), "crv is not there.", four);
        noJwk("no-x", Flags.ABSENT, jwk.replace("\"x\":\"" + x() + "\",", ""), "x is not there.", four);
        noJwk("no-y", Flags.ABSENT, jwk.replace(",\"y\":\"" + y() + "\"", ""), "y is not there.", four);
        String kind = "kty is EC and crv is P-256, exactly.";
        noJwk("kty-okp", Flags.WRONG_MEMBER, jwk.replace("\"EC\"", "\"OKP\""), "kty is OKP.", kind);
        noJwk("kty-lower-case", Flags.LETTER_CASE, jwk.replace("\"EC\"", "\"ec\""), "kty is ec.", kind);
        noJwk("crv-p-384", Flags.OTHER_CURVE, jwk.replace("P-256", "P-384"), "crv is P-384.", kind);
        noJwk("crv-p-256k", Flags.OTHER_CURVE, jwk.replace("P-256", "secp256k1"), "crv is secp256k1.", kind);
        noJwk(
                "crv-other-name",
                Flags.WRONG_MEMBER,
                jwk.replace("P-256", "secp256r1"),
                "crv is secp256r1, another name of P-256.",
                kind);
        noJwk("crv-lower-case", Flags.LETTER_CASE, jwk.replace("P-256", "p-256"), "crv is p-256.", kind);
        String base64 = "Coordinates are Base64url without padding, canonical.";
        noJwk("padded", Flags.EXTRA_PADDING, jwk.replace(x(), x() + "="), "x is padded.", base64);
        invalid(
                "jwk-standard-alphabet",
                Rules.KEY_JWK,
                Flags.URL_ALPHABET,
                "jwk",
                "The coordinates are in the standard alphabet.",
                base64,
                "jwk",
                ascii(standard(jwk)));
        noJwk("spare-bits", Flags.SPARE_BITS, jwk.replace(x(), spareBit(x())), "A spare bit of x is set.", base64);
        noJwk(
                "space-inside",
                Flags.BASE64_WHITE_SPACE,
                jwk.replace(x(), x().substring(0, 20) + " " + x().substring(20)),
                "x has a space inside.",
                base64);
        noJwk(
                "hexadecimal",
                Flags.HEX_TEXT,
                jwk.replace(x(), POINT_HEX.substring(2, 66)),
                "x is in hexadecimal.",
                base64);
        String length = "A coordinate has 32 bytes, leading zeros included.";
        invalid(
                "jwk-zero-dropped",
                Rules.KEY_JWK,
                Flags.WRONG_LENGTH,
                "jwk-leading-zero",
                "The leading zero of x is dropped.",
                length,
                "jwk",
                ascii(zeroDropped()));
        noJwk(
                "zero-added",
                Flags.WRONG_LENGTH,
                jwk.replace(x(), url(bytes("00", POINT_HEX.substring(2, 66)))),
                "x has a zero byte in front.",
                length);
        noJwk(
                "x-shorter",
                Flags.WRONG_LENGTH,
                jwk.replace(x(), url(Arrays.copyOfRange(POINT, 1, 32))),
                "x lacks its last byte.",
                length);
        noJwk("x-empty", Flags.EMPTY_VALUE, jwk.replace(x(), ""), "x is empty.", length);
        noJwk("x-is-point", Flags.WRONG_MEMBER, jwk.replace(x(), url(POINT)), "x is the whole point.", length);
        noJwk(
                "x-is-number",
                Flags.WRONG_MEMBER,
                jwk.replace("\"" + x() + "\"", "1"),
                "x is a number.",
                "Coordinates are strings.");
        noJwk(
                "x-is-null",
                Flags.WRONG_MEMBER,
                jwk.replace("\"" + x() + "\"", "null"),
                "x is null.",
                "Coordinates are strings.");
        noJwk(
                "swapped",
                Flags.OFF_THE_CURVE,
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + y() + "\",\"y\":\"" + x() + "\"}",
                "x and y are exchanged.",
                "The point is not on the curve.");
        noJwk(
                "zeros",
                Flags.INFINITY,
                jwk.replace(x(), "A".repeat(43)).replace(y(), "A".repeat(43)),
                "Both coordinates are zero.",
                "(0, 0) is not on the curve.");
        noJwk(
                "duplicate-last-wrong",
                Flags.DUPLICATE_MEMBER,
                jwk.replace("}", ",\"crv\":\"P-384\"}"),
                "crv follows a second time, as P-384.",
                "Whether a reader refuses it or takes the last, this is no key on P-256.");
        noJwk(
                "private",
                Flags.PRIVATE_KEY,
                jwk.replace("}", ",\"d\":\"" + url(BigIntegers.asUnsignedByteArray(32, KEY.d())) + "\"}"),
                "d is there.",
                "A private key is not to be registered.");
        noJwk("array", Flags.NOT_JSON, "[" + jwk + "]", "It stands in an array.", "A JWK is an object.");
        noJwk(
                "string",
                Flags.NOT_JSON,
                Json.line(Json.object().textNode(jwk)),
                "It is a string with the JWK inside.",
                "A JWK is an object.");
        noJwk("key-set", Flags.NOT_JSON, "{\"keys\":[" + jwk + "]}", "It stands in a key set.", "A set is not a key.");
        noJwk(
                "truncated",
                Flags.MISSING_PART,
                jwk.substring(0, jwk.length() - 1),
                "The last brace is missing.",
                "It is not JSON.");
        noJwk("trailing", Flags.TRAILING_DATA, jwk + "{}", "Another object follows.", "It is not one JSON value.");
        noJwk("comma", Flags.NOT_JSON, jwk.replace("}", ",}"), "A comma follows the last member.", "It is not JSON.");
        noJwk(
                "single-quotes",
                Flags.NOT_JSON,
                jwk.replace('"', '\''),
                "Its quotes are single ones.",
                "It is not JSON.");
        noJwk("empty", Flags.EMPTY_VALUE, "", "There is no text.", "It is not JSON.");
    }

    private void noJwk(String name, Flag flag, String jwk, String difference, String comment) {
        invalid("jwk-" + name, Rules.KEY_JWK, flag, "jwk", difference, comment, "jwk", ascii(jwk));
    }

    private void valid(String name, Rules rule, Flag flag, String form, byte[] data, byte[] point, String comment) {
        book.positive(name)
                .rule(rule)
                .flags(flag)
                .comment(comment)
                .steps(parse(form, data, Json.object().put("pointHex", Hex.of(point))));
    }

    private void invalid(
            String name,
            Rules rule,
            Flag flag,
            String from,
            String difference,
            String comment,
            String form,
            byte[] data) {
        book.negative(name)
                .rule(rule)
                .flags(flag)
                .from(from)
                .difference(difference)
                .comment(comment)
                .steps(parse(form, data, Json.object().put("invalid", true)));
    }

    /** A right key, which claims to be in another form. */
    private void form(String name, Rules rule, String from, String form, byte[] data) {
        invalid(
                name,
                rule,
                Flags.OTHER_FORM,
                from,
                "It claims to be of the form " + form + ".",
                "The form that is named is read, and nothing else is tried.",
                form,
                data);
    }

    private static Scenario parse(String form, byte[] data, ObjectNode expect) {
        ObjectNode request =
                Json.object().put("op", "parseKey").put("form", form).put("dataHex", Hex.of(data));
        return Scenario.empty().exchange(request, expect, Json.object());
    }

    private static byte[] prefixed(int prefix) {
        byte[] point = POINT.clone();
        point[0] = (byte) prefix;
        return point;
    }

    private static byte[] reversed(int from) {
        byte[] reversed = new byte[32];
        for (int i = 0; i < 32; i++) {
            reversed[i] = POINT[from + 31 - i];
        }
        return reversed;
    }

    private static byte[] near(BigInteger x, int step) {
        return EdgeSignature.pointNear(x, step).getEncoded(false);
    }

    private static byte[] xZero() {
        return near(BigInteger.ZERO, 1);
    }

    private static byte[] compress(byte[] point) {
        return P256Key.CURVE.getCurve().decodePoint(point).getEncoded(true);
    }

    /** The first x from the key's own on that has no point. */
    private static byte[] noSuchX() {
        BigInteger x = new BigInteger(1, Arrays.copyOfRange(POINT, 1, 33));
        while (Arrays.equals(Arrays.copyOfRange(near(x, 1), 1, 33), BigIntegers.asUnsignedByteArray(32, x))) {
            x = x.add(BigInteger.ONE);
        }
        byte[] none = KEY.compressed();
        System.arraycopy(BigIntegers.asUnsignedByteArray(32, x), 0, none, 1, 32);
        return none;
    }

    /** The coordinate at this place plus p. */
    private static byte[] plusP(byte[] point, int at) {
        byte[] changed = point.clone();
        BigInteger coordinate = new BigInteger(1, Arrays.copyOfRange(point, at, at + 32));
        System.arraycopy(BigIntegers.asUnsignedByteArray(32, coordinate.add(P)), 0, changed, at, 32);
        return changed;
    }

    private static P256Key leadingZeroX() {
        return firstKey(1);
    }

    private static P256Key leadingZeroY() {
        return firstKey(33);
    }

    /** The first of a row of keys that has a zero byte at this place of its point. */
    private static P256Key firstKey(int zeroAt) {
        ECPoint point = KEY.publicPoint();
        for (BigInteger d = KEY.d(); ; d = d.add(BigInteger.ONE)) {
            if (point.getEncoded(false)[zeroAt] == 0) {
                return new P256Key(d);
            }
            point = point.add(P256Key.CURVE.getG()).normalize();
        }
    }

    private static String standard(String jwk) {
        return jwk.replace("P-256", "P 256").replace('-', '+').replace('_', '/').replace("P 256", "P-256");
    }

    private static String zeroDropped() {
        byte[] point = leadingZeroX().point();
        return leadingZeroX()
                .jwk()
                .replace(url(Arrays.copyOfRange(point, 1, 33)), url(Arrays.copyOfRange(point, 2, 33)));
    }

    private static String spareBit(String base64Url) {
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        int last = base64Url.length() - 1;
        return base64Url.substring(0, last) + alphabet.charAt(alphabet.indexOf(base64Url.charAt(last)) + 1);
    }

    private static String x() {
        return url(Arrays.copyOfRange(POINT, 1, 33));
    }

    private static String y() {
        return url(Arrays.copyOfRange(POINT, 33, 65));
    }

    private static String url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String privatePem() {
        Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
        return "-----BEGIN PRIVATE KEY-----\n" + lines.encodeToString(KEY.pkcs8()) + "\n-----END PRIVATE KEY-----\n";
    }

    /** The key's private number times another curve's base point, uncompressed. */
    private static String onCurve(String curve) {
        X9ECParameters parameters = CustomNamedCurves.getByName(curve);
        return Hex.of(parameters.getG().multiply(KEY.d()).normalize().getEncoded(false));
    }

    /** The same key with the curve's parameters in place of its name. */
    private static byte[] explicit() {
        try {
            AlgorithmIdentifier algorithm = new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, P256Key.CURVE);
            return new SubjectPublicKeyInfo(algorithm, POINT).getEncoded("DER");
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** SubjectPublicKeyInfo of RSA, with an arbitrary modulus of 2048 bits. */
    private static byte[] rsa() {
        byte[] modulus = new byte[256];
        for (int i = 0; i < 8; i++) {
            System.arraycopy(Hex.sha256(ascii("countersign conformance rsa " + i)), 0, modulus, 32 * i, 32);
        }
        modulus[0] |= (byte) 0x80;
        modulus[255] |= 1;
        return bytes(
                "30820122300d06092a864886f70d01010105000382010f003082010a0282010100", Hex.of(modulus), "0203010001");
    }

    private static byte[] bytes(String... hex) {
        return Hex.parse(String.join("", hex));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
