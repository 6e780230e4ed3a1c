package dev.countersign.core.diagnosis;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/** What frameworks and proxies make of a path. One pass each, whatever the path is. */
final class PathForms {
    private PathForms() {}

    /** Percent-escapes decoded to bytes, one character each; what is no escape stays. */
    static String decoded(String path) {
        StringBuilder out = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            int value = c == '%' && i + 2 < path.length() ? hex(path.charAt(i + 1)) * 16 + hex(path.charAt(i + 2)) : -1;
            if (value >= 0) {
                out.append((char) value);
                i += 2;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** The digit's value; for anything else so small that no second digit makes the sum positive. */
    private static int hex(char c) {
        int digit = Character.digit(c, 16);
        return digit < 0 || c > 'f' ? -256 : digit;
    }

    /** Double slashes merged and dot segments resolved; a dot segment at the end leaves its slash. */
    static String normalised(String path) {
        Deque<String> kept = new ArrayDeque<>();
        String last = "";
        for (String segment : path.split("/", -1)) {
            last = segment;
            if (segment.equals("..")) {
                kept.pollLast();
            } else if (!segment.isEmpty() && !segment.equals(".")) {
                kept.addLast(segment);
            }
        }
        StringBuilder out = new StringBuilder(path.length());
        for (Iterator<String> each = kept.iterator(); each.hasNext(); ) {
            out.append('/').append(each.next());
        }
        boolean endsWithSlash = last.isEmpty() || last.equals(".") || last.equals("..");
        return endsWithSlash || out.isEmpty() ? out.append('/').toString() : out.toString();
    }

    /** What stands from a semicolon to the next slash is cut. */
    static String withoutParameters(String path) {
        StringBuilder out = new StringBuilder(path.length());
        boolean isInside = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            isInside = c != '/' && (isInside || c == ';');
            if (!isInside) {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** A slash at the end is taken away, or one put there. */
    static String withOtherEnd(String path) {
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path + "/";
    }

    /** Without its first segment; the path itself if there is no second one. */
    static String withoutFirstSegment(String path) {
        int second = path.indexOf('/', 1);
        return second < 0 ? path : path.substring(second);
    }
}
