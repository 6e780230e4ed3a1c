package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import java.util.Objects;
import java.util.Optional;

/**
 * Who changes a device, and why, for the audit of a registry.
 *
 * <pre>{@code
 * registry.as(AuditNote.by("alice").because("ticket 4711: phone was stolen")).revoke(device);
 * }</pre>
 *
 * <p>A note is free text of the service's operators. Do not write into it what a client sent. Do not write device ids
 * or names of users into it either: an erasure of one device does not search the notes of others.
 *
 * <p>Both texts may have letters, marks, digits, punctuation, symbols and ASCII spaces, of any script. They have no
 * line end, no control or format character, and no space at either end. So a note is one line in a log or a report, and
 * cannot reverse the writing direction of what follows. Immutable and thread-safe.
 */
public final class AuditNote {
    /** The maximum length of {@link #by}, in Unicode code points. */
    public static final int MAX_BY = 128;

    /** The maximum length of a reason, in Unicode code points. */
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

    /** The reason; empty if none was given. */
    public Optional<String> reason() {
        return reason.isEmpty() ? Optional.empty() : Optional.of(reason);
    }

    /**
     * Whether a text of the note contains the device's id as a word, in any case. A registry refuses such a note for an
     * {@linkplain DeviceRegistry#erase erasure}, because the note stays when the device is gone.
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
