package dev.countersign.api.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlatJsonTest {
    @Property
    void readsBackAnyStrings(
            @ForAll @Size(max = 6) Map<String, String> members,
            @ForAll("spaces") String space,
            @ForAll boolean escapeAll)
            throws Exception {
        StringBuilder json = new StringBuilder(space + "{" + space);
        String separator = "";
        for (Map.Entry<String, String> member : members.entrySet()) {
            json.append(separator).append(quoted(member.getKey(), escapeAll)).append(space + ":" + space);
            json.append(quoted(member.getValue(), escapeAll)).append(space);
            separator = "," + space;
        }
        json.append("}").append(space);
        if (json.length() <= FlatJson.MAX_LENGTH) {
            assertEquals(members, FlatJson.stringMembers(json.toString()));
        } else {
            assertThrows(FlatJson.Malformed.class, () -> FlatJson.stringMembers(json.toString()));
        }
    }

    @Property
    void anyOtherValueIsLeftOut(@ForAll("values") String value) throws Exception {
        assertEquals(
                Map.of("a", "1", "v", "", "b", "2"),
                FlatJson.stringMembers("{\"a\":\"1\",\"v\":" + value + ",\"b\":\"2\"}"));
    }

    @Property
    void onlyMalformedEscapes(@ForAll("jsonish") String text) {
        try {
            assertFalse(FlatJson.stringMembers("{" + text).containsKey("no such name"));
        } catch (FlatJson.Malformed malformed) {
            assertFalse(String.valueOf(malformed.getMessage()).isEmpty());
        }
    }

    @Property(tries = 500)
    void aTextCutAnywhereIsMalformed(@ForAll("values") String value, @ForAll("places") double place) {
        String json = "{\"a\":\"\\u0041\",\"v\":" + value + "}";
        String cut = json.substring(0, (int) (place * (json.length() - 1)));
        assertThrows(FlatJson.Malformed.class, () -> FlatJson.stringMembers(cut));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "\"a\"",
                "null",
                "{",
                "{}{}",
                "{} x",
                "{}\u00A0",
                "\uFEFF{}",
                "{,}",
                "{\"a\":1,}",
                "{\"a\" 1}",
                "{\"a\":}",
                "{a:1}",
                "{'a':1}",
                "{\"a\":1 \"b\":2}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":1,\"\\u0061\":2}",
                "{\"a\":{\"b\":1,\"b\":2}}",
                "{\"a\":[{\"b\":1,\"b\":2}]}",
                "{\"a\":[1,]}",
                "{\"a\":[,]}",
                "{\"a\":[1 2]}",
                "{\"a\":[}",
                "{\"a\":01}",
                "{\"a\":+1}",
                "{\"a\":.5}",
                "{\"a\":1.}",
                "{\"a\":1e}",
                "{\"a\":-}",
                "{\"a\":0x1}",
                "{\"a\":NaN}",
                "{\"a\":True}",
                "{\"a\":nul}",
                "{\"a\":\u0661}",
                "{\"a\":\"\t\"}",
                "{\"a\":\"\u0000\"}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12\"}",
                "{\"a\":\"\\u12G4\"}",
                "{\"a\":\"\\u\u0661\u0661\u0661\u0661\"}",
                "{\"a\":\"\\u+123\"}",
                "{\"a\":\"x}",
                "{\"a\":\"\\",
                "{\u000B}",
                "{/**/}"
            })
    void whatIsNoJsonObjectIsMalformed(String text) {
        assertThrows(FlatJson.Malformed.class, () -> FlatJson.stringMembers(text));
    }

    @Test
    void nestingEndsAtItsLimit() throws Exception {
        // The outermost object is level 0, so values may go MAX_DEPTH levels down.
        for (String[] brackets : new String[][] {{"[", "]"}, {"{\"b\":", "}"}}) {
            String deepest =
                    brackets[0].repeat(FlatJson.MAX_DEPTH - 1) + "1" + brackets[1].repeat(FlatJson.MAX_DEPTH - 1);
            assertEquals(Map.of("a", ""), FlatJson.stringMembers("{\"a\":" + deepest + "}"));
            String deeper = brackets[0] + deepest + brackets[1];
            assertThrows(FlatJson.Malformed.class, () -> FlatJson.stringMembers("{\"a\":" + deeper + "}"));
        }
        assertThrows(FlatJson.Malformed.class, () -> FlatJson.stringMembers("{\"a\":" + "[".repeat(8000)));
    }

    @Test
    void lengthEndsAtItsLimit() throws Exception {
        String longest = "{\"a\":\"" + "x".repeat(FlatJson.MAX_LENGTH - 8) + "\"}";
        assertEquals(FlatJson.MAX_LENGTH, longest.length());
        assertEquals(1, FlatJson.stringMembers(longest).size());
        assertThrows(FlatJson.Malformed.class, () -> FlatJson.stringMembers(longest + " "));
        String digits = "{\"a\":" + "1".repeat(FlatJson.MAX_LENGTH - 6) + "}";
        assertEquals(Map.of("a", ""), FlatJson.stringMembers(digits));
    }

    @Test
    void escapes() throws Exception {
        Map<String, String> expected = new LinkedHashMap<>();
        expected.put("d", "\"\\/\b\f\n\r\t\u0000\uD83D");
        assertEquals(expected, FlatJson.stringMembers("{\"\\u0064\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD83d\"}"));
    }

    private static String quoted(String text, boolean escapeAll) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (escapeAll || c < 0x20 || c == '"' || c == '\\') {
                out.append("\\u").append(Integer.toHexString(0x10000 | c).substring(1));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    @Provide
    Arbitrary<Double> places() {
        return Arbitraries.doubles().between(0, 1);
    }

    @Provide
    Arbitrary<String> spaces() {
        return Arbitraries.of("", " ", "\r\n\t ");
    }

    @Provide
    Arbitrary<String> values() {
        return Arbitraries.of(
                "true",
                "false",
                "null",
                "0",
                "-0",
                "12",
                "-1.50e+3",
                "1E9",
                "[]",
                "[ ]",
                "{}",
                "{ }",
                "[1, \"x\", [true], {}]",
                "{\"c\":{\"d\":[]}}");
    }

    @Provide
    Arbitrary<String> jsonish() {
        return Arbitraries.strings()
                .withChars("{}[]\",:\\ua0b1e-+.tr\n \u0000\u0661\uD800")
                .ofMaxLength(40);
    }
}
