package dev.countersign.api.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpMethodTest {
    private static final Pattern FORM = Pattern.compile("[A-Z][A-Z-]{0,31}");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "A",
                "Z",
                "@",
                "[",
                "-",
                "A-",
                "-A",
                "AZ",
                "A@",
                "A[",
                "GET",
                "GEt",
                "M-SEARCH",
                "GET ",
                "GE\u0130",
                "PO_ST"
            })
    void aMethodIsUpperCaseAscii(String method) {
        assertEquals(FORM.matcher(method).matches(), HttpMethod.isWellFormed(method));
    }

    @Test
    void aMethodHasAtMost32Characters() {
        assertTrue(HttpMethod.isWellFormed("A".repeat(32)));
        assertFalse(HttpMethod.isWellFormed("A".repeat(33)));
    }

    @Property
    void andNothingElse(@ForAll @StringLength(max = 34) @CharRange(from = '+', to = '^') String text) {
        assertEquals(FORM.matcher(text).matches(), HttpMethod.isWellFormed(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "TRACE"})
    void theseFourWriteNothing(String method) {
        assertFalse(HttpMethod.isWrite(method));
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "PROPFIND", "M-SEARCH", "get"})
    void everyOtherIsAWrite(String method) {
        assertTrue(HttpMethod.isWrite(method));
    }
}
