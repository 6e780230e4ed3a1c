package dev.countersign.conformance.mutants;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.mutants.ObviousCryptography.Numbers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Heads and messages of protocol.md: "The message", "The headers", "One name for a device", "Order of faults", "Targets",
 * "The /ingest rule". Each method is a decision that can be got wrong.
 */
abstract class ObviousRequests extends ObviousCryptography {
    static final String APP_ID = "X-App-ID";
    static final String DEVICE_ID = "X-Device-ID";
    static final String SIGNATURE = "X-Synheart-Signature";
    static final String TIMESTAMP = "X-Synheart-Timestamp";
    static final String NONCE = "X-Synheart-Nonce";
    static final String VERSION = "X-Synheart-Sig-Version";

    private static final Pattern VISIBLE = Pattern.compile("[!-~&&[^,]]{1,128}");
    private static final Pattern UUID = Pattern.compile("[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}");
    private static final Pattern NONCE_FORM =
            Pattern.compile("[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}");
    private static final Pattern TIMESTAMP_FORM = Pattern.compile("0|[1-9][0-9]{0,10}");
    private static final Pattern VERSION_FORM = Pattern.compile("[1-9][0-9]{0,3}");
    private static final Pattern METHOD = Pattern.compile("[A-Z][A-Z-]{0,31}");
    private static final Pattern TARGET_BYTES = Pattern.compile("[!-~&&[^#\\\\]]+");
    private static final Pattern ABSOLUTE_FORM = Pattern.compile("(?i:https?)://[^/?]+(.*)");
    private static final Pattern CAPITALS = Pattern.compile("[A-Z]");
    private static final Set<String> READS = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

    /** A header line as it came. */
    record Line(String name, String value) {}

    /** A request as it came; the times are those of its head and of the end of its body. */
    @SuppressWarnings("ArrayRecordComponent")
    record Request(long headAt, long endAt, String method, String target, List<Line> headers, byte[] body) {}

    /** What a well-formed head says. */
    record Head(String appId, String deviceId, String signature, Numbers numbers, String timestamp, String nonce) {}

    /** A signing-path rule. */
    record PathRule(Set<String> methods, String prefix, String replacement, List<String> acceptUnstripped) {}

    /** The rule that holds unless a deployment has its own. */
    static final PathRule INGEST = new PathRule(Set.of("POST"), "/ingest/v1/", "/v1/", List.of());

    /** The settings; a new object has the defaults. */
    static final class Settings {
        long window = 300;
        boolean signatureReplay = true;
        boolean writesOnly;
        boolean opaqueIds;
        List<PathRule> pathRules = List.of(INGEST);
        boolean rejectQueryOnWrites;
        long maxBody = Long.MAX_VALUE;
        int quota = 8192;

        @Nullable Long watchingSince;
    }

    /** Those in force. */
    protected Settings settings = new Settings();

    // The head.

    /** Judges the headers, the version first, then the others in the order of the table. */
    protected Head head(Request request) {
        version(request);
        String appId = check(appIdFits(header(request, APP_ID)), header(request, APP_ID));
        String deviceId = check(deviceIdFits(header(request, DEVICE_ID)), header(request, DEVICE_ID));
        String signature = header(request, SIGNATURE);
        Numbers numbers = numbers(signature);
        if (numbers == null) {
            throw new Rejection(Reason.MALFORMED_HEADER);
        }
        String timestamp = check(timestampFits(header(request, TIMESTAMP)), header(request, TIMESTAMP));
        String nonce = check(nonceFits(header(request, NONCE)), header(request, NONCE));
        return new Head(appId, deviceId, signature, numbers, timestamp, nonce);
    }

    /** The version's own header. */
    protected void version(Request request) {
        String version = check(versionFits(header(request, VERSION)), header(request, VERSION));
        if (!isSupported(version)) {
            throw new Rejection(Reason.UNSUPPORTED_VERSION);
        }
    }

    private static String check(boolean fits, String value) {
        if (!fits) {
            throw new Rejection(Reason.MALFORMED_HEADER);
        }
        return value;
    }

    /** The value of a header that must be there exactly once and not be empty. */
    protected String header(Request request, String name) {
        List<String> values = new ArrayList<>();
        for (Line line : request.headers()) {
            if (isSameName(line.name(), name)) {
                values.add(line.value());
            }
        }
        return one(values);
    }

    /** The only one of these values. */
    protected String one(List<String> values) {
        if (values.isEmpty()) {
            throw new Rejection(Reason.MISSING_HEADER);
        }
        return check(values.size() == 1 && !values.get(0).isEmpty(), values.get(0));
    }

    /** Equal but for the case of ASCII letters. */
    protected boolean isSameName(String a, String b) {
        return asciiLower(a).equals(asciiLower(b));
    }

    /** Visible ASCII without comma. */
    protected boolean appIdFits(String value) {
        return VISIBLE.matcher(value).matches();
    }

    /** A UUID of any version, or where opaque ids are admitted, visible ASCII without comma. */
    protected boolean deviceIdFits(String value) {
        return (settings.opaqueIds ? VISIBLE : UUID).matcher(value).matches();
    }

    /** Digits without a leading zero, eleven at most. */
    protected boolean timestampFits(String value) {
        return TIMESTAMP_FORM.matcher(value).matches();
    }

    /** The number that the timestamp's text stands for. */
    protected long seconds(String timestamp) {
        return Long.parseLong(timestamp);
    }

    /** A UUID of version 4. */
    protected boolean nonceFits(String value) {
        return NONCE_FORM.matcher(value).matches();
    }

    /** Up to four digits without a leading zero. */
    protected boolean versionFits(String value) {
        return VERSION_FORM.matcher(value).matches();
    }

    /** There is only one. */
    protected boolean isSupported(String version) {
        return version.equals("1");
    }

    // Names.

    /** Ids compare byte for byte. */
    protected String canonicalApp(String appId) {
        return appId;
    }

    /** A UUID is lower-cased, anything else is itself. */
    protected String canonicalDevice(String deviceId) {
        return UUID.matcher(deviceId).matches() ? asciiLower(deviceId) : deviceId;
    }

    /** Two spellings of a nonce are one. */
    protected String canonicalNonce(String nonce) {
        return asciiLower(nonce);
    }

    // Method and target.

    /** The method as it came, if it is one. */
    protected String method(String raw) {
        if (!METHOD.matcher(raw).matches()) {
            throw new Rejection(Reason.MALFORMED_TARGET);
        }
        return raw;
    }

    /** Whether the method changes nothing, as far as settings for writes go. */
    protected boolean isRead(String method) {
        return READS.contains(method);
    }

    /** Path and query, if the target is in origin-form or in absolute-form. */
    protected String pathAndQuery(String target) {
        if (!targetBytesFit(target)) {
            throw new Rejection(Reason.MALFORMED_TARGET);
        }
        if (target.startsWith("/")) {
            return target;
        }
        Matcher absolute = ABSOLUTE_FORM.matcher(target);
        if (!absolute.matches()) {
            throw new Rejection(Reason.MALFORMED_TARGET);
        }
        return absolute.group(1).startsWith("/") ? absolute.group(1) : "/" + absolute.group(1);
    }

    /** Visible ASCII without # and \, at least one. */
    protected boolean targetBytesFit(String target) {
        return TARGET_BYTES.matcher(target).matches();
    }

    /** Everything before the first question mark, untouched. */
    protected String path(String pathAndQuery) {
        int query = pathAndQuery.indexOf('?');
        return query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
    }

    /** Whether there is a query that the setting refuses, empty ones included. */
    protected boolean hasQuery(String pathAndQuery) {
        return pathAndQuery.contains("?");
    }

    // The message.

    /** The paths that a signature may cover: the one that the rules give, and the raw one where it counts, too. */
    protected List<String> signedPaths(String method, String path, List<PathRule> rules) {
        for (PathRule rule : rules) {
            if (ruleMatches(rule, method, path)) {
                String signed =
                        rule.replacement() + path.substring(rule.prefix().length());
                return isAcceptedUnstripped(rule, path) ? List.of(signed, path) : List.of(signed);
            }
        }
        return List.of(path);
    }

    /** That method, and the prefix byte for byte. */
    protected boolean ruleMatches(PathRule rule, String method, String path) {
        return rule.methods().contains(method) && path.startsWith(rule.prefix());
    }

    /** Below one of the named prefixes. */
    protected boolean isAcceptedUnstripped(PathRule rule, String path) {
        return rule.acceptUnstripped().stream().anyMatch(path::startsWith);
    }

    /** METHOD LF PATH LF TIMESTAMP LF BODY. */
    protected byte[] message(String method, String path, String timestamp, byte[] body) {
        return joined(method + "\n" + path + "\n" + timestamp + "\n", body);
    }

    static byte[] joined(String text, byte[] body) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        message.writeBytes(body);
        return message.toByteArray();
    }

    static String asciiLower(String text) {
        return CAPITALS.matcher(text).replaceAll(letter -> letter.group().toLowerCase(Locale.ROOT));
    }

    static String asciiUpper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    // Reading the harness protocol.

    static Request request(JsonNode node) {
        List<Line> headers = new ArrayList<>();
        node.path("headers")
                .forEach(line ->
                        headers.add(new Line(line.path(0).asText(), line.path(1).asText())));
        long headAt = node.path("serverTime").asLong();
        return new Request(
                headAt,
                node.path("finishTime").asLong(headAt),
                node.path("method").asText(),
                node.path("target").asText(),
                headers,
                body(node));
    }

    static byte[] body(JsonNode node) {
        JsonNode repeat = node.path("bodyRepeat");
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        byte[] once = bytes((repeat.isObject() ? repeat.path("hex") : node.path("bodyHex")).asText(""));
        for (int i = 0; i < repeat.path("count").asInt(1); i++) {
            body.writeBytes(once);
        }
        return body.toByteArray();
    }

    static List<PathRule> pathRules(JsonNode rules) {
        List<PathRule> list = new ArrayList<>();
        for (JsonNode rule : rules) {
            List<String> methods = new ArrayList<>();
            rule.path("methods").forEach(method -> methods.add(method.asText()));
            List<String> unstripped = new ArrayList<>();
            rule.path("acceptUnstripped").forEach(prefix -> unstripped.add(prefix.asText()));
            list.add(new PathRule(
                    Set.copyOf(methods),
                    rule.path("prefix").asText(),
                    rule.path("replacement").asText(),
                    unstripped));
        }
        return list;
    }
}
