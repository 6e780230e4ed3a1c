package dev.countersign.core.diagnosis;

import dev.countersign.core.explain.LikelyCause;
import dev.countersign.core.step.SignedHead;
import dev.countersign.core.step.SignedMessage;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages that a client may have signed in place of the right one, hashed while the body streams: at most
 * {@value #MOST_AT_A_TIME}. Nothing of the body is kept. Used by one thread at a time.
 */
final class OtherMessages {
    static final int MOST_AT_A_TIME = 8;

    private final List<Trial> trials;
    private final List<Running> running = new ArrayList<>();
    private final boolean isPathTooLong;
    private boolean isGivenUp;

    OtherMessages(SignedHead head) {
        this.isPathTooLong = head.signedPaths().get(0).length() > Trial.LONGEST_PATH;
        this.trials = Trial.of(head);
        for (Trial trial : trials.subList(0, Math.min(MOST_AT_A_TIME, trials.size()))) {
            running.add(new Running(trial));
        }
    }

    /** A message and its hash. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Hashed(LikelyCause cause, byte[] digest) {}

    private static final class Running {
        private final Trial trial;
        private final MessageDigest digest = SignedMessage.newSha256();
        private final @Nullable Utf8Body text;

        Running(Trial trial) {
            this.trial = trial;
            digest.update(trial.prefix());
            this.text = trial.hasTextBody() ? new Utf8Body(digest) : null;
        }

        void update(ByteBuffer chunk) {
            if (text == null) {
                digest.update(chunk);
            } else {
                text.update(chunk);
            }
        }

        Hashed complete() {
            return new Hashed(trial.cause(), text == null ? digest.digest() : text.digest());
        }
    }

    /** Leaves the chunk as it is. */
    void update(ByteBuffer chunk) {
        for (Running each : running) {
            each.update(chunk.duplicate());
        }
    }

    /** No more of the body is hashed for it, and messages with a body are not tried. */
    void giveUp() {
        isGivenUp = true;
        running.clear();
    }

    boolean isGivenUp() {
        return isGivenUp;
    }

    /** Whether no other paths are among them. */
    boolean isPathTooLong() {
        return isPathTooLong;
    }

    /** How many there are that were not hashed. */
    int untried(boolean hasBody) {
        return hasBody ? trials.size() - running.size() : 0;
    }

    /** The hashes. To be called once; without a body nothing had to stream, and all are there. */
    List<Hashed> complete(boolean hasBody) {
        List<Hashed> hashed = new ArrayList<>();
        if (hasBody) {
            running.forEach(each -> hashed.add(each.complete()));
        } else {
            for (Trial trial : trials) {
                if (!trial.hasTextBody()) {
                    hashed.add(new Hashed(trial.cause(), Sha256.of(trial.prefix())));
                }
            }
        }
        return hashed;
    }
}
