package dev.countersign.core.diagnosis;

import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.KeyState;
import dev.countersign.core.diagnosis.Inquiry.CompleteMessage;
import dev.countersign.core.explain.Explanation;
import dev.countersign.core.explain.Explanation.Step;
import dev.countersign.core.explain.LikelyCause;
import dev.countersign.core.explain.LikelyCause.Kind;
import dev.countersign.core.step.FindKey;
import dev.countersign.core.step.PathRule;
import dev.countersign.core.step.SignedHead;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Makes the explanation of one rejection of what was noted of the request. Used once, by one thread. */
final class Diagnosis {
    private static final int SHOWN = 512;
    private static final long HALF_HOUR = 1800;
    private static final long LARGEST_OFFSET = 14 * 3600;
    private static final long NEARLY = 60;

    private final Explainer.Settings settings;
    private final Sent sent;
    private final @Nullable SignedHead head;
    private final @Nullable CompleteMessage message;
    private final @Nullable DeviceRecord record;
    private final Rejected rejected;
    private final long now;

    private String expected = "";
    private String found = "";
    private final List<LikelyCause> causes = new ArrayList<>();
    private final List<String> notTried = new ArrayList<>();
    private List<String> possibleSigners = List.of();

    Diagnosis(Explainer.Settings settings, Inquiry.Notes notes, Rejected rejected) {
        this.settings = settings;
        this.sent = notes.sent();
        this.head = notes.head();
        this.message = notes.message();
        this.record = notes.record();
        this.rejected = rejected;
        this.now = rejected.serverTime().getEpochSecond();
    }

    Explanation explanation(long leftOut) {
        judge();
        SignedHead signed = head;
        CompleteMessage complete = message;
        Report.Request request = new Report.Request(
                request(),
                signed == null ? null : messageHead(signed),
                complete == null ? null : Sha256.hex(complete.digests()[0]),
                complete == null ? -1 : complete.bodyBytes(),
                complete == null ? null : Sha256.hex(complete.bodySha256()),
                signed == null ? null : EscapedAscii.of(signed.signedPaths().get(0), SHOWN),
                signed == null ? null : rule(signed),
                deviceKeys(),
                possibleSigners);
        return new Report(
                settings.verifierName(),
                rejected,
                request,
                new Report.Judgement(step(), expected, found, List.copyOf(causes), List.copyOf(notTried), leftOut));
    }

    private Step step() {
        return switch (rejected.reason()) {
            case MISSING_HEADER, MALFORMED_HEADER, MALFORMED_TARGET, UNSUPPORTED_VERSION, QUERY_NOT_ALLOWED ->
                Step.HEADERS;
            case CLOCK_SKEW -> Step.FRESHNESS;
            case BODY_TOO_LARGE -> Step.MESSAGE;
            case UNKNOWN_DEVICE, KEY_INVALIDATED, DEVICE_REVOKED, DEVICE_PENDING -> Step.KEY;
            case INVALID_SIGNATURE -> Step.SIGNATURE;
            case NONCE_REPLAY, SIGNATURE_REPLAY, STORE_FULL, NOT_WATCHING_YET -> Step.CLAIM;
            case STORE_UNAVAILABLE -> rejected.detail().startsWith("nonce store") ? Step.CLAIM : Step.KEY;
            case CANCELLED, INTERNAL -> Step.NONE;
        };
    }

    private void judge() {
        String detail = rejected.detail();
        RejectionReason reason = rejected.reason();
        switch (reason) {
            case MISSING_HEADER, MALFORMED_HEADER -> judgeHeader(HeadCauses.named(detail));
            case MALFORMED_TARGET -> {
                say("a method of [A-Z][A-Z-]{0,31}, and a target of visible ASCII without # and \\", detail);
                causes.add(new HeadCauses(sent).target());
            }
            case UNSUPPORTED_VERSION -> {
                say(SignedHeaders.SIG_VERSION + ": 1", quotedHeader(SignedHeaders.SIG_VERSION));
                causes.add(new HeadCauses(sent).version());
            }
            case QUERY_NOT_ALLOWED -> {
                say("no query with " + EscapedAscii.of(sent.method(), 32), EscapedAscii.of(sent.target(), SHOWN));
                add(
                        Kind.QUERY_ON_WRITE,
                        true,
                        "The query is not signed, and rejectQueryOnWrites refuses one with a write, an empty one included:"
                                + " send it in the body.");
            }
            case CLOCK_SKEW -> judgeClock();
            case BODY_TOO_LARGE -> {
                say("at most " + settings.maxBodyBytes() + " bytes of body", announced());
                add(Kind.BODY_TOO_LONG, true, "The body is longer than maxBodyBytes, " + settings.maxBodyBytes() + ".");
            }
            case UNKNOWN_DEVICE -> judgeUnknown();
            case DEVICE_REVOKED -> {
                say("an active device", "a revoked one, whose signature is valid");
                add(
                        Kind.DEVICE_REVOKED,
                        true,
                        "The device was revoked: it lives again only through a new key that was never used.");
            }
            case DEVICE_PENDING -> {
                say("an active device", "a pending one, whose signature is valid");
                add(Kind.DEVICE_PENDING, true, "The device is registered, and was not activated yet.");
            }
            case KEY_INVALIDATED -> {
                say("a key that may sign requests", "an invalidated one, whose signature is valid");
                add(
                        Kind.KEY_INVALIDATED,
                        true,
                        "The key was invalidated: the client has to rotate it, which it does at KEY_INVALIDATED.");
            }
            case INVALID_SIGNATURE -> judgeSignature();
            case NONCE_REPLAY -> {
                say("a nonce that this device did not use before", quotedHeader(SignedHeaders.NONCE) + " once more");
                add(
                        Kind.SENT_AGAIN,
                        true,
                        "The nonce was used before: the same request came twice (an HTTP library or a proxy sends again, a filter"
                                + " is mapped twice), or the client makes no new nonce for each request. Case does not count.");
            }
            case SIGNATURE_REPLAY -> {
                say("a signature that was not used before", "the same one under another nonce");
                add(
                        Kind.SIGNATURE_AGAIN,
                        true,
                        "The signature was used before: a captured request under another nonce, a client that signs once and"
                                + " sends several times, or a deterministic signer (RFC 6979) with the same content in one second.");
            }
            case STORE_UNAVAILABLE, STORE_FULL, NOT_WATCHING_YET -> {
                say("an answer of key store and nonce store", detail.isEmpty() ? reason.name() : detail);
                add(Kind.STORE, true, "The request is not at fault, and may come again: " + store(reason) + cause());
            }
            case CANCELLED -> {
                say("a request until its end", "it was given up: " + detail);
                add(
                        Kind.CANCELLED,
                        true,
                        "The client went away, the body was too slow for bodyTimeLimit, or the verifier is being closed.");
            }
            case INTERNAL -> {
                say("no fault of the verifier", "one");
                add(Kind.INTERNAL, true, "A bug: see lastInternalFault() of the verifier, and report it." + cause());
            }
        }
    }

    private void judgeHeader(String name) {
        HeadCauses head = new HeadCauses(sent);
        if (rejected.reason() == RejectionReason.MISSING_HEADER) {
            say(name + " once", "none");
            causes.add(head.missing(name));
        } else {
            say(
                    name + " once: " + form(name),
                    name.equals(SignedHeaders.SIGNATURE)
                            ? SignatureForm.describe(sent.first(name))
                            : quotedHeader(name));
            causes.addAll(head.malformed(name));
        }
    }

    private String form(String name) {
        return switch (name) {
            case SignedHeaders.APP_ID -> "1 to " + DeviceIdentity.MAX_LENGTH + " visible ASCII characters, no comma";
            case SignedHeaders.DEVICE_ID ->
                settings.rules().opaqueDeviceIds()
                        ? "1 to " + DeviceIdentity.MAX_LENGTH + " visible ASCII characters, no comma"
                        : "a UUID, 8-4-4-4-12";
            case SignedHeaders.SIGNATURE -> "padded standard Base64 of strict DER";
            case SignedHeaders.TIMESTAMP -> "Unix seconds, 0 or [1-9][0-9]{0,10}";
            case SignedHeaders.NONCE -> "a UUID of version 4";
            default -> "1";
        };
    }

    private void judgeClock() {
        long timestamp = head == null ? now : head.timestamp();
        long difference = timestamp - now;
        String apart = Math.abs(difference) + " s " + (difference < 0 ? "behind" : "ahead of");
        say(
                "a timestamp from " + (now - settings.windowSeconds()) + " to " + (now + settings.maxAheadSeconds())
                        + ", server time being " + now,
                timestamp + ", " + apart + " it");
        if (!rejected.detail().equals("with the head")) {
            add(
                    Kind.SLOW_BODY,
                    true,
                    "The timestamp was fresh with the head and was not any more " + rejected.detail()
                            + ": the body took too long, or was held back.");
            return;
        }
        long nearest = Math.round((double) difference / HALF_HOUR) * HALF_HOUR;
        if (nearest != 0 && Math.abs(nearest) <= LARGEST_OFFSET && Math.abs(difference - nearest) <= NEARLY) {
            add(
                    Kind.TIME_ZONE,
                    false,
                    "The timestamp is about " + Math.abs(nearest) / 3600.0 + " hours "
                            + (nearest < 0 ? "behind" : "ahead")
                            + ": local time was probably taken for UTC. Unix seconds have no time zone.");
        }
        add(
                Kind.CLOCK,
                true,
                "The client signed at " + Instant.ofEpochSecond(timestamp) + ", " + apart + " the server's clock, "
                        + Instant.ofEpochSecond(now)
                        + ": one of the clocks is wrong, or the request was held up or stored.");
    }

    private void judgeUnknown() {
        SignedHead signed = head;
        say("a record of this app and this device in the key store", "none");
        String app = signed == null ? "" : signed.claimed().appId();
        String device = signed == null ? "" : signed.claimed().deviceId();
        add(
                Kind.DEVICE_UNKNOWN,
                true,
                "The key store has no device " + HeadCauses.quoted(device) + " of the app " + HeadCauses.quoted(app)
                        + ": it was never registered, under another app id or another device id, on another database, or was"
                        + " erased. The case of app ids counts, and of device ids that are no UUIDs.");
        CompleteMessage complete = message;
        if (complete != null) {
            possibleSigners = MessageCauses.possibleSigners(sent, complete);
        }
    }

    private void judgeSignature() {
        SignedHead signed = head;
        CompleteMessage complete = message;
        DeviceRecord device = record;
        if (signed == null || complete == null || device == null) {
            say("a valid signature", "another one");
            add(Kind.OTHER_KEY, false, "The signature is not valid; what it was checked against was not noted.");
            return;
        }
        MessageCauses tried = new MessageCauses(settings.engine(), sent, signed, complete, device, now);
        causes.addAll(tried.causes());
        notTried.addAll(complete.notTried());
        if (!tried.isShown()) {
            possibleSigners = MessageCauses.possibleSigners(sent, complete);
        }
        if (tried.isCutShort()) {
            notTried.add("what would take more than " + MessageCauses.MOST_CHECKS + " signature checks");
        }
        int count = new FindKey().candidates(device, now).size();
        say(
                "a signature of this message by a key of the device that may sign",
                rejected.detail().isEmpty()
                        ? "none of " + count + (count == 1 ? " key verifies it" : " keys verifies it")
                        : rejected.detail());
    }

    private String announced() {
        return sent.announcedBytes() >= 0 ? sent.announcedBytes() + " bytes announced" : "more";
    }

    private static String store(RejectionReason reason) {
        return switch (reason) {
            case STORE_FULL -> "the device's quota or the nonce store's capacity is used up.";
            case NOT_WATCHING_YET ->
                "the nonce store was not watching yet when it was signed, because it was started or failed over since.";
            default -> "a store failed, was late, or was not asked for a limit. See StoreFailure of a listener.";
        };
    }

    /** The kind of it only: the text of a store's exception may hold anything. */
    private String cause() {
        return rejected.cause()
                .map(thrown -> " It threw " + thrown.getClass().getName() + ".")
                .orElse("");
    }

    private String request() {
        return EscapedAscii.of(sent.method(), 64) + " " + EscapedAscii.of(sent.target(), SHOWN) + ", app "
                + quotedHeader(SignedHeaders.APP_ID) + ", device " + quotedHeader(SignedHeaders.DEVICE_ID) + ", nonce "
                + quotedHeader(SignedHeaders.NONCE);
    }

    private static String messageHead(SignedHead signed) {
        byte[] prefix = signed.scheme()
                .messagePrefix(signed.method(), signed.signedPaths().get(0), signed.timestampText());
        return EscapedAscii.of(new String(prefix, StandardCharsets.US_ASCII), SHOWN);
    }

    private String rule(SignedHead signed) {
        String path = signed.target().path();
        PathRule rule = settings.rules().signingPaths().matching(signed.method(), path);
        if (rule == null) {
            return "as it came: no rule matches";
        }
        String methods = rule.methods().isEmpty() ? "every method" : String.join(" or ", new TreeSet<>(rule.methods()));
        String also = signed.signedPaths().size() > 1 ? "; a signature for the path as it came is accepted, too" : "";
        return "by the rule: " + methods + ", " + rule.prefix() + " becomes " + rule.replacement() + also;
    }

    private Map<String, KeyState> deviceKeys() {
        Map<String, KeyState> keys = new LinkedHashMap<>();
        DeviceRecord device = record;
        if (device != null) {
            for (DeviceKey key : MessageCauses.keys(device, new FindKey().candidates(device, now))) {
                keys.put(Thumbprint.of(key.publicKey()), key.state());
            }
        }
        return keys;
    }

    private String quotedHeader(String name) {
        return HeadCauses.quoted(sent.first(name));
    }

    private void say(String wanted, String got) {
        expected = wanted;
        found = got;
    }

    private void add(Kind kind, boolean isShown, String sentence) {
        causes.add(new NamedCause(kind, sentence, isShown));
    }
}
