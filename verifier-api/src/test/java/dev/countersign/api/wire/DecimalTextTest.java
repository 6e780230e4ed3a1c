package dev.countersign.api.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

/** What the parser of timestamps, versions and offsets takes, and that a change is refused or another number. */
class DecimalTextTest {
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
}
