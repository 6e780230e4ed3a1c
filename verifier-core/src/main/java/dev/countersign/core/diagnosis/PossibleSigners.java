package dev.countersign.core.diagnosis;

import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.wire.P256;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECAlgorithms;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.BigIntegers;

/**
 * The keys under which a signature of a message is valid: from R, whose x is r modulo n, follows Q = r⁻¹·(s·R − e·G).
 * There are two, for the two points with that x, once in 2^128 four; for numbers that nobody signed with there may be
 * none.
 */
final class PossibleSigners {
    private static final X9ECParameters CURVE = CustomNamedCurves.getByName("secp256r1");
    private static final BigInteger N = CURVE.getN();
    private static final BigInteger P = CURVE.getCurve().getField().getCharacteristic();
    private static final byte[] SIGNS = {2, 3};

    private PossibleSigners() {}

    /**
     * The keys.
     *
     * @param digest of the message
     * @param signature 64 bytes, r before s, both in range
     */
    static List<DevicePublicKey> of(byte[] digest, byte[] signature) {
        BigInteger r = new BigInteger(1, Arrays.copyOf(signature, P256.FIELD_BYTES));
        BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, P256.FIELD_BYTES, signature.length));
        BigInteger inverse = r.modInverse(N);
        BigInteger ofR = s.multiply(inverse).mod(N);
        BigInteger ofG = new BigInteger(1, digest).negate().multiply(inverse).mod(N);
        List<DevicePublicKey> keys = new ArrayList<>(2);
        for (BigInteger x = r; x.compareTo(P) < 0; x = x.add(N)) {
            for (byte sign : SIGNS) {
                byte[] point = P256.decompress(compressed(sign, x));
                if (point != null) {
                    ECPoint sum = ECAlgorithms.sumOfTwoMultiplies(
                            CURVE.getCurve().decodePoint(point), ofR, CURVE.getG(), ofG);
                    if (!sum.isInfinity()) {
                        keys.add(DevicePublicKey.ofPoint(sum.normalize().getEncoded(false)));
                    }
                }
            }
        }
        return keys;
    }

    private static byte[] compressed(byte sign, BigInteger x) {
        byte[] bytes = new byte[1 + P256.FIELD_BYTES];
        bytes[0] = sign;
        BigIntegers.asUnsignedByteArray(x, bytes, 1, P256.FIELD_BYTES);
        return bytes;
    }
}
