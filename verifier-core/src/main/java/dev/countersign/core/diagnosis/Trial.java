package dev.countersign.core.diagnosis;

import dev.countersign.core.explain.LikelyCause;
import dev.countersign.core.explain.LikelyCause.Kind;
import dev.countersign.core.step.SignedHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A message that a client may have signed in place of the right one: what stands before the body, and what that would
 * mean.
 */
final class Trial {
    /** A longer path is not tried in other forms. */
    static final int LONGEST_PATH = 2048;

    private final LikelyCause cause;
    private final byte[] prefix;
    private final boolean hasTextBody;

    private Trial(LikelyCause cause, byte[] prefix, boolean hasTextBody) {
        this.cause = cause;
        this.prefix = prefix;
        this.hasTextBody = hasTextBody;
    }

    /** What is wrong if the signature verifies so. */
    LikelyCause cause() {
        return cause;
    }

    /** What stands before the body: not to be changed. */
    byte[] prefix() {
        return prefix;
    }

    /** Whether the body is read as text. */
    boolean hasTextBody() {
        return hasTextBody;
    }

    /** The ones that make a difference for this head, the likeliest first. */
    static List<Trial> of(SignedHead head) {
        return new Trials(head).list;
    }

    private static final class Trials {
        private final SignedHead head;
        private final String path;
        private final List<byte[]> right = new ArrayList<>();
        private final List<Trial> list = new ArrayList<>();

        Trials(SignedHead head) {
            this.head = head;
            this.path = head.signedPaths().get(0);
            for (String signed : head.signedPaths()) {
                right.add(message(head.method(), signed, head.timestampText(), "\n"));
            }
            if (path.length() <= LONGEST_PATH) {
                addPaths();
            }
            list.add(new Trial(
                    NamedCause.shown(
                            Kind.BODY_AS_TEXT,
                            "The body is not UTF-8 all through, and was signed as it is after reading it as UTF-8 text:"
                                    + " sign the bytes that are sent."),
                    message(head.method(), path, head.timestampText(), "\n"),
                    true));
            addForms();
        }

        private void addPaths() {
            String raw = head.target().path();
            addPath(
                    Kind.PATH_UNSTRIPPED,
                    raw,
                    "the path as it came: the client does not strip the prefix that the rule here strips, or the rule is"
                            + " not for this route. See SigningPaths: none(), or acceptingUnstripped(...).");
            String query = head.target().query();
            if (query != null) {
                addPath(
                        Kind.PATH_WITH_QUERY,
                        path + "?" + query,
                        "path and query: the query is no part of the message. The client has to sign the path alone.");
            }
            addPath(
                    Kind.PATH_STRIPPED,
                    PathForms.withoutFirstSegment(path),
                    "the path without its first segment: the client strips a prefix that no rule here strips, or signs a"
                            + " service's own path. See SigningPaths.strip(...), or the client's rule.");
            addPath(
                    Kind.PATH_DECODED,
                    PathForms.decoded(path),
                    "the decoded path: the client, or something before the verifier, decodes percent-escapes. The raw"
                            + " path is signed.");
            addPath(
                    Kind.PATH_NORMALISED,
                    PathForms.normalised(path),
                    "the path with double slashes merged and dot segments resolved: the raw path is signed.");
            addPath(
                    Kind.PATH_PARAMETERS_CUT,
                    PathForms.withoutParameters(path),
                    "the path without what stands behind semicolons: the raw path is signed.");
            addPath(
                    Kind.PATH_TRAILING_SLASH,
                    PathForms.withOtherEnd(path),
                    "the path with " + (path.endsWith("/") ? "no slash" : "a slash")
                            + " at its end: client and server do not mean the same path, or a proxy changes it.");
        }

        private void addForms() {
            add(
                    Kind.CR_LF,
                    "The signature is valid with CR LF at the ends of the lines: a line ends with one LF, 0x0A.",
                    message(head.method(), path, head.timestampText(), "\r\n"));
            String lower = head.method().toLowerCase(Locale.ROOT);
            add(
                    Kind.METHOD_SIGNED_LOWER_CASE,
                    "The signature is valid for the method in lower case: it is signed in upper case, as it is sent.",
                    message(lower, path, head.timestampText(), "\n"));
            if (path.length() <= LONGEST_PATH) {
                addPath(
                        Kind.PATH_LOWER_CASED,
                        path.toLowerCase(Locale.ROOT),
                        "the path in lower case: the raw path is signed.");
                if (!path.startsWith("/ingest/") && !head.target().path().startsWith("/ingest/")) {
                    addPath(
                            Kind.PATH_PREFIX_GONE,
                            "/ingest" + path,
                            "the path with /ingest before it: a gateway took the prefix away before the request came"
                                    + " here, and the client signs it.");
                }
            }
            add(
                    Kind.TIMESTAMP_SIGNED_IN_MILLISECONDS,
                    "The signature is valid for the timestamp in milliseconds: the text of the header is signed.",
                    message(head.method(), path, head.timestampText() + "000", "\n"));
        }

        private void addPath(Kind kind, String other, String sentence) {
            add(
                    kind,
                    "The signature is valid for " + sentence,
                    message(head.method(), other, head.timestampText(), "\n"));
        }

        /** Unless it is the right message, or among the others. */
        private void add(Kind kind, String sentence, byte[] prefix) {
            for (byte[] one : right) {
                if (Arrays.equals(prefix, one)) {
                    return;
                }
            }
            for (Trial other : list) {
                if (!other.hasTextBody && Arrays.equals(prefix, other.prefix)) {
                    return;
                }
            }
            list.add(new Trial(NamedCause.shown(kind, sentence), prefix, false));
        }
    }

    /** Latin-1: a decoded path has bytes that are not ASCII. */
    private static byte[] message(String method, String path, String timestamp, String lineEnd) {
        return (method + lineEnd + path + lineEnd + timestamp + lineEnd).getBytes(StandardCharsets.ISO_8859_1);
    }
}
