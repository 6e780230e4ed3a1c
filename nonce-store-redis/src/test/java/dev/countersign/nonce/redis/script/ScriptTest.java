package dev.countersign.nonce.redis.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScriptTest {
    private static final Pattern NAMED = Pattern.compile("(?m)^local ([A-Z_]+) = (\\d+)$");
    private static final Pattern RETURNED = Pattern.compile("\\breturn (.+?)(?: end)?$", Pattern.MULTILINE);

    @ParameterizedTest
    @EnumSource(Script.class)
    void namesItsResultsAsTheCodeDoes(Script script) {
        Matcher named = NAMED.matcher(script.text());
        Set<String> names = new HashSet<>();
        while (named.find()) {
            assertEquals(Integer.toString(ScriptResult.valueOf(named.group(1)).code()), named.group(2), named.group());
            names.add(named.group(1));
        }
        if (script == Script.WRITE_WATCH_RECORD) {
            assertEquals(Set.of(), names);
            return;
        }
        Matcher returned = RETURNED.matcher(script.text());
        assertTrue(returned.find(), script.text());
        do {
            for (String name : returned.group(1).replaceAll("i == \\d and ", "").split(" or ", -1)) {
                assertTrue(names.contains(name), returned.group());
            }
        } while (returned.find());
    }

    @ParameterizedTest
    @EnumSource(Script.class)
    void isSentWithoutItsComments(Script script) {
        assertFalse(script.text().contains("--"), script.text());
        assertTrue(script.text().startsWith("local "), script.text());
    }

    @Test
    void everyCodeIsOneResult() {
        for (ScriptResult result : ScriptResult.values()) {
            assertEquals(result, ScriptResult.of(result.code()));
        }
        assertThrows(IllegalArgumentException.class, () -> ScriptResult.of(6));
        assertThrows(IllegalArgumentException.class, () -> ScriptResult.of(1L << 32));
    }
}
