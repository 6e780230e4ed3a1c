package dev.countersign.conformance.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Hex;
import java.math.BigInteger;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.bouncycastle.math.ec.ECPoint;
import org.junit.jupiter.api.Test;

/** The cases with chosen numbers reach the edges that their flags name: recomputed from the request alone. */
class EdgeSignatureTest {
    private static final BigInteger N = P256Key.N;
    private static final BigInteger P = EdgeSignature.P;
    private static final ECPoint G = P256Key.CURVE.getG();
    private static final Group GROUP = SignatureCases.group();

    /**
     * The two points whose sum a verifier looks at, as the equation has them.
     *
     * @param left u1·G
     * @param right u2·Q
     */
    private record Terms(BigInteger e, BigInteger r, BigInteger s, ECPoint key, ECPoint left, ECPoint right) {
        ECPoint sum() {
            return left.add(right).normalize();
        }

        BigInteger x() {
            return sum().getAffineXCoord().toBigInteger();
        }

        boolean holds() {
            return !sum().isInfinity() && x().mod(N).equals(r);
        }
    }

    @Test
    void theEquationGivesEveryExpectation() {
        int valid = 0;
        for (Case aCase : GROUP.cases()) {
            ObjectNode request = aCase.steps().get(0).request();
            if (request.path("op").asText().equals("verifyDigest")) {
                boolean expected = aCase.steps().get(0).expect().path("valid").asBoolean();
                assertEquals(expected, terms(aCase).holds(), aCase.id());
                valid += expected ? 1 : 0;
            }
        }
        assertTrue(valid > 20, "the cases were not found");
    }

    @Test
    void equalTermsAreEqual() {
        // A wrong s beside it no longer doubles.
        flagged(Flags.DOUBLING, true, terms -> assertEquals(terms.left(), terms.right()));
    }

    @Test
    void oppositeTermsCancel() {
        flagged(Flags.CANCELLING, false, terms -> {
            assertFalse(terms.left().isInfinity());
            assertTrue(terms.sum().isInfinity());
        });
    }

    @Test
    void highXLiesAboveN() {
        flagged(Flags.X_ABOVE_N, true, terms -> {
            assertTrue(terms.x().compareTo(N) > 0);
            assertTrue(terms.r().compareTo(P.subtract(N)) < 0);
        });
    }

    @Test
    void wrappedXEqualsRPlusNModuloPOnly() {
        flagged(Flags.X_WRAPS, false, terms -> {
            assertEquals(terms.x(), terms.r().add(N).mod(P));
            assertTrue(terms.r().add(N).compareTo(P) >= 0);
        });
    }

    @Test
    void specialSumsAreMultiplesOfTheBasePoint() {
        flagged(Flags.SPECIAL_NONCE_POINT, true, terms -> {
            ECPoint sum = terms.sum();
            assertTrue(List.of(G, G.negate().normalize(), G.twice().normalize()).contains(sum));
        });
    }

    @Test
    void equalNumbersMakeTheKeysMultiplierOne() {
        flagged(
                Flags.NUMBERS_EQUAL,
                true,
                terms -> assertTrue(terms.right().equals(terms.key())
                        || terms.right().negate().equals(terms.key())));
    }

    @Test
    void digestsEqualNumbers() {
        flagged(Flags.DIGEST_IS_R, true, terms -> assertEquals(terms.r(), terms.e()));
        flagged(
                Flags.DIGEST_IS_S,
                true,
                terms -> assertTrue(terms.e().equals(terms.s()) || terms.e().equals(N.subtract(terms.s()))));
        flagged(Flags.DIGEST_ZERO, true, terms -> assertTrue(terms.left().isInfinity()));
        flagged(Flags.DIGEST_ABOVE_N, true, terms -> assertTrue(terms.e().compareTo(N) >= 0));
    }

    private static void flagged(Flag flag, boolean positive, Consumer<Terms> check) {
        int found = 0;
        for (Case aCase : GROUP.cases()) {
            if (aCase.flags().contains(flag.id()) && aCase.positive() == positive) {
                check.accept(terms(aCase));
                found++;
            }
        }
        assertTrue(found > 0, flag.id());
    }

    private static Terms terms(Case aCase) {
        ObjectNode request = aCase.steps().get(0).request();
        JsonNode intermediates = Objects.requireNonNull(aCase.steps().get(0).intermediates());
        BigInteger e = number(request.path("digestHex").asText());
        BigInteger r = number(intermediates.path("rHex").asText());
        BigInteger s = number(intermediates.path("sHex").asText());
        ECPoint key = P256Key.CURVE
                .getCurve()
                .decodePoint(Hex.parse(request.path("publicKeyHex").asText()));
        BigInteger w = s.modInverse(N);
        return new Terms(
                e,
                r,
                s,
                key,
                G.multiply(e.multiply(w).mod(N)).normalize(),
                key.multiply(r.multiply(w).mod(N)).normalize());
    }

    private static BigInteger number(String hex) {
        return new BigInteger(hex, 16);
    }
}
