package dev.countersign.conformance.report;

import dev.countersign.conformance.runner.Shown;
import dev.countersign.conformance.suite.Hex;
import java.util.Arrays;
import java.util.Optional;

/** Bytes for people: as text where they are text, and where two texts of bytes part. */
final class Octets {
    private static final int SHOWN = 240;

    /** Bytes shown before and after the place where two texts part, if they are too long to show whole. */
    private static final int AROUND = 48;

    private Octets() {}

    /** The bytes of a hex text, or empty if it is none. */
    static Optional<byte[]> ofHex(String hex) {
        try {
            return Optional.of(Hex.parse(hex));
        } catch (IllegalArgumentException notHex) {
            return Optional.empty();
        }
    }

    /** All bytes as text, or the first of them if they are many. */
    static String text(byte[] bytes) {
        if (bytes.length <= SHOWN) {
            return text(bytes, 0, bytes.length);
        }
        return text(bytes, 0, SHOWN) + "... (" + bytes.length + " bytes)";
    }

    private static String text(byte[] bytes, int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append(Shown.octet(bytes[i] & 0xff));
        }
        return text.toString();
    }

    /**
     * Two lines of text, one above the other, with a mark below the first byte that differs and a sentence about it; or
     * an empty text if they are the same.
     *
     * @param indent before each line
     */
    static String difference(String indent, byte[] expected, byte[] actual) {
        int at = Arrays.mismatch(expected, actual);
        if (at < 0) {
            return "";
        }
        int from = at <= AROUND * 2 ? 0 : at - AROUND;
        String before = from == 0 ? "" : "...";
        String label = indent + "expected  ";
        StringBuilder shown = new StringBuilder();
        shown.append(label).append(before).append(window(expected, from, at)).append('\n');
        shown.append(indent)
                .append("actual    ")
                .append(before)
                .append(window(actual, from, at))
                .append('\n');
        int column = label.length() + before.length() + text(expected, from, at).length();
        shown.append(" ".repeat(column))
                .append("^ ")
                .append(sentence(expected, actual, at))
                .append('\n');
        return shown.toString();
    }

    private static String window(byte[] bytes, int from, int at) {
        int to = Math.min(bytes.length, at + AROUND);
        return text(bytes, Math.min(from, to), to) + (to < bytes.length ? "..." : "");
    }

    /** In a sentence: the first byte that differs, counted from 0. */
    static String sentence(byte[] expected, byte[] actual, int at) {
        return "byte " + at + ": expected " + octet(expected, at) + ", was " + octet(actual, at);
    }

    private static String octet(byte[] bytes, int at) {
        if (at >= bytes.length) {
            return "the end";
        }
        int value = bytes[at] & 0xff;
        return String.format("%02x", value) + " (" + (value == '\n' ? "line feed" : Shown.octet(value)) + ")";
    }
}
