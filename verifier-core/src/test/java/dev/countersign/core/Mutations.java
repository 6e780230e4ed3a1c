package dev.countersign.core;

import dev.countersign.api.SignedHeaders;
import dev.countersign.core.SignedRequests.Draft;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Changes to a signed request: some are the attacker's, some mean the same. */
final class Mutations {
    private static final BigInteger N =
            new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);
    private static final List<String> NAMES = List.of(
            SignedHeaders.APP_ID,
            SignedHeaders.DEVICE_ID,
            SignedHeaders.SIGNATURE,
            SignedHeaders.TIMESTAMP,
            SignedHeaders.NONCE,
            SignedHeaders.SIG_VERSION);
    private static final List<String> TARGETS = List.of(
            "",
            "*",
            "example.com:443",
            "v1/events",
            "/v1/events?",
            "/v1/events?a=1?b",
            "/v1/events#x",
            "/v1\\events",
            "/v1/events%0A",
            "/v1//events",
            "/v1/./events",
            "/v1/x/../events",
            "/v1/events;a=b",
            "/v1/%65vents",
            "/V1/events",
            "/v1/ events",
            "/v1/events\u0000",
            "/v1/events\n",
            "/v1/events\u007f",
            "/v1/eventsé",
            "http://h/v1/events",
            "HTTPS://h:1/v1/events?q",
            "http:///v1/events",
            "http://h",
            "http://h?v1",
            "ftp://h/v1/events",
            "//h/v1/events",
            "/ingest/v1/events",
            "/ingest/v1",
            "/ingest/v2/events",
            "/INGEST/v1/events",
            "/ingestion/v1/events",
            "http://h/ingest/v1/events");
    private static final List<String> METHODS = List.of(
            "GET",
            "HEAD",
            "PUT",
            "post",
            "Post",
            "",
            "-POST",
            "PO-ST",
            "POST ",
            "POST\u0000",
            "POſT",
            "TRACE",
            "OPTIONS",
            "A".repeat(32),
            "A".repeat(33));
    private static final List<String> VALUES = List.of(
            "",
            " ",
            "0",
            "1",
            "2",
            "01",
            "10000",
            "+1",
            "-1",
            "1.0",
            "١",
            "１",
            "99999999999",
            "100000000000",
            "18446744073709551617",
            "a,b",
            "é",
            "\u0000",
            "device-123",
            "x".repeat(128),
            "x".repeat(129),
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "6BA7B810-9DAD-41D1-80B4-00C04FD430C8",
            "1-1-1-1-1",
            "6ba7b810-9dad-41d1-c0b4-00c04fd430c8",
            "6ba7b8109dad41d180b400c04fd430c8",
            "AAAA",
            "MAYCAQECAQE=");

    private Mutations() {}

    /** What someone does who captured an accepted request. */
    static Draft replay(Draft draft, Random random) {
        if (!hasAll(draft)) {
            return draft; // accepted under a name in another case: replayed as it is
        }
        Draft changed = random.nextInt(3) > 0
                ? draft.with(SignedHeaders.NONCE, SignedRequests.nonce(1000 + random.nextInt(1000)))
                : draft.with(
                        SignedHeaders.NONCE, draft.header(SignedHeaders.NONCE).toUpperCase(Locale.ROOT));
        return random.nextBoolean()
                ? changed
                : changed.with(
                        SignedHeaders.DEVICE_ID,
                        draft.header(SignedHeaders.DEVICE_ID).toUpperCase(Locale.ROOT));
    }

    /** The request with one change. */
    static Draft mutate(Draft draft, Random random) {
        if (!hasAll(draft)) {
            return draft; // a header was taken away or renamed before: the order of faults is what there is to see
        }
        String name = pick(NAMES, random);
        List<UnaryOperator<Draft>> changes = List.of(
                d -> d.without(name),
                d -> d.adding(name, d.header(name)),
                d -> d.adding(name.toLowerCase(Locale.ROOT), pick(VALUES, random)),
                d -> d.with(name, pick(VALUES, random)),
                d -> d.with(name, d.header(name) + pick(List.of(" ", ",", "=", "\t", "0", "\u0000"), random)),
                d -> d.with(name, pick(List.of(" ", "+", "0", "\uFEFF"), random) + d.header(name)),
                d -> d.with(name, flip(d.header(name), random)),
                d -> d.with(name, d.header(name).toUpperCase(Locale.ROOT)),
                d -> d.with(name, d.header(name) + "," + d.header(name)),
                d -> renamed(d, name, name.toUpperCase(Locale.ROOT)),
                d -> renamed(d, name, name.replace("S", "ſ").replace("K", "K")),
                d -> d.withMethod(pick(METHODS, random)),
                d -> d.withTarget(pick(TARGETS, random)),
                d -> d.withTarget(d.target() + "?" + random.nextInt(9)),
                d -> d.withTarget("http://example.com" + d.target()),
                d -> d.withBody(new byte[random.nextInt(3)]),
                d -> d.with(SignedHeaders.NONCE, SignedRequests.nonce(random.nextInt(4))),
                d -> d.with(SignedHeaders.TIMESTAMP, shifted(d, random)),
                d -> d.with(SignedHeaders.SIGNATURE, signature(d, random)),
                d -> d.with(SignedHeaders.SIGNATURE, signature(d, random)));
        return pick(changes, random).apply(draft);
    }

    private static boolean hasAll(Draft draft) {
        List<String> names = draft.headers().stream().map(Map.Entry::getKey).toList();
        return names.containsAll(NAMES);
    }

    private static Draft renamed(Draft draft, String from, String to) {
        List<Map.Entry<String, String>> lines = new ArrayList<>();
        draft.headers().forEach(line -> lines.add(line.getKey().equals(from) ? Map.entry(to, line.getValue()) : line));
        return new Draft(draft.method(), draft.target(), lines, draft.body());
    }

    private static String shifted(Draft draft, Random random) {
        BigInteger value;
        try {
            value = new BigInteger(draft.header(SignedHeaders.TIMESTAMP));
        } catch (NumberFormatException alreadyMutated) {
            return "0";
        }
        return value.add(BigInteger.valueOf(random.nextInt(605) - 302)).toString();
    }

    private static String flip(String text, Random random) {
        if (text.isEmpty()) {
            return "x";
        }
        char[] chars = text.toCharArray();
        chars[random.nextInt(chars.length)] ^= (char) (1 << random.nextInt(7));
        return new String(chars);
    }

    /** The signature re-coded: as the same numbers, as other numbers, or in no form at all. */
    private static String signature(Draft draft, Random random) {
        byte[] der;
        try {
            der = Base64.getDecoder().decode(draft.header(SignedHeaders.SIGNATURE));
        } catch (IllegalArgumentException alreadyMutated) {
            return "";
        }
        if (der.length < 8 || der[3] < 0 || der.length < 6 + der[3]) {
            return "";
        }
        BigInteger r = new BigInteger(1, java.util.Arrays.copyOfRange(der, 4, 4 + der[3]));
        BigInteger s = new BigInteger(1, java.util.Arrays.copyOfRange(der, 6 + der[3], der.length));
        String canonical = Base64.getEncoder().encodeToString(der);
        return switch (random.nextInt(16)) {
            case 0, 1, 2 -> encode(r, N.subtract(s));
            case 3 -> encode(r, s.add(N));
            case 4 -> encode(BigInteger.ZERO, s);
            case 5 -> encode(r, BigInteger.ZERO);
            case 6 -> encode(r, N);
            case 7 -> encode(r.add(N), s);
            case 8 -> encode(r.negate(), s);
            case 9 -> HexFormat.of().formatHex(der);
            case 10 -> canonical.replace("=", "");
            case 11 -> spareBits(canonical);
            case 12 -> canonical.replace('+', '-').replace('/', '_');
            case 13 -> base64(new byte[] {0x30, (byte) 0x81, der[1]}, java.util.Arrays.copyOfRange(der, 2, der.length));
            case 14 -> base64(der, new byte[] {0});
            default -> base64(fixed(r), fixed(s));
        };
    }

    private static String spareBits(String canonical) {
        int last = canonical.length() - 1;
        while (last > 0 && canonical.charAt(last) == '=') {
            last--;
        }
        char[] chars = canonical.toCharArray();
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        chars[last] = alphabet.charAt(alphabet.indexOf(chars[last]) ^ 1);
        return new String(chars);
    }

    private static String encode(BigInteger r, BigInteger s) {
        byte[] first = r.toByteArray();
        byte[] second = s.toByteArray();
        byte[] der = new byte[6 + first.length + second.length];
        der[0] = 0x30;
        der[1] = (byte) (der.length - 2);
        der[2] = 2;
        der[3] = (byte) first.length;
        System.arraycopy(first, 0, der, 4, first.length);
        der[4 + first.length] = 2;
        der[5 + first.length] = (byte) second.length;
        System.arraycopy(second, 0, der, 6 + first.length, second.length);
        return Base64.getEncoder().encodeToString(der);
    }

    private static byte[] fixed(BigInteger number) {
        byte[] bytes = new byte[32];
        byte[] raw = number.toByteArray();
        int length = Math.min(32, raw.length);
        System.arraycopy(raw, raw.length - length, bytes, 32 - length, length);
        return bytes;
    }

    private static String base64(byte[] first, byte[] second) {
        String joined =
                new String(first, StandardCharsets.ISO_8859_1) + new String(second, StandardCharsets.ISO_8859_1);
        return Base64.getEncoder().encodeToString(joined.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static <T> T pick(List<T> from, Random random) {
        return from.get(random.nextInt(from.size()));
    }
}
