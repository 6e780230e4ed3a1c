package dev.countersign.core.explain;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.device.KeyState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Why one request was rejected: what was expected and found, what the signature should have covered, and the likeliest
 * causes. Made by verifiers only; may gain parts. Immutable and thread-safe.
 *
 * <p>Text that the client sent is shown as printable ASCII, with all other bytes escaped ({@code \n}, {@code \xC3},
 * {@code \\}), and shortened. An explanation has no signature, body, public key or secret. It has paths, ids and
 * nonces, so it is not for production.
 */
public interface Explanation {
    /** The check that the request did not pass, by its number in the protocol (The seven checks). */
    enum Step {
        /** All six headers, method and target. */
        HEADERS("1, all six headers, method and target"),
        /** The timestamp is fresh. */
        FRESHNESS("2, the timestamp is fresh"),
        /** Rebuild the message: its body is not too long. */
        MESSAGE("4, rebuild the message"),
        /** The device, its key and what they may do. */
        KEY("5, the key by app and device"),
        /** The signature verifies. */
        SIGNATURE("6, verify the signature"),
        /** Nonce and signature were not seen before, and are remembered. */
        CLAIM("7, store the nonce (which decides 3, nonce unseen)"),
        /** None of them: the verification was cancelled, or failed inside. */
        NONE("none of the checks");

        private final String title;

        Step(String title) {
            this.title = title;
        }

        /** Its number and what it checks. */
        public String title() {
            return title;
        }
    }

    /** As the builder's {@code name}. */
    String verifierName();

    /** As that of the verdict. */
    String verificationId();

    /** As that of the verdict. */
    RejectionReason reason();

    /** The check that it did not pass. */
    Step step();

    /** What the check accepts. */
    String expected();

    /** What the request had instead. */
    String found();

    /**
     * The signed message up to the body, as the verifier rebuilt it for {@link #signingPath}: method, path and
     * timestamp, with a {@code \n} behind each. Absent where the head is faulty.
     */
    Optional<String> messageHead();

    /** SHA-256 of the signed message, 64 lower-case hexadecimal digits. Absent where the body was not complete. */
    Optional<String> messageSha256();

    /** How long the body is that reached the verifier. Absent where it was not complete. */
    OptionalLong bodyBytes();

    /**
     * SHA-256 of the body that reached the verifier, 64 lower-case hexadecimal digits. Absent where it was not
     * complete.
     */
    Optional<String> bodySha256();

    /**
     * The path that the signature has to cover; the likelier one, where one as it came is accepted, too. Absent where
     * the head is faulty.
     */
    Optional<String> signingPath();

    /** Which rule made {@link #signingPath} of the request's path, in words. Absent where the head is faulty. */
    Optional<String> signingPathRule();

    /**
     * The device's keys with their states, those first that may sign requests; at most six. A key is named by its JWK
     * thumbprint with SHA-256 (RFC 7638), which a client can compute of its own key. Empty where the device was not
     * looked up or is unknown.
     */
    Map<String, KeyState> deviceKeys();

    /**
     * Where no cause was shown, and where the device is unknown: the thumbprints of the keys, usually two, of which one
     * signed if the message is the one that the verifier rebuilt. So of two requests of a client, the key that comes up
     * both times is the one that it signs with, and is not among {@link #deviceKeys}; if none does, it is the message
     * that differs. Else empty.
     */
    List<String> possibleSigners();

    /** The likeliest first; those that were shown by trying stand before those that are guesses. At least one. */
    List<LikelyCause> likelyCauses();

    /** What was not tried for a limit, in words; empty if everything was. */
    List<String> notTried();

    /** How many rejections since the last explanation were not explained, because of limits or of a failure. */
    long leftOut();

    /** All of it, in several lines of printable ASCII; no line feed behind the last one. */
    String text();
}
