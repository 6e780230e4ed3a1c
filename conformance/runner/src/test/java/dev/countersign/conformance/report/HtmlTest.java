package dev.countersign.conformance.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;

class HtmlTest {
    @Test
    void markupIsText() {
        String page = new Html().element("p", Samples.HOSTILE).toString();
        Element paragraph = Jsoup.parseBodyFragment(page).body().expectFirst("p");
        assertEquals(Samples.HOSTILE, paragraph.text());
        assertEquals(0, paragraph.childrenSize());
    }

    @Test
    void anAttributeEndsWhereItShould() {
        String page = new Html()
                .element("a", "x", "href", "\"><img src=x>", "title", "' onclick='1")
                .toString();
        assertEquals("<a href=\"&quot;&gt;&lt;img src=x&gt;\" title=\"&#39; onclick=&#39;1\">x</a>", page);
    }

    @Test
    void whatCannotBeSeenIsAnEscape() {
        assertEquals(
                "a<span class=\"esc\">\\u0000</span>b<span class=\"esc\">\\u001b</span>[31mc<span class=\"esc\">\\u202e</span>d"
                        + "<span class=\"esc\">\\u2028</span>e<span class=\"esc\">\\u00a0</span>f<span class=\"esc\">\\u200b</span>g"
                        + "<span class=\"esc\">\\ud800</span>h<span class=\"esc\">\\udc00</span>i<span class=\"esc\">\\ufffe</span>j"
                        + "<span class=\"esc\">\\u0085</span>k<span class=\"esc\">\\r\\n\\t</span>l",
                new Html().text(Samples.UNSEEN).toString());
    }

    @Test
    void noEscapeIsMarkupInATitleOrAnAttribute() {
        assertEquals(
                "a\\u0000\\ud800&lt;", new Html().plainText("a\u0000\uD800<").toString());
        assertEquals(
                "<input value=\"\\n\\u202e\">",
                new Html().empty("input", "value", "\n\u202E").toString());
    }

    /** Every text can be written as UTF-8, which has no lone surrogates, and every character of it is one or an escape. */
    @Test
    void everyCharacterComesOut() {
        for (int unit = 0; unit <= 0xFFFF; unit++) {
            String page = new Html().text(String.valueOf((char) unit)).toString();
            assertTrue(StandardCharsets.UTF_8.newEncoder().canEncode(page), Integer.toHexString(unit));
            String shown = Jsoup.parseBodyFragment("<pre>" + page).body().wholeText();
            boolean asItIs = shown.equals(String.valueOf((char) unit));
            boolean escaped = shown.equals(String.format("\\u%04x", unit)) || shown.matches("\\\\[nrt]");
            assertTrue(asItIs || escaped, Integer.toHexString(unit) + " became " + shown);
        }
    }

    @Test
    void pairsOfSurrogatesStayTogether() {
        assertEquals("😀", new Html().text("😀").toString());
        assertEquals(
                "<span class=\"esc\">\\udb40\\udc01</span>",
                new Html().text("\uDB40\uDC01").toString()); // a format character
    }

    @Test
    void longTextIsCutBetweenCharacters() {
        assertEquals("abc", new Html().text("abc", 3).toString());
        assertEquals(
                "abc<span class=\"cut\">… 1 more character</span>",
                new Html().text("abcd", 3).toString());
        assertEquals(
                "ab<span class=\"cut\">… 2 more characters</span>",
                new Html().text("ab😀", 3).toString());
        assertEquals("ab…", Html.start("ab😀", 3));
    }

    @Test
    void jsonTextIsWrittenAsJsonWritesIt() {
        assertEquals(
                "\\&quot;\\\\<span class=\"esc\">\\n</span>",
                new Html().jsonText("\"\\\n").toString());
    }

    @Test
    void anOpenElementIsNoticed() {
        Html html = new Html().open("p");
        assertThrows(IllegalStateException.class, html::toString);
    }
}
