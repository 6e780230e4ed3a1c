package dev.countersign.api;

import dev.countersign.api.wire.Ascii;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A request head over a list of header lines. */
final class ListedHead implements RequestHead {
    private final String method;
    private final String target;
    private final List<Map.Entry<String, String>> lines;

    public ListedHead(String method, String target, List<Map.Entry<String, String>> headerLines) {
        this.method = Objects.requireNonNull(method, "method");
        this.target = Objects.requireNonNull(target, "target");
        List<Map.Entry<String, String>> copy = new ArrayList<>(headerLines.size());
        for (Map.Entry<String, String> line : headerLines) {
            copy.add(new AbstractMap.SimpleImmutableEntry<>(line));
        }
        this.lines = copy;
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public String target() {
        return target;
    }

    @Override
    public Iterator<String> headers(String name) {
        List<String> values = new ArrayList<>(2);
        for (Map.Entry<String, String> line : lines) {
            if (Ascii.equalsIgnoringCase(line.getKey(), name)) {
                values.add(line.getValue());
            }
        }
        return values.iterator();
    }

    @Override
    public String toString() {
        return "RequestHead[" + lines.size() + " header lines]";
    }
}
