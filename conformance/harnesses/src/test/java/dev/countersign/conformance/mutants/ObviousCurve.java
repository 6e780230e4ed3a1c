package dev.countersign.conformance.mutants;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * P-256 as the textbook has it: affine points, chord and tangent. Takes a thousand times as long as it could and says
 * nothing about side channels.
 */
final class ObviousCurve {
    static final BigInteger P = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    static final BigInteger N = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    private static final BigInteger A = P.subtract(BigInteger.valueOf(3));
    private static final BigInteger B = hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
    static final Point G = new Point(
            hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
            hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"));

    /** The neutral element; its coordinates are no point of the curve. */
    static final Point INFINITY = new Point(BigInteger.ZERO, BigInteger.ZERO);

    private static final BigInteger TWO = BigInteger.TWO;
    private static final BigInteger THREE = BigInteger.valueOf(3);

    // Remembered, because dozens of mutants ask for the same products of the same few keys.
    private static final Map<Point, List<Point>> DOUBLINGS = new ConcurrentHashMap<>();
    private static final Map<Product, Point> PRODUCTS = new ConcurrentHashMap<>();

    private ObviousCurve() {}

    /** A point in affine coordinates. */
    record Point(BigInteger x, BigInteger y) {
        boolean isInfinity() {
            return equals(INFINITY);
        }

        /** y² = x³ − 3x + b, both coordinates below p. */
        boolean isOnCurve() {
            return isCoordinate(x) && isCoordinate(y) && y.multiply(y).mod(P).equals(ySquared(x));
        }
    }

    private record Product(BigInteger factor, Point point) {}

    static boolean isCoordinate(BigInteger number) {
        return number.signum() >= 0 && number.compareTo(P) < 0;
    }

    static BigInteger ySquared(BigInteger x) {
        return x.multiply(x).add(A).multiply(x).add(B).mod(P);
    }

    /** A root of y² with this parity; some number of that parity if there is no root. */
    static BigInteger y(BigInteger x, boolean odd) {
        BigInteger root = ySquared(x).modPow(P.add(BigInteger.ONE).shiftRight(2), P);
        return root.testBit(0) == odd ? root : P.subtract(root);
    }

    /** p + q, whatever they are. */
    static Point add(Point p, Point q) {
        if (p.isInfinity()) {
            return q;
        }
        if (q.isInfinity()) {
            return p;
        }
        if (!p.x().equals(q.x())) {
            return third(p, q, q.y().subtract(p.y()), q.x().subtract(p.x()));
        }
        if (!p.y().equals(q.y())) {
            return INFINITY;
        }
        return third(p, p, THREE.multiply(p.x()).multiply(p.x()).add(A), TWO.multiply(p.y()));
    }

    /** The mirror image of the third point on the line through p and q, whose slope is rise by run. */
    private static Point third(Point p, Point q, BigInteger rise, BigInteger run) {
        BigInteger slope = rise.multiply(run.modInverse(P)).mod(P);
        BigInteger x = slope.multiply(slope).subtract(p.x()).subtract(q.x()).mod(P);
        return new Point(x, slope.multiply(p.x().subtract(x)).subtract(p.y()).mod(P));
    }

    /** factor · point, bit by bit. */
    static Point multiply(BigInteger factor, Point point) {
        return PRODUCTS.computeIfAbsent(new Product(factor, point), ObviousCurve::multiply);
    }

    private static Point multiply(Product product) {
        List<Point> doublings = DOUBLINGS.computeIfAbsent(product.point(), ObviousCurve::doublings);
        Point sum = INFINITY;
        for (int bit = 0; bit < product.factor().bitLength(); bit++) {
            if (product.factor().testBit(bit)) {
                sum = add(sum, doublings.get(bit));
            }
        }
        return sum;
    }

    private static List<Point> doublings(Point point) {
        List<Point> doublings = new ArrayList<>();
        Point doubled = point;
        for (int bit = 0; bit < N.bitLength(); bit++) {
            doublings.add(doubled);
            doubled = add(doubled, doubled);
        }
        return doublings;
    }

    private static BigInteger hex(String digits) {
        return new BigInteger(digits, 16);
    }
}
