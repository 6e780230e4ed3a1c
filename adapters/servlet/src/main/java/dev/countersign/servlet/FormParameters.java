package dev.countersign.servlet;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parameters in the form {@code application/x-www-form-urlencoded}, from the query and from the body. A {@code %} that
 * two hexadecimal digits do not follow stands for itself, and bytes that are not text in the charset become U+FFFD:
 * reading parameters never fails on what a client wrote, except that there are too many.
 */
final class FormParameters {
    /** More than this is an attack on memory: a parameter takes some hundred times the byte or two it is sent in. */
    static final int MAX_PARAMETERS = 10_000;

    private final Map<String, List<String>> values = new LinkedHashMap<>();
    private int count;

    /**
     * Adds the parameters of a query or a body.
     *
     * @throws IllegalStateException if there are more than {@value #MAX_PARAMETERS} in all
     */
    void add(InputStream encoded, Charset charset) {
        try (encoded) {
            Token name = new Token();
            Token value = new Token();
            Token current = name;
            for (int b = encoded.read(); b >= 0; b = encoded.read()) {
                if (b == '&') {
                    put(name, value, charset);
                    current = name;
                } else if (b == '=' && current == name) {
                    current = value;
                    name.isFollowedByValue = true;
                } else {
                    current.append(b);
                }
            }
            put(name, value, charset);
        } catch (IOException impossible) {
            throw new IllegalStateException("bytes in memory can be read", impossible);
        }
    }

    /** Name and values, in the order of the first appearance of each name; fresh arrays. */
    Map<String, String[]> toMap() {
        Map<String, String[]> map = new LinkedHashMap<>();
        values.forEach((name, list) -> map.put(name, list.toArray(new String[0])));
        return map;
    }

    /**
     * Adds one parameter.
     *
     * @throws IllegalStateException if there are more than {@value #MAX_PARAMETERS} in all
     */
    void add(String name, String value) {
        if (++count > MAX_PARAMETERS) {
            throw new IllegalStateException("more than " + MAX_PARAMETERS + " parameters");
        }
        values.computeIfAbsent(name, key -> new ArrayList<>(1)).add(value);
    }

    private void put(Token name, Token value, Charset charset) {
        if (!name.isEmpty() || name.isFollowedByValue) {
            add(name.decode(charset), value.decode(charset));
        }
        name.clear();
        value.clear();
    }

    /** A name or a value while it is read; undoes the escapes as far as they are complete. */
    private static final class Token {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        boolean isFollowedByValue;

        void append(int b) {
            bytes.write(b);
        }

        boolean isEmpty() {
            return bytes.size() == 0;
        }

        void clear() {
            bytes.reset();
            isFollowedByValue = false;
        }

        String decode(Charset charset) {
            byte[] raw = bytes.toByteArray();
            int out = 0;
            for (int in = 0; in < raw.length; in++) {
                byte b = raw[in];
                if (b == '+') {
                    b = ' ';
                } else if (b == '%' && in + 2 < raw.length && hex(raw[in + 1]) >= 0 && hex(raw[in + 2]) >= 0) {
                    b = (byte) (hex(raw[in + 1]) << 4 | hex(raw[in + 2]));
                    in += 2;
                }
                raw[out++] = b;
            }
            return new String(raw, 0, out, charset);
        }

        private static int hex(byte b) {
            return b < 0 ? -1 : Character.digit((char) b, 16);
        }
    }

    /** The bytes of a query as the container keeps it. */
    static byte[] bytesOf(String query) {
        // A raw query is ASCII; a container that lets more through keeps one character for one byte, or decodes UTF-8.
        for (int i = 0; i < query.length(); i++) {
            if (query.charAt(i) > 0xFF) {
                return query.getBytes(StandardCharsets.UTF_8);
            }
        }
        return query.getBytes(StandardCharsets.ISO_8859_1);
    }
}
