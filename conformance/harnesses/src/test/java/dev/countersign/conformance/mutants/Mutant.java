package dev.countersign.conformance.mutants;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.mutants.ObviousCurve.Point;
import dev.countersign.conformance.protocol.Harness;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Sequence;
import org.jspecify.annotations.Nullable;

/**
 * Harnesses that are wrong in one thing each, and where such a mistake comes from. Which cases each one fails, and why
 * those, is in {@code src/test/resources/mutants}.
 */
@SuppressWarnings("ImmutableEnumChecker") // a supplier of new objects
enum Mutant {
    // The message.

    DOUBLE_HASH(
            "SHA-256 is applied twice.",
            "The digest is handed to a function that takes a message, such as SHA256withECDSA.",
            () -> new ObviousHarness() {
                @Override
                protected byte[] hash(byte[] message) {
                    return super.hash(super.hash(message));
                }
            }),
    NO_LAST_LINE_FEED(
            "Without a body, the message ends with the timestamp.",
            "The parts that are not empty are joined with line feeds.",
            () -> new ObviousHarness() {
                @Override
                protected byte[] message(String method, String path, String timestamp, byte[] body) {
                    byte[] message = super.message(method, path, timestamp, body);
                    return body.length == 0 ? Arrays.copyOf(message, message.length - 1) : message;
                }
            }),
    CR_LF("Lines end in CR LF.", "The message is written with println, on Windows.", () -> new ObviousHarness() {
        @Override
        protected byte[] message(String method, String path, String timestamp, byte[] body) {
            return joined(method + "\r\n" + path + "\r\n" + timestamp + "\r\n", body);
        }
    }),
    PATH_DECODED(
            "Percent-escapes of the path are decoded.",
            "The framework's getPath() is used: it decodes.",
            () -> new ObviousHarness() {
                @Override
                protected String path(String pathAndQuery) {
                    try {
                        return URLDecoder.decode(
                                super.path(pathAndQuery).replace("+", "%2B"), StandardCharsets.ISO_8859_1);
                    } catch (IllegalArgumentException notAnEscape) {
                        return super.path(pathAndQuery);
                    }
                }
            }),
    PATH_LOWER_CASED(
            "The path is lower-cased.",
            "A router that takes paths without regard to case hands out its own form.",
            () -> new ObviousHarness() {
                @Override
                protected String path(String pathAndQuery) {
                    return asciiLower(super.path(pathAndQuery));
                }
            }),
    PATH_NORMALISED(
            "Double slashes are merged and dot segments resolved.",
            "A proxy with merge_slashes, or URI.normalize().",
            () -> new ObviousHarness() {
                @Override
                protected String path(String pathAndQuery) {
                    String path = super.path(pathAndQuery).replaceAll("/{2,}", "/");
                    while (path.matches(".*/\\.(/.*|$)")) {
                        path = path.replaceFirst("/\\.(/|$)", "/");
                    }
                    while (path.matches(".*/\\.\\.(/.*|$)")) {
                        path = path.replaceFirst("(/[^/]*)?/\\.\\.(/|$)", "/");
                    }
                    return path;
                }
            }),
    PATH_PARAMETERS_CUT(
            "Everything from a semicolon to the next slash is cut.",
            "A servlet container's getServletPath() has no path parameters.",
            () -> new ObviousHarness() {
                @Override
                protected String path(String pathAndQuery) {
                    return super.path(pathAndQuery).replaceAll(";[^/]*", "");
                }
            }),
    QUERY_INCLUDED("The query is signed, too.", "req.url in Node holds the query.", () -> new ObviousHarness() {
        @Override
        protected String path(String pathAndQuery) {
            return pathAndQuery;
        }
    }),
    METHOD_UPPER_CASED(
            "A method in lower case is taken for the one in upper case.",
            "HttpMethod.valueOf(method.toUpperCase()).",
            () -> new ObviousHarness() {
                @Override
                protected String method(String raw) {
                    return super.method(asciiUpper(raw));
                }
            }),
    BODY_AS_TEXT(
            "The body is read as UTF-8 text and signed as that.",
            "A framework that gives the body as a string.",
            () -> new ObviousHarness() {
                @Override
                protected byte[] message(String method, String path, String timestamp, byte[] body) {
                    byte[] text = new String(body, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
                    return super.message(method, path, timestamp, text);
                }
            }),
    BODY_OF_READS_IGNORED(
            "The body of a GET is not signed.",
            "A framework that knows of no body with GET.",
            () -> new ObviousHarness() {
                @Override
                protected byte[] message(String method, String path, String timestamp, byte[] body) {
                    return super.message(method, path, timestamp, isRead(method) ? new byte[0] : body);
                }
            }),

    // The /ingest rule.

    INGEST_ANY_METHOD(
            "/ingest is stripped with every method, GET included.",
            "The rule is known as \"strip /ingest\", without its method.",
            () -> new ObviousHarness() {
                @Override
                protected boolean ruleMatches(PathRule rule, String method, String path) {
                    return super.ruleMatches(rule, rule.methods().iterator().next(), path);
                }
            }),
    INGEST_LOOK_ALIKE(
            "/ingest is stripped from every POST whose path begins with these letters, in either case.",
            "path.toLowerCase().startsWith(\"/ingest\").",
            () -> new ObviousHarness() {
                @Override
                protected List<String> signedPaths(String method, String path, List<PathRule> rules) {
                    return method.equals("POST")
                                    && rules.contains(INGEST)
                                    && asciiLower(path).startsWith("/ingest")
                            ? List.of(path.substring("/ingest".length()))
                            : super.signedPaths(method, path, rules);
                }
            }),
    INGEST_NEVER(
            "No rule is known; every path is signed as it comes.",
            "The rule is in one sentence of the documentation.",
            () -> new ObviousHarness() {
                @Override
                protected boolean ruleMatches(PathRule rule, String method, String path) {
                    return false;
                }
            }),
    INGEST_BOTH(
            "Where a rule matches, a signature over the path as it came counts, too.",
            "Try one, and if that fails the other: some SDKs' quick starts need it.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isAcceptedUnstripped(PathRule rule, String path) {
                    return true;
                }
            }),
    INGEST_ALWAYS("The rule cannot be replaced by others.", "The prefix is a constant.", () -> new ObviousHarness() {
        @Override
        protected List<String> signedPaths(String method, String path, List<PathRule> rules) {
            return super.signedPaths(method, path, List.of(INGEST));
        }
    }),

    // The signature's text.

    BASE64_JDK(
            "Base64 without padding is taken, and with spare bits set.",
            "java.util.Base64.getDecoder().",
            () -> new ObviousHarness() {
                @Override
                protected byte @Nullable [] base64(String text) {
                    return decode(Base64.getDecoder(), text);
                }
            }),
    BASE64_URL("The URL alphabet is taken, too.", "Buffer.from(text, \"base64\") in Node.", () -> new ObviousHarness() {
        @Override
        protected byte @Nullable [] base64(String text) {
            return super.base64(text.replace('-', '+').replace('_', '/'));
        }
    }),
    BASE64_MIME(
            "Whatever is not of the alphabet is skipped.",
            "java.util.Base64.getMimeDecoder(), or base64.b64decode in Python.",
            () -> new ObviousHarness() {
                @Override
                protected byte @Nullable [] base64(String text) {
                    return decode(Base64.getMimeDecoder(), text);
                }
            }),
    DER_TRAILING(
            "Bytes behind the sequence are ignored.",
            "A reader of streams, such as d2i_ECDSA_SIG without a look at how much it took.",
            () -> new ObviousHarness() {
                @Override
                protected boolean mayFollowDer() {
                    return true;
                }
            }),
    DER_LONG_LENGTH(
            "Lengths may be written longer than need be.",
            "BER allows it, and many readers of DER are readers of BER.",
            () -> new ObviousHarness() {
                @Override
                protected int derLength(ByteBuffer in) {
                    int first = in.get() & 0xFF;
                    return first == 0x81 ? in.get() & 0xFF : first < 0x80 ? first : -1;
                }
            }),
    DER_PADDED(
            "Integers may have zero bytes in front.",
            "new BigInteger(bytes) takes any number of them.",
            () -> new ObviousHarness() {
                @Override
                protected BigInteger derInteger(byte[] content) {
                    return new BigInteger(content);
                }
            }),
    DER_UNSIGNED(
            "An integer without its leading zero byte is taken as a positive number.",
            "new BigInteger(1, bytes); signers that forget the byte made readers lenient.",
            () -> new ObviousHarness() {
                @Override
                protected @Nullable BigInteger derInteger(byte[] content) {
                    return content[0] < 0 ? unsigned(content) : super.derInteger(content);
                }
            }),
    DER_BER(
            "BER is taken, with what may stand behind it.",
            "Bouncy Castle's ASN1InputStream reads BER, one object of it.",
            () -> new ObviousHarness() {
                @Override
                protected @Nullable Numbers der(byte[] der) {
                    try (ASN1InputStream in = new ASN1InputStream(der)) {
                        ASN1Sequence sequence = ASN1Sequence.getInstance(in.readObject());
                        return sequence.size() != 2
                                ? null
                                : new Numbers(
                                        ASN1Integer.getInstance(sequence.getObjectAt(0))
                                                .getValue(),
                                        ASN1Integer.getInstance(sequence.getObjectAt(1))
                                                .getValue());
                    } catch (IOException | RuntimeException notBer) {
                        return null;
                    }
                }
            }),
    RAW_SIGNATURE(
            "64 bytes are taken as r and s.",
            "\"We accept both\": JOSE and WebCrypto sign so.",
            () -> new ObviousHarness() {
                @Override
                protected @Nullable Numbers der(byte[] der) {
                    return der.length == 64
                            ? new Numbers(unsigned(Arrays.copyOf(der, 32)), unsigned(Arrays.copyOfRange(der, 32, 64)))
                            : super.der(der);
                }
            }),
    HIGH_S_REFUSED(
            "An s above n/2 is refused.",
            "A rule of Bitcoin's, and the default of libraries made for it.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isAllowed(BigInteger s) {
                    return s.compareTo(ObviousCurve.N.shiftRight(1)) <= 0;
                }
            }),
    ZERO_ACCEPTED(
            "r and s may be 0; 1/s is computed as a power, and the x of infinity is 0.",
            "CVE-2022-21449: JDK 15 to 18.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isInRange(BigInteger number) {
                    return number.signum() == 0 || super.isInRange(number);
                }

                @Override
                protected BigInteger inverse(BigInteger s) {
                    return s.modPow(ObviousCurve.N.subtract(BigInteger.TWO), ObviousCurve.N);
                }

                @Override
                protected boolean holdsAtInfinity(BigInteger r) {
                    return r.signum() == 0;
                }
            }),
    RANGE_UNCHECKED("r and s count modulo n.", "The arithmetic reduces them anyway.", () -> new ObviousHarness() {
        @Override
        protected boolean isInRange(BigInteger number) {
            return true;
        }

        @Override
        protected boolean verifies(Point key, byte[] digest, Numbers signature) {
            Numbers reduced =
                    new Numbers(signature.r().mod(ObviousCurve.N), signature.s().mod(ObviousCurve.N));
            return reduced.s().signum() != 0 && super.verifies(key, digest, reduced);
        }
    }),
    INFINITY_ACCEPTED(
            "If the sum is infinity, every r fits.",
            "r·Z² is compared with X, projective coordinates, where both are 0.",
            () -> new ObviousHarness() {
                @Override
                protected boolean holdsAtInfinity(BigInteger r) {
                    return true;
                }
            }),
    X_NOT_WRAPPED(
            "r is compared with x itself, and not modulo n.",
            "One x in 2^32 lies above n; no test with random signatures sees it.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isX(BigInteger r, BigInteger x) {
                    return x.equals(r);
                }
            }),
    DIGEST_LIMITED(
            "A digest that is 0, n or above n is refused.",
            "A type for numbers below n is used for the digest, too.",
            () -> new ObviousHarness() {
                @Override
                protected @Nullable BigInteger digestNumber(byte[] digest) {
                    BigInteger number = unsigned(digest);
                    return isInRange(number) ? number : null;
                }
            }),
    DIGEST_SIGNED(
            "A digest whose first bit is set counts as a negative number.",
            "new BigInteger(digest) without its sign argument; half of all signatures fail.",
            () -> new ObviousHarness() {
                @Override
                protected BigInteger digestNumber(byte[] digest) {
                    return new BigInteger(digest);
                }
            }),
    NO_DOUBLING(
            "The sum of two equal points cannot be computed.",
            "The formula for different points divides 0 by 0.",
            () -> new ObviousHarness() {
                @Override
                protected @Nullable Point lastSum(Point g, Point q) {
                    return g.equals(q) ? null : super.lastSum(g, q);
                }
            }),

    // Public keys.

    KEY_OFF_CURVE(
            "No point is checked to lie on the curve.",
            "CVE-2015-7940 and others: invalid curve attacks.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isKey(Point point) {
                    return true;
                }
            }),
    KEY_PARITY_IGNORED(
            "A compressed point is always the one with even y.",
            "02 is tried and seems to work: half of all keys pass.",
            () -> new ObviousHarness() {
                @Override
                protected @Nullable Point compressed(byte[] data) {
                    Point point = super.compressed(data);
                    return point == null ? null : new Point(point.x(), ObviousCurve.y(point.x(), false));
                }
            }),
    SPKI_SUFFIX(
            "The last 65 bytes of a SubjectPublicKeyInfo are the point, whatever stands before.",
            "A common answer on the web to \"how do I get the raw key\".",
            () -> new ObviousHarness() {
                @Override
                protected @Nullable Point spki(byte[] data) {
                    return data.length < 65
                            ? null
                            : uncompressed(Arrays.copyOfRange(data, data.length - 65, data.length));
                }
            }),
    PEM_ANY_LABEL(
            "A PEM block may have any label.", "Everything between the dashes is skipped.", () -> new ObviousHarness() {
                @Override
                protected @Nullable Point pem(String text) {
                    return super.pem(text.replaceAll("-----(BEGIN|END) [A-Z0-9 ]+-----", "-----$1 PUBLIC KEY-----"));
                }
            }),
    JWK_CURVE_UNCHECKED(
            "The curve of a JWK is not looked at.", "\"All our keys are P-256.\"", () -> new ObviousHarness() {
                @Override
                protected boolean isJwkCurve(JsonNode crv) {
                    return true;
                }
            }),
    JWK_COORDINATES_LAX(
            "A JWK's coordinates may have any length, and padding.",
            "Base64.getUrlDecoder(), then new BigInteger(1, bytes).",
            () -> new ObviousHarness() {
                @Override
                protected @Nullable BigInteger jwkCoordinate(String text) {
                    byte[] bytes = decode(Base64.getUrlDecoder(), text);
                    return bytes == null ? null : unsigned(bytes);
                }
            }),

    // Headers.

    FIRST_HEADER_WINS(
            "Of a repeated header, the first counts.", "getHeader(name) gives the first.", () -> new ObviousHarness() {
                @Override
                protected String one(List<String> values) {
                    return super.one(values.subList(0, Math.min(1, values.size())));
                }
            }),
    JOINED_TAKEN(
            "Of values joined with commas, the first counts.",
            "Servers join repeated headers, so readers split them.",
            () -> new ObviousHarness() {
                @Override
                protected String one(List<String> values) {
                    return super.one(values).split(",", 2)[0];
                }
            }),
    NAMES_BY_CASE(
            "Header names compare with regard to case.",
            "The headers are in an ordinary map.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isSameName(String a, String b) {
                    return a.equals(b);
                }
            }),
    NAMES_BY_LOCALE(
            "Header names are lower-cased as Turkish has it, where I has no dot.",
            "String.toLowerCase() without a locale, on a phone or server in Turkey.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isSameName(String a, String b) {
                    Locale turkish = Locale.forLanguageTag("tr");
                    return a.toLowerCase(turkish).equals(b.toLowerCase(turkish));
                }
            }),
    NAMES_BY_UNICODE(
            "Header names fold in Unicode: ſ is an s, K is a k.",
            "String.equalsIgnoreCase, on names that were read as UTF-8.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isSameName(String a, String b) {
                    String name = new String(a.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
                    return name.equalsIgnoreCase(b);
                }
            }),
    NAMES_WITH_UNDERSCORES(
            "In header names, an underscore is a hyphen.",
            "CGI and WSGI make HTTP_X_APP_ID of both.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isSameName(String a, String b) {
                    return super.isSameName(a.replace('_', '-'), b);
                }
            }),
    SPACE_REMOVED(
            "White space inside values is removed.",
            "value.replaceAll(\"\\\\s\", \"\"), against folded lines.",
            () -> new ObviousHarness() {
                @Override
                protected String one(List<String> values) {
                    return super.one(values.stream()
                            .map(value -> value.replaceAll("\\s", ""))
                            .toList());
                }
            }),
    VERSION_LAST(
            "The version is judged after the other headers.",
            "Headers are checked in the order in which they are listed.",
            () -> new ObviousHarness() {
                @Override
                protected void version(Request request) {}

                @Override
                protected Head head(Request request) {
                    Head head = super.head(request);
                    super.version(request);
                    return head;
                }
            }),
    VERSION_IGNORED(
            "Any well-formed version is taken for 1.", "Nobody has seen another one yet.", () -> new ObviousHarness() {
                @Override
                protected boolean isSupported(String version) {
                    return true;
                }
            }),
    TIMESTAMP_LAX(
            "Signs and leading zeros are taken in a timestamp.", "Long.parseLong(text).", () -> new ObviousHarness() {
                @Override
                protected boolean timestampFits(String value) {
                    try {
                        return Long.parseLong(value) >= 0;
                    } catch (NumberFormatException notANumber) {
                        return false;
                    }
                }
            }),
    NONCE_ANY_VERSION(
            "A nonce may be a UUID of any version and variant.",
            "A general pattern for UUIDs.",
            () -> new ObviousHarness() {
                @Override
                protected boolean nonceFits(String value) {
                    return value.matches("[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}");
                }
            }),
    NONCE_LAX(
            "The groups of a nonce may have other lengths.",
            "UUID.fromString(text) takes 1-2-4003-8004-5.",
            () -> new ObviousHarness() {
                @Override
                protected boolean nonceFits(String value) {
                    try {
                        UUID nonce = UUID.fromString(value);
                        return nonce.version() == 4 && nonce.variant() == 2;
                    } catch (IllegalArgumentException notAUuid) {
                        return false;
                    }
                }
            }),
    DEVICE_VERSION_4(
            "A device id must be a UUID of version 4.",
            "The nonce's pattern is used for both.",
            () -> new ObviousHarness() {
                @Override
                protected boolean deviceIdFits(String value) {
                    return super.deviceIdFits(value) && (settings.opaqueIds || nonceFits(value));
                }
            }),
    IDS_OF_ANY_LENGTH(
            "App and device ids may be longer than 128 characters.", "Nobody set a limit.", () -> new ObviousHarness() {
                @Override
                protected boolean appIdFits(String value) {
                    return super.appIdFits(cut(value));
                }

                @Override
                protected boolean deviceIdFits(String value) {
                    return super.deviceIdFits(settings.opaqueIds ? cut(value) : value);
                }
            }),
    OPAQUE_ALWAYS(
            "Any text is a device id, whatever the setting says.",
            "The id is only looked up, so why look at it.",
            () -> new ObviousHarness() {
                @Override
                protected boolean deviceIdFits(String value) {
                    return appIdFits(value);
                }
            }),
    APP_LOWER_CASED(
            "App ids compare without regard to case.",
            "A column with the database's default collation.",
            () -> new ObviousHarness() {
                @Override
                protected String canonicalApp(String appId) {
                    return asciiLower(appId);
                }
            }),
    DEVICE_BY_CASE(
            "Device ids compare with regard to case, UUIDs too.",
            "The server was tested with Kotlin clients only.",
            () -> new ObviousHarness() {
                @Override
                protected String canonicalDevice(String deviceId) {
                    return deviceId;
                }
            }),
    OPAQUE_LOWER_CASED(
            "Opaque device ids are lower-cased, too.",
            "deviceId.toLowerCase(), without asking what it is.",
            () -> new ObviousHarness() {
                @Override
                protected String canonicalDevice(String deviceId) {
                    return asciiLower(deviceId);
                }
            }),

    // Targets.

    ORIGIN_FORM_ONLY(
            "A target in absolute-form is refused.",
            "Clients send it to proxies only; but the standard wants servers to take it.",
            () -> new ObviousHarness() {
                @Override
                protected String pathAndQuery(String target) {
                    if (!target.startsWith("/")) {
                        throw new Rejection(Reason.MALFORMED_TARGET);
                    }
                    return super.pathAndQuery(target);
                }
            }),
    ANY_TARGET_BYTES(
            "A target may hold #, \\ and bytes that are not visible ASCII.",
            "The server before it will have checked.",
            () -> new ObviousHarness() {
                @Override
                protected boolean targetBytesFit(String target) {
                    return true;
                }
            }),
    EMPTY_QUERY_IGNORED(
            "With queries on writes refused, an empty query passes.",
            "url.query is \"\" with and without the question mark.",
            () -> new ObviousHarness() {
                @Override
                protected boolean hasQuery(String pathAndQuery) {
                    return super.hasQuery(pathAndQuery) && !pathAndQuery.endsWith("?");
                }
            }),
    BODY_UNLIMITED(
            "The limit of the body's length is not kept.",
            "It is left to the server, which has none.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isTooLong(int length) {
                    return false;
                }
            }),
    BODY_LIMIT_OFF_BY_ONE("A body as long as the limit is refused.", "< in place of <=.", () -> new ObviousHarness() {
        @Override
        protected boolean isTooLong(int length) {
            return length >= settings.maxBody;
        }
    }),

    // Freshness.

    WINDOW_OPEN("A timestamp exactly at the window's end is refused.", "< in place of <=.", () -> new ObviousHarness() {
        @Override
        protected boolean isFresh(long now, long timestamp) {
            return Math.abs(now - timestamp) < settings.window;
        }
    }),
    WINDOW_ONE_MORE(
            "One second more than the window passes.",
            "Half seconds are rounded away on both clocks.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isFresh(long now, long timestamp) {
                    return Math.abs(now - timestamp) <= settings.window + 1;
                }
            }),
    WINDOW_IN_MILLISECONDS(
            "The window is a thousand times as long.",
            "300_000, meant in milliseconds, is compared with seconds.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isFresh(long now, long timestamp) {
                    return Math.abs(now - timestamp) <= settings.window * 1000;
                }
            }),
    FUTURE_UNLIMITED(
            "A timestamp may lie ahead as far as it likes.",
            "now - timestamp <= 300, without the absolute value.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isFresh(long now, long timestamp) {
                    return now - timestamp <= settings.window;
                }
            }),
    FRESH_ONCE(
            "Freshness is judged with the head only.",
            "Middleware reads the headers, then the handler reads the body.",
            () -> new ObviousHarness() {
                @Override
                protected void checkFreshnessAgain(Attempt attempt) {}
            }),
    FRESH_AT_THE_END(
            "Freshness is judged with the body only.",
            "The body is read first, then everything is checked.",
            () -> new ObviousHarness() {
                @Override
                protected void checkFreshness(Attempt attempt) {}

                @Override
                protected void checkFreshnessAgain(Attempt attempt) {
                    super.checkFreshness(attempt);
                }
            }),
    FRESH_BEFORE_TARGET(
            "Freshness is judged before method and target.",
            "One filter for the headers, another for the URL.",
            () -> new ObviousHarness() {
                @Override
                protected String method(String raw) {
                    return raw;
                }

                @Override
                protected void arrive(Attempt attempt) {
                    Head head = head(attempt.request);
                    if (!isFresh(attempt.now, seconds(head.timestamp()))) {
                        throw new Rejection(Reason.CLOCK_SKEW);
                    }
                    super.method(attempt.request.method());
                    super.arrive(attempt);
                }
            }),
    SKEW_BEFORE_SIGNATURE(
            "At the end, freshness is judged before the signature.",
            "The cheap check first.",
            () -> new ObviousHarness() {
                @Override
                protected void complete(Attempt attempt) {
                    checkFreshnessAgain(attempt);
                    super.complete(attempt);
                }
            }),

    // Replay.

    NONCE_BY_CASE(
            "Nonces compare with regard to case.",
            "The header's text is the key in the store.",
            () -> new ObviousHarness() {
                @Override
                protected String canonicalNonce(String nonce) {
                    return nonce;
                }
            }),
    CLAIM_BEFORE_VERIFY(
            "The tokens are claimed before the signature is checked.",
            "The documented order, with step 3 made atomic by storing there.",
            () -> new ObviousHarness() {
                @Override
                protected void verifySignature(Attempt attempt) {
                    if (isClaimed(attempt.method())) {
                        super.claim(attempt);
                    }
                    super.verifySignature(attempt);
                }

                @Override
                protected void claim(Attempt attempt) {}

                @Override
                protected String signatureToken(Attempt attempt) {
                    // Which key it is, is not known yet.
                    return "signature " + attempt.device().keys().get(0).pointHex() + " "
                            + attempt.head().numbers().r();
                }
            }),
    LOSER_LEAVES_TOKENS(
            "A claim that loses by one of its tokens leaves the other behind.",
            "Two SET NX in a row, and nothing is undone.",
            () -> new ObviousHarness() {
                @Override
                protected void lookForReplay(Attempt attempt) {
                    try {
                        super.lookForReplay(attempt);
                    } catch (Rejection replay) {
                        if (replay.reason != Reason.STORE_UNAVAILABLE) {
                            store(attempt);
                        }
                        throw replay;
                    }
                }
            }),
    CHECK_THEN_STORE(
            "The tokens are looked for first and stored later, so that copies sent together all find nothing.",
            "The documented order: step 3, then step 7.",
            () -> new ObviousHarness() {
                @Override
                protected void claimTogether(List<Attempt> attempts) {
                    each(attempts, this::lookForReplay);
                    each(attempts, this::checkWatching);
                    each(attempts, this::checkRoom);
                    each(attempts, this::store);
                }
            }),
    NO_SECOND_TOKEN(
            "Only the nonce is claimed: a captured request passes under another one.",
            "The document speaks of the nonce alone.",
            () -> new ObviousHarness() {
                @Override
                protected String signatureToken(Attempt attempt) {
                    return nonceToken(attempt);
                }
            }),
    TOKEN_FROM_TEXT(
            "The second token is made of the signature's text.",
            "A hash of the header is at hand, r is not.",
            () -> new ObviousHarness() {
                @Override
                protected String signatureToken(Attempt attempt) {
                    return "signature " + attempt.head().signature();
                }
            }),
    NONCE_WITHOUT_DEVICE(
            "A nonce counts once among all devices.",
            "\"UUIDs are unique.\" Any device can then burn another's.",
            () -> new ObviousHarness() {
                @Override
                protected String nonceToken(Attempt attempt) {
                    return canonicalNonce(attempt.head().nonce());
                }
            }),
    NONCE_OF_HEADER_TEXT(
            "A nonce belongs to the device id as it was sent.",
            "The header's text is the key in the store.",
            () -> new ObviousHarness() {
                @Override
                protected String nonceToken(Attempt attempt) {
                    return attempt.head().deviceId() + super.nonceToken(attempt);
                }
            }),
    NONCE_OF_KEY(
            "A nonce belongs to the key, and is free again under the device's next one.",
            "Claims are named by the key's id.",
            () -> new ObviousHarness() {
                @Override
                protected String nonceToken(Attempt attempt) {
                    return attempt.key().pointHex() + super.nonceToken(attempt);
                }
            }),
    IDS_RUN_TOGETHER(
            "App id and device id are joined without anything between them.",
            "appId + deviceId + nonce.",
            () -> new ObviousHarness() {
                @Override
                protected String ids(Device device) {
                    return device.appId() + device.deviceId();
                }
            }),
    LIFETIME_FROM_NOW(
            "A claim lives 300 s from now: a request dated ahead outlives it.",
            "SET … EX 300.",
            () -> new ObviousHarness() {
                @Override
                protected long deadline(long now, long timestamp) {
                    return now + 300;
                }
            }),
    LIFETIME_FROM_TIMESTAMP(
            "A claim lives 300 s from its timestamp, less than the documented 300 s.",
            "\"After that it is stale anyway\": but the nonce is not signed, and counts again.",
            () -> new ObviousHarness() {
                @Override
                protected long deadline(long now, long timestamp) {
                    return timestamp + 300;
                }
            }),
    LIFETIME_OF_DOCUMENT(
            "A claim lives 300 s longer than its timestamp or now, whatever the window is.",
            "The window became a setting later.",
            () -> new ObviousHarness() {
                @Override
                protected long deadline(long now, long timestamp) {
                    return Math.max(now, timestamp) + 300;
                }
            }),
    READS_UNPROTECTED("Reads are never claimed.", "The document recommends it only.", () -> new ObviousHarness() {
        @Override
        protected boolean isClaimed(String method) {
            return !isRead(method);
        }
    }),
    WRITES_LISTED(
            "With writes protected only, methods that are not on a list of writes are not claimed.",
            "The document lists POST, PUT, PATCH and DELETE.",
            () -> new ObviousHarness() {
                @Override
                protected boolean isClaimed(String method) {
                    return super.isClaimed(method)
                            && (!settings.writesOnly
                                    || Set.of("POST", "PUT", "PATCH", "DELETE").contains(method));
                }
            }),
    QUOTA_BEFORE_REPLAY(
            "Room is looked for before replays.",
            "The cheap check first; but 503 makes the client of a copy try again.",
            () -> new ObviousHarness() {
                @Override
                protected void lookForReplay(Attempt attempt) {
                    checkRoom(attempt);
                    super.lookForReplay(attempt);
                }
            }),
    MAKES_ROOM(
            "Where there is no room, older claims are dropped.",
            "A cache with a maximum size.",
            () -> new ObviousHarness() {
                @Override
                protected void checkRoom(Attempt attempt) {
                    try {
                        super.checkRoom(attempt);
                    } catch (Rejection noRoom) {
                        forgetClaims();
                    }
                }
            }),
    ONE_QUOTA("All devices share one quota.", "It is the size of the store.", () -> new ObviousHarness() {
        @Override
        protected String owner(Attempt attempt) {
            return "everybody";
        }
    }),
    RESTART_FORGETS(
            "A store that has just started takes itself to have been watching always.",
            "An empty store does not know that it was not always empty.",
            () -> new ObviousHarness() {
                @Override
                protected void checkWatching(Attempt attempt) {}
            }),
    WATCHING_OFF_BY_ONE(
            "A request signed in the very second of the store's start is let through.",
            "< in place of <=.",
            () -> new ObviousHarness() {
                @Override
                protected void checkWatching(Attempt attempt) {
                    if (!attempt.head().timestamp().equals(String.valueOf(settings.watchingSince))) {
                        super.checkWatching(attempt);
                    }
                }
            }),
    RESTART_IS_SKEW(
            "A request older than the store is told CLOCK_SKEW.",
            "\"Too old\" is an answer that is there already; but clients drop their queues.",
            () -> new ObviousHarness() {
                @Override
                protected void checkWatching(Attempt attempt) {
                    try {
                        super.checkWatching(attempt);
                    } catch (Rejection notWatching) {
                        throw new Rejection(Reason.CLOCK_SKEW);
                    }
                }
            }),
    STORE_DOWN_IS_401(
            "While a store is down, signatures are told to be invalid.",
            "catch (Exception e) { return false; }",
            () -> new ObviousHarness() {
                @Override
                protected int status(Reason reason) {
                    return super.status(reason == Reason.STORE_UNAVAILABLE ? Reason.INVALID_SIGNATURE : reason);
                }

                @Override
                protected String publicCode(Reason reason) {
                    return super.publicCode(reason == Reason.STORE_UNAVAILABLE ? Reason.INVALID_SIGNATURE : reason);
                }
            }),
    FAIL_OPEN(
            "While the nonce store is down, replays are not looked for.",
            "Availability first.",
            () -> new ObviousHarness() {
                @Override
                protected void claim(Attempt attempt) {
                    try {
                        super.claim(attempt);
                    } catch (Rejection e) {
                        if (e.reason != Reason.STORE_UNAVAILABLE) {
                            throw e;
                        }
                    }
                }
            }),

    // Keys and devices.

    FIRST_KEY_ONLY(
            "Only the likeliest key is tried.",
            "A device has one key, until the first rotation.",
            () -> new ObviousHarness() {
                @Override
                protected int mostChecks() {
                    return 1;
                }
            }),
    CHECKS_UNLIMITED("Every key is tried on every path.", "Two loops.", () -> new ObviousHarness() {
        @Override
        protected int mostChecks() {
            return Integer.MAX_VALUE;
        }
    }),
    PREVIOUS_FOREVER("A previous key never ends.", "Its end is stored and read by nobody.", () -> new ObviousHarness() {
        @Override
        protected boolean hasEnded(DeviceKey key, long now) {
            return key.is("provisional") && super.hasEnded(key, now);
        }
    }),
    PROVISIONAL_FOREVER(
            "A provisional key never ends.", "Its end is stored and read by nobody.", () -> new ObviousHarness() {
                @Override
                protected boolean hasEnded(DeviceKey key, long now) {
                    return key.is("previous") && super.hasEnded(key, now);
                }
            }),
    END_OFF_BY_ONE("A key's last second does not count.", ">= in place of >.", () -> new ObviousHarness() {
        @Override
        protected boolean hasEnded(DeviceKey key, long now) {
            return super.hasEnded(key, now + 1);
        }
    }),
    KEYS_AT_THE_HEAD(
            "Keys are judged as of the head's time.",
            "The key is looked up with the headers.",
            () -> new ObviousHarness() {
                @Override
                protected void verifySignature(Attempt attempt) {
                    long end = attempt.now;
                    attempt.now = attempt.request.headAt();
                    super.verifySignature(attempt);
                    attempt.now = end;
                }
            }),
    NEVER_CONFIRMED(
            "A provisional key stays provisional.",
            "The rotation's call is over; who would come back to it.",
            () -> new ObviousHarness() {
                @Override
                protected void accept(Attempt attempt) {}
            }),
    CONFIRMED_TOO_EARLY(
            "A provisional key becomes current with its first valid signature, also if the request is rejected.",
            "The step stands beside the signature check.",
            () -> new ObviousHarness() {
                @Override
                protected void verifySignature(Attempt attempt) {
                    super.verifySignature(attempt);
                    accept(attempt);
                }
            }),
    SWITCHES_AT_ONCE(
            "With a rotation confirmed, the old key ends at once.",
            "Requests that are under way are forgotten.",
            () -> new ObviousHarness() {
                @Override
                protected void confirm(Device device, DeviceKey confirmed, long now) {
                    super.confirm(device, confirmed, now - 301);
                }
            }),
    RETIRED_SIGNS("A retired key signs requests.", "All keys of the device are tried.", () -> new ObviousHarness() {
        @Override
        protected List<DeviceKey> candidates(Device device, long now) {
            List<DeviceKey> keys = new ArrayList<>(super.candidates(device, now));
            device.keys().stream().filter(key -> key.is("retired")).forEach(keys::add);
            return keys;
        }
    }),
    INVALIDATED_SIGNS(
            "An invalidated key signs requests.",
            "Invalidation is read by the enrolment only.",
            () -> new ObviousHarness() {
                @Override
                protected void checkState(DeviceKey key) {}
            }),
    INVALIDATED_TOLD(
            "A device with an invalidated key is told so, whoever signed.",
            "The state is known as soon as the record is there.",
            () -> new ObviousHarness() {
                @Override
                protected void verifySignature(Attempt attempt) {
                    attempt.device().keys().forEach(this::checkState);
                    super.verifySignature(attempt);
                }
            }),
    STATUS_TOLD(
            "A device that is revoked or pending is told so, whoever signed.",
            "The status is known as soon as the record is there.",
            () -> new ObviousHarness() {
                @Override
                protected void verifySignature(Attempt attempt) {
                    checkStatus(attempt.device());
                    super.verifySignature(attempt);
                }
            }),
    STATUS_IGNORED(
            "Revoked and pending devices sign requests.", "Only keys are looked at.", () -> new ObviousHarness() {
                @Override
                protected void checkStatus(Device device) {}
            }),

    // Answers.

    UNKNOWN_TOLD(
            "An unknown device is told so.",
            "A code for each reason: good for support, and for those who list devices.",
            () -> new ObviousHarness() {
                @Override
                protected String publicCode(Reason reason) {
                    return reason == Reason.UNKNOWN_DEVICE ? "UNKNOWN_DEVICE" : super.publicCode(reason);
                }
            }),
    REVOKED_IS_403(
            "A revoked device is answered with 403.",
            "The semantics of HTTP; but clients recover on 401 only.",
            () -> new ObviousHarness() {
                @Override
                protected int status(Reason reason) {
                    return reason == Reason.DEVICE_REVOKED ? 403 : super.status(reason);
                }
            }),
    SERVER_TIME_ALWAYS(
            "x-server-timestamp goes with every 401.",
            "It cannot hurt; but clients correct their clock and try again before they look at anything else.",
            () -> new ObviousHarness() {
                @Override
                protected boolean showsServerTime(Reason reason) {
                    return reason.status == 401;
                }
            }),
    SERVER_TIME_NEVER(
            "CLOCK_SKEW is told without the server's time.",
            "The header is documented elsewhere.",
            () -> new ObviousHarness() {
                @Override
                protected boolean showsServerTime(Reason reason) {
                    return false;
                }
            }),
    NO_CHALLENGE(
            "401 comes without WWW-Authenticate.",
            "Hardly any API sends it, and hardly any client looks.",
            () -> new ObviousHarness() {
                @Override
                protected Map<String, String> responseHeaders(Reason reason, long now) {
                    Map<String, String> headers = super.responseHeaders(reason, now);
                    headers.remove("WWW-Authenticate");
                    return headers;
                }
            }),
    NO_RETRY_AFTER(
            "503 comes without Retry-After.", "The server's own 503 has none either.", () -> new ObviousHarness() {
                @Override
                protected Map<String, String> responseHeaders(Reason reason, long now) {
                    Map<String, String> headers = super.responseHeaders(reason, now);
                    headers.remove("Retry-After");
                    return headers;
                }
            }),
    NUMBERS_AS_TEXT(
            "Numbers in the JSON body are strings.", "A map of strings, serialised.", () -> new ObviousHarness() {
                @Override
                protected ObjectNode responseBody(Reason reason, long now) {
                    ObjectNode body = super.responseBody(reason, now);
                    for (String field : List.of("server_timestamp", "retry_after")) {
                        if (body.has(field)) {
                            body.put(field, body.path(field).asText());
                        }
                    }
                    return body;
                }
            }),
    ERROR_IS_TEXT(
            "The member error of the JSON body is a string.",
            "As OAuth has it; but one of the clients reads an object.",
            () -> new ObviousHarness() {
                @Override
                protected ObjectNode responseBody(Reason reason, long now) {
                    return super.responseBody(reason, now).put("error", publicCode(reason));
                }
            }),
    CLOCK_WITHOUT_WORDS(
            "The header of CLOCK_SKEW is right, and the JSON body has no message.",
            "The time is in the header already; but clients correct their clock only where the body is as they know it.",
            () -> new ObviousHarness() {
                @Override
                protected ObjectNode responseBody(Reason reason, long now) {
                    ObjectNode body = super.responseBody(reason, now);
                    if (reason == Reason.CLOCK_SKEW) {
                        body.remove("message");
                    }
                    return body;
                }
            });

    /** What it does wrong. */
    final String mistake;

    /** How such a thing comes about. */
    final String origin;

    private final Supplier<Harness> harness;

    Mutant(String mistake, String origin, Supplier<Harness> harness) {
        this.mistake = mistake;
        this.origin = origin;
        this.harness = harness;
    }

    /** The name of its file and on command lines: lower case with hyphens. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The mutant of that label. */
    static Mutant of(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** A new one. */
    Harness harness() {
        return harness.get();
    }

    private static byte @Nullable [] decode(Base64.Decoder decoder, String text) {
        try {
            return decoder.decode(text);
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }

    /** At most the first hundred characters. */
    private static String cut(String value) {
        return value.substring(0, Math.min(100, value.length()));
    }
}
