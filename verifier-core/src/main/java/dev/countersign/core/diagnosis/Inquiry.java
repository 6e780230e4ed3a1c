package dev.countersign.core.diagnosis;

import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.diagnosis.OtherMessages.Hashed;
import dev.countersign.core.step.SignedHead;
import dev.countersign.core.step.SignedMessage;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is noted of one request in case that it is rejected. The driver tells it how far it is; no fault in here gets
 * out. Thread-safe: a verdict may be reached while another thread is inside. Nothing of the body is kept.
 */
public final class Inquiry {
    /** Of a longer body, other messages are not tried. */
    static final int LONGEST_TRIED_BODY = 1 << 20;

    private final Explainer explainer;
    private final Sent sent;

    // Guarded by "this".
    private @Nullable SignedHead head;
    private @Nullable OtherMessages others;
    private @Nullable MessageDigest bodyHash;
    private long bodyBytes;
    private @Nullable CompleteMessage message;
    private @Nullable DeviceRecord record;
    private boolean isOver;
    private boolean isBroken;

    /**
     * The message whose body is complete.
     *
     * @param digests in the order of the head's signed paths
     * @param others other messages that may have been signed
     * @param notTried what was left out, in words
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record CompleteMessage(
            byte[][] digests, long bodyBytes, byte[] bodySha256, List<Hashed> others, List<String> notTried) {}

    /** What there is when it is over. */
    record Notes(
            Sent sent,
            @Nullable SignedHead head,
            @Nullable CompleteMessage message,
            @Nullable DeviceRecord record) {}

    Inquiry(Explainer explainer, Sent sent) {
        this.explainer = explainer;
        this.sent = sent;
    }

    /** The head is in its form. */
    public void read(SignedHead signed) {
        note(() -> head = signed);
    }

    /** The next bytes of the body; the chunk is left as it is. */
    public void update(ByteBuffer chunk) {
        note(() -> {
            hash(chunk);
            bodyBytes += chunk.remaining();
        });
    }

    private void hash(ByteBuffer chunk) {
        begin();
        MessageDigest hash = bodyHash;
        OtherMessages trials = others;
        if (hash == null || trials == null) {
            return;
        }
        hash.update(chunk.duplicate());
        if (!trials.isGivenUp()
                && (bodyBytes + chunk.remaining() > LONGEST_TRIED_BODY
                        || !explainer.admission().takeBody(chunk.remaining()))) {
            trials.giveUp();
        }
        trials.update(chunk);
    }

    private void begin() {
        SignedHead signed = head;
        if (bodyHash == null && signed != null) {
            bodyHash = SignedMessage.newSha256();
            others = new OtherMessages(signed);
        }
    }

    /** The body is complete. */
    public void complete(byte[][] digests, long bytes) {
        note(() -> {
            begin();
            MessageDigest hash = bodyHash;
            OtherMessages trials = others;
            if (hash == null || trials == null) {
                return;
            }
            boolean hasBody = bytes > 0;
            List<String> notTried = new ArrayList<>();
            if (hasBody && trials.isGivenUp()) {
                notTried.add("other messages with this body: it is longer than " + LONGEST_TRIED_BODY
                        + " bytes, or bodies came too fast");
            } else if (trials.untried(hasBody) > 0) {
                notTried.add(trials.untried(hasBody) + " other messages: only " + OtherMessages.MOST_AT_A_TIME
                        + " are hashed while a body comes");
            }
            if (trials.isPathTooLong()) {
                notTried.add("other forms of the path: it is longer than " + Trial.LONGEST_PATH + " characters");
            }
            List<Hashed> hashed = trials.complete(hasBody);
            message = new CompleteMessage(digests, bytes, hash.digest(), hashed, notTried);
            others = null;
        });
    }

    /** What the device was found to be, or that it is unknown; the last one counts. */
    public void found(@Nullable DeviceRecord device) {
        note(() -> record = device);
    }

    /** Lets it be over: null if it was, or if something in here failed. */
    synchronized @Nullable Notes end() {
        boolean isUsable = !isOver && !isBroken;
        isOver = true;
        others = null;
        return isUsable ? new Notes(sent, head, message, record) : null;
    }

    private void note(Runnable part) {
        synchronized (this) {
            if (isOver || isBroken) {
                return;
            }
            try {
                part.run();
            } catch (Throwable fault) {
                isBroken = true;
                explainer.failed();
            }
        }
    }
}
