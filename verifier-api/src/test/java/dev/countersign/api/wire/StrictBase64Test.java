package dev.countersign.api.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Base64;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrictBase64Test {
    @Property
    void takesTheCanonicalFormOfAnyBytes(@ForAll @Size(max = 100) byte[] bytes) {
        assertArrayEquals(bytes, StrictBase64.decode(Base64.getEncoder().encodeToString(bytes)));
        assertArrayEquals(
                bytes,
                StrictBase64.decodeUrl(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)));
    }

    @Property
    void noMutationOfACanonicalFormMeansTheSame(
            @ForAll @Size(min = 1, max = 40) byte[] bytes,
            @ForAll @Size(max = 1) String inserted,
            @ForAll("places") double place,
            @ForAll boolean replace) {
        String standard = Base64.getEncoder().encodeToString(bytes);
        String url = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        assertEachTextHasItsOwnBytes(mutate(standard, inserted, place, replace), standard, true, bytes);
        assertEachTextHasItsOwnBytes(mutate(url, inserted, place, replace), url, false, bytes);
    }

    @Property
    void anyTextIsRefusedOrTheCanonicalFormOfWhatItGives(@ForAll("texts") String text) {
        byte[] standard = StrictBase64.decode(text);
        if (standard != null) {
            assertEquals(text, Base64.getEncoder().encodeToString(standard));
        }
        byte[] url = StrictBase64.decodeUrl(text);
        if (url != null) {
            assertEquals(text, Base64.getUrlEncoder().withoutPadding().encodeToString(url));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "QQ", // no padding
                "QQ=",
                "QR==", // spare bits
                "QUJ=",
                "QQ===",
                "QQ==QQ==",
                "QQ ==",
                " QQ==",
                "QQ==\n",
                "Q\r\nQ==",
                "=",
                "==",
                "====",
                "A===",
                "QQ=\u0000",
                "-_-_", // the other alphabet
                "QU\u0130K", // folds to i, cut to eight bits it is 0
                "\uFF21\uFF21\uFF21\uFF21", // full-width A
                "QUJD\uFF21\uFF21\uFF21\uFF21",
                "QU\u0141D" // low byte A
            })
    void standardFormIsStrict(String text) {
        assertNull(StrictBase64.decode(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "QQ==",
                "QR",
                "QUJ",
                "Q",
                "+/+/",
                "QQ ",
                "\nQQ",
                "Q\tQ",
                "\uFF21A",
                "Q\u0130",
                "QQ=",
                "=",
                "QUJD\u0000"
            })
    void urlFormIsStrict(String text) {
        assertNull(StrictBase64.decodeUrl(text));
    }

    private static void assertEachTextHasItsOwnBytes(String mutant, String original, boolean padded, byte[] bytes) {
        byte[] decoded = padded ? StrictBase64.decode(mutant) : StrictBase64.decodeUrl(mutant);
        if (mutant.equals(original)) {
            assertArrayEquals(bytes, decoded);
        } else if (decoded != null) {
            assertEquals(
                    mutant,
                    padded
                            ? Base64.getEncoder().encodeToString(decoded)
                            : Base64.getUrlEncoder().withoutPadding().encodeToString(decoded));
        }
    }

    private static String mutate(String text, String inserted, double place, boolean replace) {
        int at = (int) (place * text.length());
        int skip = replace && at < text.length() ? 1 : 0;
        return text.substring(0, at) + inserted + text.substring(at + skip);
    }

    @Provide
    Arbitrary<Double> places() {
        return Arbitraries.doubles().between(0, 1);
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings()
                .withChars("ABQRZaz059+/-_==== \n\u0130\uFF21\u0141")
                .ofMaxLength(12);
    }
}
