package dev.countersign.core.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.wire.HttpMethod;
import java.math.BigInteger;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

/** The parsers of timestamp, version, method and target: what they take, and that a change is refused or means the same. */
class HeadParsersTest {
    // ---- decimal numbers ----

    @Property
    void everyNumberOfElevenDigitsIsRead(@ForAll @LongRange(min = 0, max = 99_999_999_999L) long number) {
        assertEquals(number, DecimalText.parse(Long.toString(number), 11));
    }

    @Property
    void nothingElseIsANumber(@ForAll @StringLength(max = 13) String text) {
        boolean formed = text.matches("0|[1-9][0-9]{0,10}");
        assertEquals(
                formed ? new BigInteger(text).longValueExact() : DecimalText.MALFORMED, DecimalText.parse(text, 11));
    }

    @Property
    void aChangedNumberIsRefusedOrAnother(
            @ForAll @LongRange(min = 0, max = 99_999_999_999L) long number, @ForAll int at, @ForAll char c) {
        String text = Long.toString(number);
        int place = Math.floorMod(at, text.length());
        String replaced = text.substring(0, place) + c + text.substring(place + 1);
        String inserted = text.substring(0, place) + c + text.substring(place);
        for (String changed : List.of(replaced, inserted)) {
            long parsed = DecimalText.parse(changed, 11);
            assertTrue(parsed == DecimalText.MALFORMED || Long.toString(parsed).equals(changed));
        }
    }

    @Test
    void numbersThatOtherParsersTake() {
        for (String text : List.of(
                "",
                "00",
                "01",
                "+1",
                "-0",
                "-1",
                " 1",
                "1 ",
                "1.0",
                "1e3",
                "0x1",
                "1_000",
                "1L",
                "١٢",
                "１",
                "𝟏",
                "100000000000",
                "18446744073709551617",
                "1\u0000")) {
            assertEquals(DecimalText.MALFORMED, DecimalText.parse(text, 11), text);
        }
        assertEquals(0, DecimalText.parse("0", 11));
        assertEquals(99_999_999_999L, DecimalText.parse("99999999999", 11));
    }

    // ---- methods ----

    @Property
    void aMethodIsUpperCaseAscii(@ForAll @StringLength(max = 40) @CharRange(from = ',', to = '`') String text) {
        assertEquals(text.matches("[A-Z][A-Z-]{0,31}"), HttpMethod.isWellFormed(text));
    }

    @Property
    void noOtherCharacterIsPartOfAMethod(@ForAll char c) {
        boolean letter = c >= 'A' && c <= 'Z';
        assertEquals(letter || c == '-', HttpMethod.isWellFormed("POST" + c));
        assertEquals(letter, HttpMethod.isWellFormed(c + "POST"));
    }

    @Test
    void everythingButTheFourReadsIsAWrite() {
        for (String read : List.of("GET", "HEAD", "OPTIONS", "TRACE")) {
            assertFalse(HttpMethod.isWrite(read));
        }
        for (String write : List.of("POST", "PUT", "PATCH", "DELETE", "CONNECT", "QUERY", "GETS")) {
            assertTrue(HttpMethod.isWrite(write));
        }
    }

    // ---- targets ----

    @Provide
    Arbitrary<String> paths() {
        return Arbitraries.strings()
                .withCharRange('!', '~')
                .excludeChars('?', '#', '\\')
                .ofMaxLength(30)
                .map(rest -> "/" + rest);
    }

    @Provide
    Arbitrary<String> queries() {
        return Arbitraries.strings()
                .withCharRange('!', '~')
                .excludeChars('#', '\\')
                .ofMaxLength(30);
    }

    @Property
    void aPathIsKeptByteForByte(@ForAll("paths") String path, @ForAll("queries") String query) {
        assertEquals(new RequestTarget(path, null), RequestTarget.parse(path));
        assertEquals(new RequestTarget(path, query), RequestTarget.parse(path + "?" + query));
        assertEquals(
                new RequestTarget(path, query), RequestTarget.parse("hTTp://user@example.com:80" + path + "?" + query));
        assertEquals(new RequestTarget("/", query), RequestTarget.parse("https://[::1]?" + query));
    }

    @Property
    void aForbiddenByteAnywhereIsRefused(
            @ForAll("paths") String path, @ForAll @IntRange(max = 0x3FF) int code, @ForAll int at) {
        int place = 1 + Math.floorMod(at, path.length());
        String changed = path.substring(0, place) + (char) code + path.substring(place);
        boolean allowed = code > 0x20 && code < 0x7F && code != '#' && code != '\\';
        RequestTarget parsed = RequestTarget.parse(changed);
        if (allowed) {
            assertNotNull(parsed);
            String again = parsed.query() == null ? parsed.path() : parsed.path() + "?" + parsed.query();
            assertEquals(changed, again);
        } else {
            assertNull(parsed);
        }
    }

    @Property
    void whateverItIsItIsReadOrRefused(@ForAll @StringLength(max = 60) String target) {
        RequestTarget parsed = RequestTarget.parse(target);
        assertTrue(parsed == null
                || (parsed.path().startsWith("/") && !parsed.path().contains("?")));
    }

    @Test
    void formsThatAreNoTargetOfARequest() {
        for (String target : List.of(
                "",
                "*",
                "example.com",
                "example.com:443",
                "v1/x",
                "?x",
                "http:/x",
                "http:///x",
                "http://",
                "https://?x",
                "ftp://h/x",
                "ws://h/x",
                "javascript://h/x",
                "/x#y",
                "/x\\y",
                "/x y",
                "/x\ty",
                "/x\r\ny",
                "/x\u0000",
                "/é",
                " /x",
                "ﬁle://h/x")) {
            assertNull(RequestTarget.parse(target), target);
        }
    }

    @Test
    void nothingIsNormalised() {
        for (String path : List.of("//", "/.", "/..", "/a/../b", "/;p", "/%2F%2e%0A%00", "/a%zz", "/http://x/y")) {
            assertEquals(new RequestTarget(path, null), RequestTarget.parse(path));
        }
        assertEquals(new RequestTarget("/x", ""), RequestTarget.parse("/x?"));
        assertEquals(new RequestTarget("/x", "a?b"), RequestTarget.parse("/x?a?b"));
        assertEquals(new RequestTarget("/", null), RequestTarget.parse("http://h"));
    }

    // ---- freshness ----

    @Property
    void freshMeansWithinTheWindow(
            @ForAll @LongRange(min = 0, max = 99_999_999_999L) long timestamp,
            @ForAll @LongRange(min = -62_135_596_800L, max = 253_402_300_799L) long now,
            @ForAll @IntRange(min = -302, max = 302) int near) {
        CheckFreshness step = new CheckFreshness(300, 300);
        assertEquals(Math.abs(now - timestamp) <= 300, step.isFresh(timestamp, now));
        assertEquals(Math.abs(near) <= 300, step.isFresh(timestamp, timestamp + near));
        CheckFreshness ahead = new CheckFreshness(300, 5);
        assertEquals(near >= -5 && near <= 300, ahead.isFresh(timestamp, timestamp + near));
    }
}
