package dev.countersign.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.AbstractMap.SimpleEntry;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ListedHeadTest {
    @Test
    void givesEveryValueInTheOrderOfTheWire() {
        RequestHead head = RequestHead.of(
                "POST",
                "/v1/x?y",
                List.of(
                        Map.entry("X-App-ID", "b"),
                        Map.entry("Other", "-"),
                        Map.entry("x-app-id", "a"),
                        Map.entry("X-APP-ID", "b")));
        assertEquals(List.of("b", "a", "b"), values(head, "X-App-ID"));
        assertEquals(List.of(), values(head, "X-App"));
        assertEquals("POST", head.method());
        assertEquals("/v1/x?y", head.target());
        assertEquals(-1, head.announcedBodyBytes());
    }

    @Test
    void namesFoldAsciiOnly() {
        RequestHead head = RequestHead.of(
                "GET",
                "/",
                List.of(
                        Map.entry("X-\u017Fynheart-Signature", "long s"),
                        Map.entry("X-Synheart-\u212Aey", "Kelvin"),
                        Map.entry("X-Synheart-S\u0130g-Version", "dotted I"),
                        Map.entry("X-App-\u0131D", "dotless i")));
        assertEquals(List.of(), values(head, "X-Synheart-Signature"));
        assertEquals(List.of(), values(head, "X-Synheart-Key"));
        assertEquals(List.of(), values(head, "X-Synheart-Sig-Version"));
        assertEquals(List.of(), values(head, "X-App-ID"));
    }

    @Test
    void theHeaderLinesAreCopied() {
        Map.Entry<String, String> line = new SimpleEntry<>("X-App-ID", "before");
        List<Map.Entry<String, String>> lines = new ArrayList<>(List.of(line));
        RequestHead head = RequestHead.of("GET", "/", lines);
        assertEquals("before", line.setValue("after"));
        lines.clear();
        assertEquals(List.of("before"), values(head, "X-App-ID"));
    }

    @Test
    void toStringShowsNoLine() {
        RequestHead head = RequestHead.of(
                "GET", "/secret", List.of(Map.entry("X-Synheart-Signature", "c2VjcmV0"), Map.entry("a", "b")));
        assertEquals("RequestHead[2 header lines]", head.toString());
        assertFalse(head.toString().contains("secret"));
    }

    private static List<String> values(RequestHead head, String name) {
        List<String> values = new ArrayList<>();
        for (Iterator<String> each = head.headers(name); each.hasNext(); ) {
            values.add(each.next());
        }
        return values;
    }
}
