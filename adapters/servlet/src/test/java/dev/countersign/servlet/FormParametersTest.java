package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.arbitraries.StringArbitrary;
import org.junit.jupiter.api.Test;

class FormParametersTest {
    private static Map<String, String[]> parse(String encoded) {
        FormParameters form = new FormParameters();
        form.add(new ByteArrayInputStream(FormParameters.bytesOf(encoded)), StandardCharsets.UTF_8);
        return form.toMap();
    }

    private static String show(String encoded) {
        List<String> shown = new ArrayList<>();
        parse(encoded).forEach((name, values) -> shown.add(name + Arrays.toString(values)));
        return String.join(" ", shown);
    }

    @Provide
    Arbitrary<List<Map.Entry<String, String>>> pairs() {
        StringArbitrary text =
                Arbitraries.strings().withChars("ab=&+% %;\u00e9\u20ac\u0000\n").ofMaxLength(6);
        return Arbitraries.entries(text.ofMinLength(1), text).list().ofMaxSize(8);
    }

    @Property
    void whatTheJdkEncodesIsRead(@ForAll("pairs") List<Map.Entry<String, String>> pairs) {
        Map<String, List<String>> expected = new LinkedHashMap<>();
        StringBuilder encoded = new StringBuilder();
        for (Map.Entry<String, String> pair : pairs) {
            expected.computeIfAbsent(pair.getKey(), key -> new ArrayList<>()).add(pair.getValue());
            encoded.append(encoded.isEmpty() ? "" : "&")
                    .append(URLEncoder.encode(pair.getKey(), StandardCharsets.UTF_8))
                    .append('=')
                    .append(URLEncoder.encode(pair.getValue(), StandardCharsets.UTF_8));
        }
        Map<String, String[]> parsed = parse(encoded.toString());
        assertEquals(List.copyOf(expected.keySet()), List.copyOf(parsed.keySet()));
        expected.forEach((name, values) -> assertArrayEquals(values.toArray(), parsed.get(name)));
    }

    @Property
    void anyBytesAreRead(@ForAll byte[] bytes) {
        FormParameters form = new FormParameters();
        form.add(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8);
        int expected = 0;
        for (String pair : new String(bytes, StandardCharsets.ISO_8859_1).split("&", -1)) {
            expected += pair.isEmpty() ? 0 : 1;
        }
        assertEquals(
                expected,
                form.toMap().values().stream().mapToInt(values -> values.length).sum());
    }

    @Test
    void theEdgesOfTheFormAreTaken() {
        assertEquals("", show(""));
        assertEquals("", show("&&"));
        assertEquals("a[]", show("a"));
        assertEquals("[x]", show("=x"));
        assertEquals("[]", show("="));
        assertEquals("a[b=c]", show("a=b=c"));
        assertEquals("a[1, 2] b[]", show("a=1&b&a=2"));
        assertEquals("a[ ]", show("a=+"));
        assertEquals("a[+]", show("a=%2B"));
    }

    @Test
    void brokenEscapesStandForThemselves() {
        assertEquals("a[%] b[%4] c[%zz] d[%4z]", show("a=%&b=%4&c=%zz&d=%4z"));
        assertEquals("a[\ufffd]", show("a=%ff"));
        assertEquals("a[%\u00b2\u00b2]", show("a=%%c2%b2%c2%b2"));
    }

    @Test
    void charactersBeyondOneByteAreUtf8() {
        assertEquals("a[\u20ac]", show("a=\u20ac"));
        assertEquals("a[\u00e9]", show("a=\u00c3\u00a9"));
    }

    @Test
    void thereIsAnEndToTheirNumber() {
        String most = "a&".repeat(FormParameters.MAX_PARAMETERS);
        assertEquals(
                FormParameters.MAX_PARAMETERS, parse(most).values().iterator().next().length);
        assertThrows(IllegalStateException.class, () -> parse(most + "a"));
    }
}
