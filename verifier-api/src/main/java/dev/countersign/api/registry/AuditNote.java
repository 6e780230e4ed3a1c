package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import java.util.Objects;
import java.util.Optional;

/**
 * Who makes a change of a device, and why: for the audit of a registry that keeps one.
 *
 * <pre>{@code
 * registry.as(AuditNote.by("alice").because("ticket 4711: phone was stolen")).revoke(device);
 * }</pre>
 *
 * <p>A note is free text of those who operate the service, and nothing that a client sent belongs into it. Do not write device ids or
 * names of users into it: the note of one device may speak of another one, and an erasure of that one does not find it there.
 *
 * <p>Both texts have letters, marks, digits, punctuation, symbols and spaces, of any script; no line end, no control or format
 * character, no other space than that of ASCII, and none at either end. So a note is one line of a log or a report wherever
 * it is shown, and no part of it can turn round the direction of what follows. Immutable and thread-safe.
 */
public final class AuditNote {
    /** The most characters (Unicode code points) of who makes a change. */
    public static final int MAX_BY = 128;

    /** The most characters (Unicode code points) of a reason. */
    public static final int MAX_REASON = 500;

    private final String by;
    private final String reason;

    private AuditNote(String by, String reason) {
        this.by = by;
        this.reason = reason;
    }

    /**
     * A note without a reason.
     *
     * @param who a person, a role or a service: 1 to {@value #MAX_BY} characters
     * @throws IllegalArgumentException if the text is empty, too long, or has a character that a note must not have
     */
    public static AuditNote by(String who) {
        return new AuditNote(requireText("who makes a change", who, MAX_BY), "");
    }

    /**
     * The same note with this reason.
     *
     * @param why 1 to {@value #MAX_REASON} characters
     * @throws IllegalArgumentException if the text is empty, too long, or has a character that a note must not have
     */
    public AuditNote because(String why) {
        return new AuditNote(by, requireText("the reason of a change", why, MAX_REASON));
    }

    /** Who makes the change. */
    public String by() {
        return by;
    }

    /** Why, if that was said. */
    public Optional<String> reason() {
        return reason.isEmpty() ? Optional.empty() : Optional.of(reason);
    }

    /**
     * Whether a text of the note has the device's id in it, as a word of its own and in whatever case. A registry refuses such a
     * note for an {@linkplain DeviceRegistry#erase erasure}, which it outlives.
     */
    public boolean names(DeviceIdentity device) {
        return isWordOf(by, device.deviceId()) || isWordOf(reason, device.deviceId());
    }

    private static boolean isWordOf(String text, String word) {
        for (int at = 0; at + word.length() <= text.length(); at++) {
            int end = at + word.length();
            if (text.regionMatches(true, at, word, 0, word.length())
                    && (at == 0 || !Character.isLetterOrDigit(text.charAt(at - 1)))
                    && (end == text.length() || !Character.isLetterOrDigit(text.charAt(end)))) {
                return true;
            }
        }
        return false;
    }

    private static String requireText(String what, String text, int max) {
        int length = text.codePointCount(0, text.length());
        if (length < 1 || length > max) {
            throw new IllegalArgumentException(what + " must have 1 to " + max + " characters");
        }
        if (text.startsWith(" ") || text.endsWith(" ")) {
            throw new IllegalArgumentException(what + " must not begin or end with a space");
        }
        if (!text.codePoints().allMatch(AuditNote::isPrintable)) {
            throw new IllegalArgumentException(
                    what + " must have letters, digits, punctuation, symbols and spaces only:"
                            + " no line end, no tab and no other control or format character");
        }
        return text;
    }

    private static boolean isPrintable(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            case Character.SPACE_SEPARATOR -> character == ' ';
            default -> true;
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AuditNote note && by.equals(note.by) && reason.equals(note.reason);
    }

    @Override
    public int hashCode() {
        return Objects.hash(by, reason);
    }

    /** Shows neither text: they are for the audit. */
    @Override
    public String toString() {
        return "AuditNote[...]";
    }
}
