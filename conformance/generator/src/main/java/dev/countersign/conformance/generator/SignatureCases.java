package dev.countersign.conformance.generator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.signing.RawSignature;
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
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;

/** Signatures alone: how they are written, and the edges of the arithmetic. */
final class SignatureCases {
    private static final BigInteger N = P256Key.N;
    private static final BigInteger ONE = BigInteger.ONE;
    private static final BigInteger TWO = BigInteger.TWO;
    private static final BigInteger ALL_ONES = ONE.shiftLeft(256).subtract(ONE);
    private static final P256Key KEY = P256Key.named("a");
    private static final String MESSAGE = "POST\n/v1/hsi\n1767225600\n{\"n\":1}";
    private static final byte[] DIGEST = Hex.sha256(ascii(MESSAGE));

    /** An arbitrary digest, key number and k for cases where they do not matter. */
    private static final BigInteger E = number("digest");

    private static final BigInteger D = KEY.d();
    private static final BigInteger K = number("k");

    /**
     * 71 bytes of DER, so that its Base64 ends in one padding character; with characters that base64url writes
     * otherwise.
     */
    private static final RawSignature RIGHT = find(signature -> signature.r().bitLength() == 256
            && signature.s().bitLength() == 255
            && signature.text().contains("+")
            && signature.text().contains("/"));

    private final CaseBook book = new CaseBook("signatures", "Signatures: encodings and arithmetic", Role.SIGNATURE);

    static Group group() {
        SignatureCases cases = new SignatureCases();
        cases.rightForms();
        cases.encodings();
        cases.otherMessages();
        cases.otherKeys();
        cases.digests();
        cases.multipliers();
        cases.sums();
        cases.smallAndLarge();
        return cases.book.group();
    }

    private void rightForms() {
        right("ordinary", Rules.ECDSA, Flags.ORDINARY, RIGHT, "A signature as SDKs make it.");
        right(
                "low-s",
                Rules.HIGH_S,
                Flags.LOW_S,
                find(signature -> signature.s().bitLength() < 250),
                "s is far below n/2.");
        right("high-s", Rules.HIGH_S, Flags.HIGH_S, RIGHT.flipped(), "(r, n-s) is valid whenever (r, s) is.");
        wrong(
                "high-s-of-other-r",
                Rules.HIGH_S,
                Flags.HIGH_S,
                "high-s",
                "r is n-r.",
                "Only s may be replaced by its negative: -r is another number.",
                new RawSignature(N.subtract(RIGHT.r()), RIGHT.flipped().s()).text());
        right(
                "base64-two-padding-characters",
                Rules.BASE64,
                Flags.ORDINARY,
                find(signature -> signature.der().length == 70),
                "70 bytes of DER: the Base64 ends in ==.");
        right(
                "base64-one-padding-character",
                Rules.BASE64,
                Flags.ORDINARY,
                find(signature -> signature.der().length == 71),
                "71 bytes of DER: the Base64 ends in =.");
        right(
                "base64-no-padding-character",
                Rules.BASE64,
                Flags.ORDINARY,
                find(signature -> signature.der().length == 72),
                "72 bytes of DER: the Base64 has no padding.");
        right(
                "der-short-number",
                Rules.DER,
                Flags.TINY_NUMBER,
                find(signature -> signature.r().bitLength() <= 247),
                "r has a byte less than usual, so its INTEGER is shorter: it is not filled up.");
    }

    private void encodings() {
        List<Map.Entry<String, RawSignature>> rights = List.of(
                Map.entry("ordinary", RIGHT),
                Map.entry("high-s", RIGHT.flipped()),
                Map.entry("base64-two-padding-characters", find(signature -> signature.der().length == 70)));
        for (EncodingFault fault : EncodingFault.ALL) {
            Map.Entry<String, RawSignature> right = rights.stream()
                    .filter(each -> fault.encoding().fits(each.getValue()))
                    .findFirst()
                    .orElseThrow();
            wrong(
                    fault.encoding().label(),
                    fault.rule(),
                    fault.flag(),
                    right.getKey(),
                    fault.difference(),
                    fault.comment(),
                    fault.encoding().write(right.getValue()));
        }
        wrong(
                "empty-text",
                Rules.BASE64,
                Flags.EMPTY_VALUE,
                "ordinary",
                "The text is empty.",
                "No bytes are no signature.",
                "");
        wrong(
                "padding-alone",
                Rules.BASE64,
                Flags.EXTRA_PADDING,
                "ordinary",
                "The text is ====.",
                "Padding pads something.",
                "====");
    }

    private void otherMessages() {
        byte[] message = ascii(MESSAGE);
        signed("double-hash", Flags.DOUBLE_HASH, "The hash of the hash is signed.", Hex.sha256(DIGEST));
        signed(
                "hash-of-hex",
                Flags.DOUBLE_HASH,
                "The hash of the hash's hexadecimal text is signed.",
                Hex.sha256(ascii(Hex.of(DIGEST))));
        signed(
                "not-hashed",
                Flags.OTHER_MESSAGE,
                "The first 32 bytes of the message are signed in place of a hash.",
                Arrays.copyOf(message, 32));
        signed(
                "digest-reversed",
                Flags.OTHER_MESSAGE,
                "The hash is taken as a little-endian number.",
                reversed(DIGEST));
        changed("message-one-bit", "The last bit of the message is another one.", flipLastBit(message));
        changed(
                "message-shorter",
                "The last byte of the message is missing.",
                Arrays.copyOf(message, message.length - 1));
        changed("message-longer", "The message has a zero byte more.", Arrays.copyOf(message, message.length + 1));
        changed("message-empty", "The message is empty.", new byte[0]);
    }

    private void signed(String name, Flag flag, String difference, byte[] digest) {
        wrong(
                name,
                Rules.MESSAGE_HASH,
                flag,
                "ordinary",
                difference,
                "What is signed is SHA-256 of the message, hashed once.",
                KEY.sign(digest, 0).text());
    }

    private void changed(String name, String difference, byte[] message) {
        book.negative(name)
                .rule(Rules.ECDSA)
                .flags(Flags.OTHER_MESSAGE)
                .from("ordinary")
                .difference(difference)
                .comment("The signature is over other bytes.")
                .steps(verifySignature(KEY.point(), message, RIGHT, RIGHT.text(), false));
    }

    private void otherKeys() {
        otherKey("other-key", Flags.OTHER_KEY, "The key is another one.", P256Key.named("b"));
        otherKey("negative-key", Flags.OTHER_KEY, "The key's y is p-y.", new P256Key(N.subtract(D)));
        otherKey("key-is-base-point", Flags.SPECIAL_KEY, "The key is the base point.", new P256Key(ONE));
        otherCurve("secp256k1", "secp256k1");
        otherCurve("p384", "secp384r1");
        otherCurve("p521", "secp521r1");
    }

    private void otherKey(String name, Flag flag, String difference, P256Key key) {
        book.negative(name)
                .rule(Rules.ECDSA)
                .flags(flag)
                .from("ordinary")
                .difference(difference)
                .comment("The signature is valid under its own key alone.")
                .steps(verifySignature(key.point(), ascii(MESSAGE), RIGHT, RIGHT.text(), false));
    }

    private void otherCurve(String name, String curve) {
        X9ECParameters parameters = CustomNamedCurves.getByName(curve);
        BigInteger n = parameters.getN();
        BigInteger r = parameters
                .getG()
                .multiply(K)
                .normalize()
                .getAffineXCoord()
                .toBigInteger()
                .mod(n);
        BigInteger s = K.modInverse(n)
                .multiply(new BigInteger(1, DIGEST).add(r.multiply(D)))
                .mod(n);
        RawSignature signature = new RawSignature(r, s);
        wrong(
                "curve-" + name,
                Rules.ECDSA,
                Flags.OTHER_CURVE,
                "ordinary",
                "The signature is made with the same private number on " + curve + ".",
                "The numbers satisfy another curve's equation.",
                longText(signature));
    }

    private void digests() {
        EdgeSignature zero = EdgeSignature.of(D, K, BigInteger.ZERO);
        digest("zero", Flags.DIGEST_ZERO, zero, "u1 is zero: the sum is u2*Q alone.");
        digest(
                "n",
                Flags.DIGEST_ABOVE_N,
                zero.over(N),
                "n is zero modulo n: the signature of digest zero is valid, too.");
        otherDigest("zero-as-one", "zero", "The digest is 1.", zero.over(ONE));
        EdgeSignature one = EdgeSignature.of(D, K, ONE);
        digest("one", Flags.SMALLEST_VALUE, one, "31 zero bytes and a one.");
        digest(
                "n-plus-1",
                Flags.DIGEST_ABOVE_N,
                one.over(N.add(ONE)),
                "1 modulo n: the signature of digest 1 is valid, too.");
        otherDigest("one-as-zero", "one", "The digest is 0.", one.over(BigInteger.ZERO));
        EdgeSignature largest = EdgeSignature.of(D, K, N.subtract(ONE));
        digest("n-minus-1", Flags.LARGEST_VALUE, largest, "The largest number that is not reduced.");
        otherDigest("n-minus-1-as-n", "n-minus-1", "The digest is n.", largest.over(N));
        EdgeSignature ones = EdgeSignature.of(D, K, ALL_ONES);
        digest("all-ones", Flags.DIGEST_ABOVE_N, ones, "The largest digest, which is more than n.");
        otherDigest(
                "all-ones-modulo-p",
                "all-ones",
                "The digest is the remainder modulo p of all ones.",
                ones.over(ALL_ONES.mod(EdgeSignature.P)));
        otherDigest(
                "all-ones-shifted",
                "all-ones",
                "The digest has its first bit cleared.",
                ones.over(ALL_ONES.shiftRight(1)));
        for (int bytes : new int[] {1, 4, 16}) {
            EdgeSignature zeros = EdgeSignature.of(D, K, E.shiftRight(8 * bytes));
            String name = "leading-zeros-" + bytes;
            digest(name, Flags.DIGEST_LEADING_ZEROS, zeros, "The digest is 32 bytes, leading zeros included.");
            otherDigest(
                    name + "-moved",
                    name,
                    "The zero bytes stand at the end.",
                    zeros.over(E.shiftRight(8 * bytes).shiftLeft(8 * bytes)));
        }
    }

    private void digest(String name, Flag flag, EdgeSignature signature, String comment) {
        valid("digest-" + name, Rules.DIGEST_EDGES, flag, signature, comment);
    }

    private void otherDigest(String name, String from, String difference, EdgeSignature signature) {
        invalid(
                "digest-" + name,
                Rules.DIGEST_EDGES,
                Flags.OTHER_MESSAGE,
                "digest-" + from,
                difference,
                "Another number modulo n is another message.",
                signature);
    }

    /** u1 or u2 is 1 or −1, or both are equal. */
    private void multipliers() {
        BigInteger r = EdgeSignature.of(D, K, E).signature().r();
        EdgeSignature digestIsR = EdgeSignature.of(D, K, r);
        edge("digest-is-r", Flags.DIGEST_IS_R, digestIsR, "e = r: u1 and u2 are equal.");
        BigInteger s = r.multiply(D).multiply(K.subtract(ONE).modInverse(N)).mod(N);
        edge("digest-is-s", Flags.DIGEST_IS_S, EdgeSignature.of(D, K, s), "e = s: u1 is 1.");
        BigInteger minus =
                N.subtract(r.multiply(D).multiply(K.add(ONE).modInverse(N)).mod(N));
        edge("digest-is-minus-s", Flags.DIGEST_IS_S, EdgeSignature.of(D, K, minus), "e = n-s: u1 is n-1.");
        BigInteger equal = r.multiply(K.subtract(D)).mod(N);
        edge("r-is-s", Flags.NUMBERS_EQUAL, EdgeSignature.of(D, K, equal), "r = s: u2 is 1.");
        BigInteger opposite = r.multiply(K.add(D)).negate().mod(N);
        edge("r-is-minus-s", Flags.NUMBERS_EQUAL, EdgeSignature.of(D, K, opposite), "s = n-r: u2 is n-1.");
        nextS("digest-is-r", Flags.DIGEST_IS_R, digestIsR);
    }

    /** The sum of u1·G and u2·Q, and how it comes about. */
    private void sums() {
        for (int d = 1; d <= 3; d++) {
            edge(
                    "key-" + d,
                    Flags.SPECIAL_KEY,
                    EdgeSignature.of(BigInteger.valueOf(d), K, E),
                    "Q is " + d + "*G, a point that tables of multiples of G hold.");
            edge(
                    "key-minus-" + d,
                    Flags.SPECIAL_KEY,
                    EdgeSignature.of(N.subtract(BigInteger.valueOf(d)), K, E),
                    "Q is -" + d + "*G.");
        }
        edge("sum-is-base-point", Flags.SPECIAL_NONCE_POINT, EdgeSignature.of(D, ONE, E), "The sum is G.");
        edge(
                "sum-is-minus-base-point",
                Flags.SPECIAL_NONCE_POINT,
                EdgeSignature.of(D, N.subtract(ONE), E),
                "The sum is -G.");
        edge("sum-is-twice-base-point", Flags.SPECIAL_NONCE_POINT, EdgeSignature.of(D, TWO, E), "The sum is 2*G.");
        EdgeSignature base = EdgeSignature.of(D, K, E);
        BigInteger r = base.signature().r();
        EdgeSignature doubling = EdgeSignature.of(D, K, r.multiply(D).mod(N));
        edge("doubling", Flags.DOUBLING, doubling, "u1*G and u2*Q are one point, which is added to itself.");
        nextS("doubling", Flags.DOUBLING, doubling);
        edge(
                "doubling-base-point",
                Flags.DOUBLING,
                EdgeSignature.of(ONE, K, r),
                "Q is G and e = r: the same multiple of the same point twice.");

        BigInteger cancelling = N.subtract(r.multiply(D).mod(N));
        EdgeSignature ordinary = EdgeSignature.of(D, K.add(ONE), cancelling);
        edge("before-cancelling", Flags.ORDINARY, ordinary, "A right signature of the digest n - r*d, for another r.");
        cancels("cancelling", "before-cancelling", ordinary.with(new RawSignature(r, number("s"))));
        cancels("cancelling-small-s", "before-cancelling", ordinary.with(new RawSignature(r, ONE)));
        EdgeSignature ofMinusG = EdgeSignature.of(N.subtract(ONE), K.add(ONE), r);
        edge("before-cancelling-base-point", Flags.SPECIAL_KEY, ofMinusG, "Q is -G; a right signature of a digest.");
        cancels(
                "cancelling-base-point",
                "before-cancelling-base-point",
                ofMinusG.with(new RawSignature(r, number("s"))));

        EdgeSignature above = EdgeSignature.of(EdgeSignature.pointNear(N.add(ONE), 1), number("s"), E);
        edge("x-above-n", Flags.X_ABOVE_N, above, "The sum's x is above n, so r is x-n, a small number.");
        nextR("x-above-n", Flags.X_ABOVE_N, above);
        EdgeSignature top =
                EdgeSignature.of(EdgeSignature.pointNear(EdgeSignature.P.subtract(ONE), -1), number("s"), E);
        edge("x-below-p", Flags.X_ABOVE_N, top, "The sum's x is the largest there is.");
        BigInteger wrapped = r.add(EdgeSignature.P).subtract(N);
        BigInteger d = K.multiply(number("s"))
                .subtract(E)
                .multiply(wrapped.modInverse(N))
                .mod(N);
        EdgeSignature right = EdgeSignature.of(d, K, E);
        edge("before-wrapping", Flags.ORDINARY, right, "A right signature.");
        invalid(
                "x-wraps",
                Rules.POINT_EDGES,
                Flags.X_WRAPS,
                "before-wrapping",
                "The signature's r is the sum's x + p - n, and s makes the equation hold for that r but for the last comparison.",
                "r + n is above p and equals the sum's x modulo p. Only an r + n below p may be compared.",
                right.with(new RawSignature(wrapped, number("s"))));
    }

    private void smallAndLarge() {
        EdgeSignature smallS = EdgeSignature.of(P256Key.timesBasePoint(K), ONE, E);
        range("s-is-1", Flags.TINY_NUMBER, smallS, "The smallest s.");
        range(
                "s-is-n-minus-1",
                Flags.HUGE_NUMBER,
                smallS.with(smallS.signature().flipped()),
                "The largest s.");
        nextS("s-is-1", Flags.TINY_NUMBER, smallS);
        EdgeSignature smallR = EdgeSignature.of(EdgeSignature.pointNear(ONE, 1), number("s"), E);
        range("r-is-tiny", Flags.TINY_NUMBER, smallR, "The smallest r for which a point has this x.");
        nextR("r-is-tiny", Flags.TINY_NUMBER, smallR);
        EdgeSignature largeR = EdgeSignature.of(EdgeSignature.pointNear(N.subtract(ONE), -1), number("s"), E);
        range("r-is-huge", Flags.HUGE_NUMBER, largeR, "The largest r for which a point has this x.");
        nextR("r-is-huge", Flags.HUGE_NUMBER, largeR);
        EdgeSignature smallBoth = EdgeSignature.of(EdgeSignature.pointNear(ONE, 1), ONE, E);
        range("both-tiny", Flags.TINY_NUMBER, smallBoth, "The shortest DER of a signature: eight bytes.");
        range(
                "both-huge",
                Flags.HUGE_NUMBER,
                EdgeSignature.of(EdgeSignature.pointNear(N.subtract(ONE), -1), N.subtract(ONE), E),
                "Both numbers right below n.");
    }

    private void edge(String name, Flag flag, EdgeSignature signature, String comment) {
        valid(name, Rules.POINT_EDGES, flag, signature, comment);
    }

    private void range(String name, Flag flag, EdgeSignature signature, String comment) {
        valid(name, Rules.SIGNATURE_RANGE, flag, signature, comment);
    }

    private void cancels(String name, String from, EdgeSignature signature) {
        invalid(
                name,
                Rules.POINT_EDGES,
                Flags.CANCELLING,
                from,
                "The signature is one for which u1*G and u2*Q cancel out.",
                "The sum is infinity, which has no x, so nothing can equal r.",
                signature);
    }

    private void nextS(String from, Flag flag, EdgeSignature signature) {
        RawSignature right = signature.signature();
        next(
                from + "-next-s",
                flag,
                from,
                "s is one more.",
                signature.with(new RawSignature(right.r(), right.s().add(ONE))));
    }

    private void nextR(String from, Flag flag, EdgeSignature signature) {
        RawSignature right = signature.signature();
        next(
                from + "-other-r",
                flag,
                from,
                "r is another number.",
                signature.with(new RawSignature(right.r().xor(TWO), right.s())));
    }

    private void next(String name, Flag flag, String from, String difference, EdgeSignature signature) {
        invalid(name, Rules.ECDSA, flag, from, difference, "The equation does not hold.", signature);
    }

    private void right(String name, Rules rule, Flag flag, RawSignature signature, String comment) {
        book.positive(name)
                .rule(rule)
                .flags(flag)
                .comment(comment)
                .steps(verifySignature(KEY.point(), ascii(MESSAGE), signature, signature.text(), true));
    }

    private void wrong(
            String name, Rules rule, Flag flag, String from, String difference, String comment, String text) {
        RawSignature right = from.equals("high-s") ? RIGHT.flipped() : RIGHT;
        book.negative(name)
                .rule(rule)
                .flags(flag)
                .from(from)
                .difference(difference)
                .comment(comment)
                .steps(verifySignature(KEY.point(), ascii(MESSAGE), right, text, false));
    }

    private void valid(String name, Rules rule, Flag flag, EdgeSignature signature, String comment) {
        book.positive(name).rule(rule).flags(flag).comment(comment).steps(verifyDigest(signature, true));
    }

    private void invalid(
            String name,
            Rules rule,
            Flag flag,
            String from,
            String difference,
            String comment,
            EdgeSignature signature) {
        book.negative(name)
                .rule(rule)
                .flags(flag)
                .from(from)
                .difference(difference)
                .comment(comment)
                .steps(verifyDigest(signature, false));
    }

    private static Scenario verifySignature(
            byte[] key, byte[] message, RawSignature right, String text, boolean valid) {
        ObjectNode request = Json.object()
                .put("op", "verifySignature")
                .put("publicKeyHex", Hex.of(key))
                .put("messageHex", Hex.of(message))
                .put("signature", text);
        return Scenario.empty()
                .exchange(
                        request,
                        Json.object().put("valid", valid),
                        numbers(right).put("sha256Hex", Hex.of(Hex.sha256(message))));
    }

    private static Scenario verifyDigest(EdgeSignature signature, boolean valid) {
        ObjectNode request = Json.object()
                .put("op", "verifyDigest")
                .put("publicKeyHex", Hex.of(signature.key().getEncoded(false)))
                .put("digestHex", Hex.of(signature.digest()))
                .put("signature", signature.signature().text());
        return Scenario.empty().exchange(request, Json.object().put("valid", valid), numbers(signature.signature()));
    }

    private static ObjectNode numbers(RawSignature signature) {
        String raw = Hex.of(signature.raw());
        return Json.object()
                .put("rHex", raw.substring(0, 64))
                .put("sHex", raw.substring(64))
                .put("derHex", Hex.of(signature.der()));
    }

    /** A signature of the message that has this property: the first one, going up from a certain k. */
    private static RawSignature find(Predicate<RawSignature> property) {
        BigInteger e = new BigInteger(1, DIGEST);
        for (BigInteger k = K; ; k = k.add(ONE)) {
            RawSignature signature = EdgeSignature.of(D, k, e).signature();
            if (property.test(signature)) {
                return signature;
            }
        }
    }

    /** Base64 of DER, also where it needs a long length. */
    private static String longText(RawSignature signature) {
        try {
            ASN1EncodableVector numbers = new ASN1EncodableVector();
            numbers.add(new ASN1Integer(signature.r()));
            numbers.add(new ASN1Integer(signature.s()));
            return Base64.getEncoder().encodeToString(new DERSequence(numbers).getEncoded("DER"));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** An arbitrary number below n, always the same for a name. */
    private static BigInteger number(String name) {
        return new BigInteger(1, Hex.sha256(ascii("countersign conformance number\n" + name))).mod(N);
    }

    private static byte[] flipLastBit(byte[] bytes) {
        byte[] flipped = bytes.clone();
        flipped[flipped.length - 1] ^= 1;
        return flipped;
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
