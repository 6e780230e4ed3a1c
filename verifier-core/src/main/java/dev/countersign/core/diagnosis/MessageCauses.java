package dev.countersign.core.diagnosis;

import dev.countersign.api.SignedHeaders;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.wire.SignatureDer;
import dev.countersign.api.wire.StrictBase64;
import dev.countersign.core.diagnosis.Inquiry.CompleteMessage;
import dev.countersign.core.diagnosis.OtherMessages.Hashed;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import dev.countersign.core.explain.LikelyCause;
import dev.countersign.core.explain.LikelyCause.Kind;
import dev.countersign.core.step.FindKey;
import dev.countersign.core.step.SignedHead;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why a signature is not valid: tried out under the device's keys, for other messages, with at most
 * {@value #MOST_CHECKS} signature checks; then guessed. Used once, by one thread.
 */
final class MessageCauses {
    static final int MOST_CHECKS = 32;
    static final int MOST_KEYS = 6;

    private final EcdsaP256Engine engine;
    private final Sent sent;
    private final SignedHead head;
    private final CompleteMessage message;
    private final List<DeviceKey> candidates;
    private final List<DeviceKey> keys;
    private final Map<DevicePublicKey, PreparedKey> prepared = new HashMap<>();
    private final byte @Nullable [] signature;
    private final List<LikelyCause> causes = new ArrayList<>();
    private boolean isShown;
    private int checks;

    /** @param now the server's second of the rejection */
    MessageCauses(
            EcdsaP256Engine engine,
            Sent sent,
            SignedHead head,
            CompleteMessage message,
            DeviceRecord record,
            long now) {
        this.engine = engine;
        this.sent = sent;
        this.head = head;
        this.message = message;
        this.candidates = new FindKey().candidates(record, now);
        this.keys = keys(record, candidates);
        this.signature = signature(sent);
    }

    private static byte @Nullable [] signature(Sent sent) {
        byte[] der = StrictBase64.decode(sent.first(SignedHeaders.SIGNATURE));
        return der == null ? null : SignatureDer.toRaw(der);
    }

    /** The thumbprints of the keys of which one signed this message, if one did. */
    static List<String> possibleSigners(Sent sent, CompleteMessage message) {
        byte[] signature = signature(sent);
        return signature == null
                ? List.of()
                : PossibleSigners.of(message.digests()[0], signature).stream()
                        .map(Thumbprint::of)
                        .toList();
    }

    /** The device's keys, those first that may sign. */
    static List<DeviceKey> keys(DeviceRecord record, List<DeviceKey> candidates) {
        List<DeviceKey> keys = new ArrayList<>(candidates);
        for (DeviceKey key : record.keys()) {
            if (!keys.contains(key) && keys.size() < MOST_KEYS) {
                keys.add(key);
            }
        }
        return keys;
    }

    List<LikelyCause> causes() {
        if (signature != null) {
            tryKeys(signature);
            if (causes.isEmpty()) {
                tryMessages(signature);
            }
        }
        isShown = !causes.isEmpty();
        addBodyHints();
        if (!isShown) {
            addGuesses();
        }
        return causes;
    }

    /** Whether the signature was found to be valid for something. */
    boolean isShown() {
        return isShown;
    }

    /** Whether there was more to try than a request's explanation may. */
    boolean isCutShort() {
        return checks >= MOST_CHECKS;
    }

    /** The right message, under keys that do not count, or that were not tried. */
    private void tryKeys(byte[] signature) {
        for (byte[] digest : message.digests()) {
            DeviceKey key = verifying(keys, digest, signature);
            if (key != null && candidates.contains(key)) {
                causes.add(new NamedCause(
                        Kind.CHECKS_SPENT,
                        "The signature is valid under the key " + Thumbprint.of(key.publicKey()) + " ("
                                + key.state()
                                + "), which was not tried: the checks of a request are few. The device has"
                                + " several keys, and a path may be signed in two forms.",
                        true));
            } else if (key != null) {
                causes.add(new NamedCause(
                        Kind.KEY_REPLACED,
                        "The signature is valid under the key " + Thumbprint.of(key.publicKey()) + ", which is "
                                + (key.state() == KeyState.RETIRED ? "retired" : key.state() + " and past its end")
                                + ": the client signs with a key that was replaced. Did it miss the end of a rotation?",
                        true));
            }
        }
    }

    private void tryMessages(byte[] signature) {
        for (Hashed other : messages()) {
            if (verifying(candidates, other.digest(), signature) != null) {
                causes.add(other.cause());
                return;
            }
        }
    }

    private List<Hashed> messages() {
        byte[] right = message.digests()[0];
        byte[] prefix =
                head.scheme().messagePrefix(head.method(), head.signedPaths().get(0), head.timestampText());
        List<Hashed> all = new ArrayList<>();
        if (message.bodyBytes() > 0) {
            all.add(new Hashed(
                    NamedCause.shown(
                            Kind.BODY_NOT_SIGNED,
                            "The signature is valid for an empty body: the client signs " + head.method()
                                    + " without the body that it sends, or signs before there is a body."),
                    Sha256.of(prefix)));
        } else {
            all.add(new Hashed(
                    NamedCause.shown(
                            Kind.LAST_LINE_FEED_MISSING,
                            "The signature is valid without the line feed behind the timestamp: it is there without a body,"
                                    + " too."),
                    Sha256.of(Arrays.copyOf(prefix, prefix.length - 1))));
        }
        all.add(new Hashed(
                NamedCause.shown(
                        Kind.HASHED_TWICE,
                        "The signature is valid for the hash of the hash: the client hashes the message, and gives the hash"
                                + " to a function that hashes again, such as SHA256withECDSA."),
                Sha256.of(right)));
        all.addAll(message.others());
        return all;
    }

    private @Nullable DeviceKey verifying(List<DeviceKey> under, byte[] digest, byte[] signature) {
        for (DeviceKey key : under) {
            if (isCutShort()) {
                return null;
            }
            checks++;
            PreparedKey ready = prepared.computeIfAbsent(key.publicKey(), engine::prepare);
            if (engine.verify(ready, digest, signature)) {
                return key;
            }
        }
        return null;
    }

    /** What the lengths show. */
    private void addBodyHints() {
        long announced = sent.announcedBytes();
        long seen = message.bodyBytes();
        if (seen == 0 && sent.announcesBody()) {
            causes.add(NamedCause.shown(
                    Kind.BODY_CONSUMED,
                    "A body was announced and the verifier saw none: a filter before it has read the body"
                            + (sent.isForm() ? ", probably to parse the form" : "")
                            + ". Put the verifier's filter first."));
        } else if (announced >= 0 && announced != seen) {
            causes.add(NamedCause.shown(
                    Kind.BODY_LENGTH_CHANGED,
                    announced + " bytes of body were announced and the verifier saw " + seen + ": something before it "
                            + (sent.isCompressed() ? "decompresses" : "changes or reads a part of")
                            + " the body. The bytes on the wire are signed."));
        }
    }

    private void addGuesses() {
        if (message.bodyBytes() > 0) {
            causes.add(NamedCause.guessed(
                    Kind.BODY_CHANGED,
                    "Another body was signed than the one that came: compare length and SHA-256 with the client's. If something"
                            + " reads JSON or a form and writes it again, nothing here can tell what it was."));
        }
        causes.add(NamedCause.guessed(
                Kind.PATH_REWRITTEN,
                "Another path was signed than the one that came: compare the message head with the client's. Does a proxy"
                        + " rewrite it?"));
        causes.add(NamedCause.guessed(
                Kind.OTHER_KEY,
                "Another key signed than those listed here, such as one that was replaced, which stores need not list: compare"
                        + " the thumbprints (RFC 7638) with that of the client's key. Was it registered for this app"
                        + " and device id, on the database that this server reads? Send two requests: what comes up"
                        + " in both as \"signed by?\" is the client's key."));
    }
}
