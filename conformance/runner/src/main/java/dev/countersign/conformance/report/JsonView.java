package dev.countersign.conformance.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.Map;

/** JSON for people: indented, small things on one line, no more than a number of characters. */
final class JsonView {
    private static final int LONGEST_STRING = 600;
    private static final int LONGEST_LINE = 88;
    private static final int DEEPEST = 24;

    private final Html html;
    private int left;

    private JsonView(Html html, int most) {
        this.html = html;
        this.left = most;
    }

    /** Writes a value; of one that is longer than {@code most} characters the beginning, with a note. */
    static void write(Html html, JsonNode value, int most) {
        html.open("pre", "class", "json");
        JsonView view = new JsonView(html, most);
        view.value(value, 0);
        if (view.left <= 0) {
            html.line().element("span", "… the rest is not shown", "class", "cut");
        }
        html.close();
    }

    private void value(JsonNode value, int depth) {
        if (left <= 0) {
            return;
        }
        if (depth > DEEPEST && value.isContainerNode()) {
            html.element("span", "… nested too deeply to show", "class", "cut");
        } else if (value.isObject()) {
            object(value, depth);
        } else if (value.isArray()) {
            array(value, depth);
        } else if (value.isTextual()) {
            string(value.asText());
        } else {
            String text = value.asText();
            left -= text.length();
            html.text(text, LONGEST_STRING);
        }
    }

    private void object(JsonNode object, int depth) {
        boolean oneLine = isShort(object);
        html.raw("{");
        for (Iterator<Map.Entry<String, JsonNode>> fields = object.properties().iterator();
                fields.hasNext() && left > 0; ) {
            Map.Entry<String, JsonNode> field = fields.next();
            separate(oneLine, depth + 1);
            html.open("i");
            string(field.getKey());
            html.close().raw(": ");
            value(field.getValue(), depth + 1);
            html.raw(fields.hasNext() ? "," : "");
        }
        end(oneLine || object.isEmpty(), depth);
        html.raw("}");
    }

    private void array(JsonNode array, int depth) {
        boolean oneLine = isShort(array);
        html.raw("[");
        for (Iterator<JsonNode> elements = array.elements(); elements.hasNext() && left > 0; ) {
            separate(oneLine, depth + 1);
            value(elements.next(), depth + 1);
            html.raw(elements.hasNext() ? "," : "");
        }
        end(oneLine || array.isEmpty(), depth);
        html.raw("]");
    }

    private void string(String text) {
        int most = Math.min(left, LONGEST_STRING);
        left -= Math.min(text.length(), most) + 2;
        if (text.length() <= most) {
            html.raw("&quot;").jsonText(text).raw("&quot;");
        } else {
            String start = Html.start(text, most);
            html.raw("&quot;").jsonText(start).raw("&quot; ").cut(text.length() - start.length() + 1, "character");
        }
    }

    private void separate(boolean oneLine, int depth) {
        if (oneLine) {
            html.raw(" ");
        } else {
            html.line().raw("  ".repeat(depth));
            left -= 2 * depth;
        }
    }

    private void end(boolean oneLine, int depth) {
        if (!oneLine) {
            html.line().raw("  ".repeat(depth));
        } else {
            html.raw(" ");
        }
    }

    /** Few plain values that fit on a line. */
    private static boolean isShort(JsonNode container) {
        if (container.size() > 6) {
            return false;
        }
        int length = 0;
        for (Map.Entry<String, JsonNode> field : container.properties()) {
            length += field.getKey().length() + 4;
        }
        for (JsonNode element : container) {
            if (element.isContainerNode() && !element.isEmpty()) {
                return false;
            }
            length += element.asText().length() + 4;
        }
        return length <= LONGEST_LINE;
    }
}
