package dev.countersign.conformance.mutants;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.protocol.Harness;
import dev.countersign.conformance.protocol.UnsupportedCaseException;
import dev.countersign.conformance.suite.Json;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The whole scheme a second time, written from docs/protocol.md and sharing no code with the library: slow, obvious, with
 * one thread, maps and regular expressions. That it passes the suite says that the vectors follow from the protocol and
 * not from the library; and each of its methods is a decision that a mutant gets wrong.
 *
 * <p>This level has "The seven checks", "Holes", "Keys" and "Answers".
 */
class ObviousHarness extends ObviousRequests implements Harness {
    private static final int MOST_CHECKS = 4;
    private static final String UP = "up";
    private static final List<String> LIKELIEST_FIRST = List.of("current", "provisional", "previous", "invalidated");

    /** The devices by app id and canonical device id. */
    private final Map<List<String>, Device> devices = new HashMap<>();

    /** The last second of each claimed token. */
    private final Map<String, Long> claims = new HashMap<>();

    /** The last seconds of each device's claims. */
    private final Map<String, List<Long>> claimsOfDevice = new HashMap<>();

    private String keyStore = UP;
    private String nonceStore = UP;

    @Override
    public String name() {
        return "obvious";
    }

    @Override
    public String version() {
        return "1";
    }

    @Override
    public List<String> ops() {
        return List.of(
                "message",
                "parseKey",
                "verifySignature",
                "verifyDigest",
                "reset",
                "devices",
                "fault",
                "verify",
                "verifyAll",
                "sign");
    }

    @Override
    public ObjectNode answer(String op, ObjectNode request) {
        return switch (op) {
            case "message" -> message(request);
            case "parseKey" -> parseKey(request);
            case "verifySignature" -> verifyDigest(request, hash(bytes(text(request, "messageHex"))));
            case "verifyDigest" -> verifyDigest(request, bytes(text(request, "digestHex")));
            case "sign" -> sign(request);
            case "reset" -> reset(request);
            case "devices" -> {
                register(request.path("devices"));
                yield ok();
            }
            case "fault" -> fault(text(request, "store"), text(request, "state"));
            case "verify" -> judge(List.of(request(request))).get(0);
            case "verifyAll" -> verifyAll(request.path("requests"));
            default -> throw new UnsupportedCaseException("no operation \"" + op + "\"");
        };
    }

    // Operations without state.

    private ObjectNode message(ObjectNode request) {
        String method = text(request, "method");
        String signedPath = signedPaths(method, path(text(request, "path")), List.of(INGEST))
                .get(0);
        byte[] message = message(method, signedPath, text(request, "timestamp"), body(request));
        return Json.object()
                .put("messageHex", hex(message))
                .put("sha256Hex", hex(hash(message)))
                .put("signedPath", signedPath);
    }

    private ObjectNode parseKey(ObjectNode request) {
        ObviousCurve.Point point = parseKey(text(request, "form"), bytes(text(request, "dataHex")));
        return point == null
                ? Json.object().put("invalid", true)
                : Json.object().put("pointHex", "04" + hex(point.x()) + hex(point.y()));
    }

    private ObjectNode verifyDigest(ObjectNode request, byte[] digest) {
        Numbers numbers = numbers(text(request, "signature"));
        return Json.object()
                .put("valid", numbers != null && verifies(point(text(request, "publicKeyHex")), digest, numbers));
    }

    /** The client's side: the path is signed as given. */
    private ObjectNode sign(ObjectNode request) {
        byte[] message =
                message(text(request, "method"), text(request, "path"), text(request, "timestamp"), body(request));
        ObjectNode answer = Json.object();
        answer.putObject("headers")
                .put(APP_ID, text(request, "appId"))
                .put(DEVICE_ID, text(request, "deviceId"))
                .put(SIGNATURE, signatureText(bytes(text(request, "privateKeyHex")), hash(message)))
                .put(TIMESTAMP, text(request, "timestamp"))
                .put(NONCE, text(request, "nonce"))
                .put(VERSION, "1");
        return answer.put("messageHex", hex(message));
    }

    /** The JDK signs, and writes DER. */
    private static String signatureText(byte[] pkcs8, byte[] digest) {
        try {
            Signature signature = Signature.getInstance("NONEwithECDSA");
            signature.initSign(KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
            signature.update(digest);
            return java.util.Base64.getEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private ObviousCurve.Point point(String hex) {
        return Objects.requireNonNull(uncompressed(bytes(hex)));
    }

    // What lies between two resets.

    private ObjectNode reset(ObjectNode request) {
        devices.clear();
        claims.clear();
        claimsOfDevice.clear();
        keyStore = UP;
        nonceStore = UP;
        settings = new Settings();
        for (Map.Entry<String, JsonNode> setting : request.path("config").properties()) {
            set(setting.getKey(), setting.getValue());
        }
        register(request.path("devices"));
        return ok();
    }

    private void set(String name, JsonNode value) {
        switch (name) {
            case "freshnessSeconds" -> settings.window = value.asLong();
            case "replay" -> settings.signatureReplay = is("nonce+signature", "nonce", value);
            case "replayMethods" -> settings.writesOnly = is("writes", "all", value);
            case "deviceIds" -> settings.opaqueIds = is("opaque", "uuid", value);
            case "signingPaths" -> settings.pathRules = pathRules(value);
            case "rejectQueryOnWrites" -> settings.rejectQueryOnWrites = value.asBoolean();
            case "maxBodyBytes" -> settings.maxBody = value.asLong();
            case "quota" -> settings.quota = value.asInt();
            case "watchingSince" -> settings.watchingSince = value.asLong();
            default -> throw new UnsupportedCaseException("no setting \"" + name + "\"");
        }
    }

    /** True for one value, false for the other. */
    private static boolean is(String yes, String no, JsonNode value) {
        if (!value.asText().equals(yes) && !value.asText().equals(no)) {
            throw new UnsupportedCaseException("no value " + value + " of a setting");
        }
        return value.asText().equals(yes);
    }

    private void register(JsonNode nodes) {
        for (JsonNode node : nodes) {
            put(Device.of(node, canonicalApp(text(node, "appId")), canonicalDevice(text(node, "deviceId"))));
        }
    }

    private void put(Device device) {
        devices.put(List.of(device.appId(), device.deviceId()), device);
    }

    private ObjectNode fault(String store, String state) {
        switch (store + " " + state) {
            case "keys up", "keys down" -> keyStore = state;
            case "nonces up", "nonces down", "nonces full" -> nonceStore = state;
            default -> throw new UnsupportedCaseException("no fault " + state + " of " + store);
        }
        return ok();
    }

    // A request's way.

    private ObjectNode verifyAll(JsonNode nodes) {
        List<Request> requests = new ArrayList<>();
        nodes.forEach(node -> requests.add(request(node)));
        ObjectNode all = Json.object();
        judge(requests).forEach(all.putArray("answers")::add);
        return all;
    }

    /** Requests that are judged together go each step of the way together: the schedule in which races do harm. */
    private List<ObjectNode> judge(List<Request> requests) {
        List<Attempt> attempts = requests.stream().map(Attempt::new).toList();
        each(attempts, this::arrive);
        each(attempts, attempt -> attempt.now = attempt.request.endAt());
        each(attempts, this::complete);
        claimTogether(attempts.stream()
                .filter(attempt -> attempt.rejection == null)
                .filter(attempt -> isClaimed(attempt.method()))
                .toList());
        each(attempts, this::accept);
        return attempts.stream().map(this::answer).toList();
    }

    /** One after the other, unless rejected already. */
    protected final void each(List<Attempt> attempts, Consumer<Attempt> step) {
        for (Attempt attempt : attempts) {
            if (attempt.rejection == null) {
                try {
                    step.accept(attempt);
                } catch (Rejection e) {
                    attempt.rejection = e.reason;
                }
            }
        }
    }

    /** The head, and the length of the body. */
    protected void arrive(Attempt attempt) {
        Request request = attempt.request;
        Head head = head(request);
        String method = method(request.method());
        String pathAndQuery = pathAndQuery(request.target());
        if (settings.rejectQueryOnWrites && !isRead(method) && hasQuery(pathAndQuery)) {
            throw new Rejection(Reason.QUERY_NOT_ALLOWED);
        }
        attempt.arrived(head, method, path(pathAndQuery));
        checkFreshness(attempt);
        if (isTooLong(request.body().length)) {
            throw new Rejection(Reason.BODY_TOO_LARGE);
        }
    }

    protected boolean isTooLong(int length) {
        return length > settings.maxBody;
    }

    /** All that is judged when the body is complete, but for the claim. */
    protected void complete(Attempt attempt) {
        lookUp(attempt);
        verifySignature(attempt);
        checkFreshnessAgain(attempt);
        checkStatus(attempt.device());
        checkState(attempt.key());
    }

    // Freshness.

    protected void checkFreshness(Attempt attempt) {
        if (!isFresh(attempt.now, seconds(attempt.head().timestamp()))) {
            throw new Rejection(Reason.CLOCK_SKEW);
        }
    }

    /** The second reading decides. */
    protected void checkFreshnessAgain(Attempt attempt) {
        checkFreshness(attempt);
    }

    /** On either side, and the last second counts. */
    protected boolean isFresh(long now, long timestamp) {
        return Math.abs(now - timestamp) <= settings.window;
    }

    // Device, key, signature.

    protected void lookUp(Attempt attempt) {
        if (isDown(keyStore)) {
            throw new Rejection(Reason.STORE_UNAVAILABLE);
        }
        Head head = attempt.head();
        Device device = devices.get(List.of(canonicalApp(head.appId()), canonicalDevice(head.deviceId())));
        if (device == null) {
            throw new Rejection(Reason.UNKNOWN_DEVICE);
        }
        attempt.found(device);
    }

    protected boolean isDown(String store) {
        return store.equals("down");
    }

    /** All keys on the first path, then on the second, four checks at most. */
    protected void verifySignature(Attempt attempt) {
        Head head = attempt.head();
        int checks = 0;
        for (String path : signedPaths(attempt.method(), attempt.path(), settings.pathRules)) {
            byte[] digest = hash(message(attempt.method(), path, head.timestamp(), attempt.request.body()));
            for (DeviceKey key : candidates(attempt.device(), attempt.now)) {
                if (checks < mostChecks() && verifies(point(key.pointHex()), digest, head.numbers())) {
                    attempt.verified(key, path);
                    return;
                }
                checks++;
            }
        }
        throw new Rejection(Reason.INVALID_SIGNATURE);
    }

    protected int mostChecks() {
        return MOST_CHECKS;
    }

    /** The keys that may have signed. */
    protected List<DeviceKey> candidates(Device device, long now) {
        List<DeviceKey> keys = new ArrayList<>();
        for (String state : LIKELIEST_FIRST) {
            for (DeviceKey key : device.keys()) {
                if (key.is(state) && !hasEnded(key, now)) {
                    keys.add(key);
                }
            }
        }
        return keys;
    }

    /** Provisional and previous keys end; the last second counts. An invalidated key is told to be one for ever. */
    protected boolean hasEnded(DeviceKey key, long now) {
        Long end = key.notAfter();
        return (key.is("provisional") || key.is("previous")) && end != null && now > end;
    }

    protected void checkStatus(Device device) {
        if (device.is("revoked")) {
            throw new Rejection(Reason.DEVICE_REVOKED);
        }
        if (device.is("pending")) {
            throw new Rejection(Reason.DEVICE_PENDING);
        }
    }

    protected void checkState(DeviceKey key) {
        if (key.is("invalidated")) {
            throw new Rejection(Reason.KEY_INVALIDATED);
        }
    }

    /** With the first request that a provisional key has verified it is current, and the current one previous. */
    protected void accept(Attempt attempt) {
        if (attempt.key().is("provisional")) {
            confirm(attempt.device(), attempt.key(), attempt.now);
        }
    }

    protected void confirm(Device device, DeviceKey confirmed, long now) {
        List<DeviceKey> keys = new ArrayList<>();
        for (DeviceKey key : device.keys()) {
            if (key.equals(confirmed)) {
                keys.add(key.become("current", null));
            } else if (key.is("current")) {
                keys.add(key.become("previous", now + 300));
            } else {
                keys.add(key.become("retired", null));
            }
        }
        put(device.withKeys(keys));
    }

    // The claim.

    protected boolean isClaimed(String method) {
        return !settings.writesOnly || !isRead(method);
    }

    /** Each claim is atomic, so whatever happens at once happens one after the other. */
    protected void claimTogether(List<Attempt> attempts) {
        each(attempts, this::claim);
    }

    /** All tokens or none. */
    protected void claim(Attempt attempt) {
        lookForReplay(attempt);
        checkWatching(attempt);
        checkRoom(attempt);
        store(attempt);
    }

    protected void lookForReplay(Attempt attempt) {
        if (isDown(nonceStore)) {
            throw new Rejection(Reason.STORE_UNAVAILABLE);
        }
        if (isKnown(nonceToken(attempt), attempt.now)) {
            throw new Rejection(Reason.NONCE_REPLAY);
        }
        if (settings.signatureReplay && isKnown(signatureToken(attempt), attempt.now)) {
            throw new Rejection(Reason.SIGNATURE_REPLAY);
        }
    }

    private boolean isKnown(String token, long now) {
        Long deadline = claims.get(token);
        return deadline != null && now <= deadline;
    }

    /** Signed in or before the second since which the store has been watching: who knows whether it was seen. */
    protected void checkWatching(Attempt attempt) {
        Long since = settings.watchingSince;
        if (since != null && seconds(attempt.head().timestamp()) <= since) {
            throw new Rejection(Reason.NOT_WATCHING_YET);
        }
    }

    /** Nothing is dropped to make room. */
    protected void checkRoom(Attempt attempt) {
        long live = claimsOfDevice.getOrDefault(owner(attempt), List.of()).stream()
                .filter(deadline -> attempt.now <= deadline)
                .count();
        if (nonceStore.equals("full") || live >= settings.quota) {
            throw new Rejection(Reason.STORE_FULL);
        }
    }

    protected void store(Attempt attempt) {
        long deadline = deadline(attempt.now, seconds(attempt.head().timestamp()));
        remember(nonceToken(attempt), deadline);
        if (settings.signatureReplay) {
            remember(signatureToken(attempt), deadline);
        }
        claimsOfDevice
                .computeIfAbsent(owner(attempt), device -> new ArrayList<>())
                .add(deadline);
    }

    private void remember(String token, long deadline) {
        claims.put(token, deadline);
    }

    protected final void forgetClaims() {
        claims.clear();
        claimsOfDevice.clear();
    }

    /** Longer than the request can be fresh, and never less than the documented 300 s; the second more is the margin. */
    protected long deadline(long now, long timestamp) {
        return Math.max(timestamp, now) + Math.max(settings.window, 300) + 1;
    }

    /** Whose quota it is. */
    protected String owner(Attempt attempt) {
        return ids(attempt.device());
    }

    /** The nonce of the stored device, whatever spelling came. */
    protected String nonceToken(Attempt attempt) {
        return "nonce " + ids(attempt.device()) + " "
                + canonicalNonce(attempt.head().nonce());
    }

    /** No id holds a line feed. */
    protected String ids(Device device) {
        return device.appId() + "\n" + device.deviceId();
    }

    /** The key and r: the same under (r, n − s) and in any encoding. */
    protected String signatureToken(Attempt attempt) {
        return "signature " + attempt.key().pointHex() + " "
                + attempt.head().numbers().r();
    }

    // Answers.

    private ObjectNode answer(Attempt attempt) {
        Reason reason = attempt.rejection;
        if (reason == null) {
            return Json.object().put("verdict", "accepted").put("signedPath", attempt.signedPath());
        }
        ObjectNode answer = Json.object()
                .put("verdict", "rejected")
                .put("reason", reason.name())
                .put("publicCode", publicCode(reason))
                .put("status", status(reason));
        ObjectNode headers = answer.putObject("responseHeaders");
        responseHeaders(reason, attempt.now).forEach(headers::put);
        byte[] body = Json.line(responseBody(reason, attempt.now)).getBytes(StandardCharsets.UTF_8);
        return answer.put("responseBodyHex", hex(body));
    }

    protected int status(Reason reason) {
        return reason.status;
    }

    protected String publicCode(Reason reason) {
        return reason.publicCode;
    }

    protected Map<String, String> responseHeaders(Reason reason, long now) {
        Map<String, String> headers = new HashMap<>();
        headers.put("Content-Type", "application/json");
        headers.put("Cache-Control", "no-store");
        headers.put("x-synheart-error", publicCode(reason));
        if (status(reason) == 401) {
            headers.put("WWW-Authenticate", "Synheart-Signature version=\"1\"");
        }
        if (showsServerTime(reason)) {
            headers.put("x-server-timestamp", Long.toString(now));
        }
        if (status(reason) == 503) {
            headers.put("Retry-After", Integer.toString(reason.retryAfter));
        }
        return headers;
    }

    /** The client corrects its clock whenever it sees this. */
    protected boolean showsServerTime(Reason reason) {
        return reason == Reason.CLOCK_SKEW;
    }

    protected ObjectNode responseBody(Reason reason, long now) {
        String code = publicCode(reason);
        String text = "The answer is " + code + ".";
        ObjectNode body = Json.object()
                .put("status", "error")
                .put("code", code)
                .put("message", text)
                .put("error_code", code)
                .put("error_description", text);
        body.putObject("error").put("code", code).put("message", text);
        if (showsServerTime(reason)) {
            body.put("server_timestamp", now);
        }
        if (status(reason) == 503) {
            body.put("retry_after", reason.retryAfter);
        }
        return body;
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText();
    }

    private static ObjectNode ok() {
        return Json.object().put("ok", true);
    }
}
