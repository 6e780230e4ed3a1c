package dev.countersign.api.wire;

import java.util.HashMap;
import java.util.Map;

/**
 * Reads the string members of one JSON object (RFC 8259), as a JWK needs them. Members of other types are checked and
 * left out; a repeated name, a nesting deeper than {@value #MAX_DEPTH} or a text longer than {@value #MAX_LENGTH} is
 * refused.
 */
final class FlatJson {
    static final int MAX_LENGTH = 8192;
    static final int MAX_DEPTH = 8;

    private final String text;
    private int at;

    private FlatJson(String text) {
        this.text = text;
    }

    /** A JSON text that is not one object of the kind above. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message, null, false, false);
        }
    }

    /** Every member's name; the value of a member that is no string is the empty string. */
    static Map<String, String> stringMembers(String text) throws Malformed {
        if (text.length() > MAX_LENGTH) {
            throw new Malformed("is longer than " + MAX_LENGTH + " characters");
        }
        FlatJson json = new FlatJson(text);
        json.skipSpace();
        Map<String, String> members = json.object(0);
        json.skipSpace();
        if (json.at != text.length()) {
            throw new Malformed("has text behind the JSON object");
        }
        return members;
    }

    private Map<String, String> object(int depth) throws Malformed {
        expect('{');
        Map<String, String> members = new HashMap<>();
        skipSpace();
        if (skipIf('}')) {
            return members;
        }
        do {
            skipSpace();
            String name = string();
            skipSpace();
            expect(':');
            skipSpace();
            if (members.put(name, value(depth + 1)) != null) {
                throw new Malformed("repeats a member");
            }
            skipSpace();
        } while (skipIf(','));
        expect('}');
        return members;
    }

    private String value(int depth) throws Malformed {
        if (depth > MAX_DEPTH) {
            throw new Malformed("is nested too deeply");
        }
        return switch (peek()) {
            case '"' -> string();
            case '{' -> {
                object(depth);
                yield "";
            }
            case '[' -> {
                array(depth);
                yield "";
            }
            default -> {
                literal();
                yield "";
            }
        };
    }

    private void array(int depth) throws Malformed {
        expect('[');
        skipSpace();
        if (skipIf(']')) {
            return;
        }
        do {
            skipSpace();
            value(depth + 1);
            skipSpace();
        } while (skipIf(','));
        expect(']');
    }

    private void literal() throws Malformed {
        int from = at;
        while (isLiteralCharacter()) {
            at++;
        }
        String word = text.substring(from, at);
        if (!word.matches("true|false|null|-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
            throw new Malformed("is not JSON");
        }
    }

    private boolean isLiteralCharacter() {
        if (at >= text.length()) {
            return false;
        }
        char c = Ascii.lower(text.charAt(at));
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '+' || c == '-' || c == '.';
    }

    private String string() throws Malformed {
        expect('"');
        StringBuilder out = new StringBuilder();
        while (true) {
            char c = next();
            if (c == '"') {
                return out.toString();
            }
            if (c < 0x20) {
                throw new Malformed("has a control character in a string");
            }
            out.append(c == '\\' ? escape() : c);
        }
    }

    private char escape() throws Malformed {
        char c = next();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicodeEscape();
            default -> throw new Malformed("has an unknown escape in a string");
        };
    }

    private char unicodeEscape() throws Malformed {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            char c = next();
            int digit = c < 0x7F ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw new Malformed("has a broken \\u escape");
            }
            code = code << 4 | digit;
        }
        return (char) code;
    }

    private char peek() throws Malformed {
        if (at >= text.length()) {
            throw new Malformed("ends early");
        }
        return text.charAt(at);
    }

    private char next() throws Malformed {
        char c = peek();
        at++;
        return c;
    }

    private boolean skipIf(char c) {
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(char c) throws Malformed {
        if (!skipIf(c)) {
            throw new Malformed("is not a JSON object");
        }
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }
}
