package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.RequestHead;
import dev.countersign.api.VerificationListener;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.store.BlockingNonceStore;
import dev.countersign.api.store.BlockingPublicKeyStore;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.explain.ExplanationListener;
import dev.countersign.tck.Tck;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the page on compatibility says of the SPIs, against the code and the TCK. */
class SpiTableTest {
    private static final Path PAGE = PublishedModules.root().resolve("docs").resolve("compatibility.md");

    private static final Pattern ROW = Pattern.compile("\\| `(\\w+)` \\|([^|]*)\\| ((?:`\\w+`(?:, )?)+) \\|([^|]*)\\|");

    private static final List<Class<?>> SPIS = List.of(
            NonceStore.class,
            PublicKeyStore.class,
            DeviceRegistry.class,
            BlockingNonceStore.class,
            BlockingPublicKeyStore.class,
            VerificationListener.class,
            ExplanationListener.class,
            RequestHead.class);

    /** By SPI, a row's further cells. */
    private static Map<String, List<String>> page() throws Exception {
        Map<String, List<String>> rows = new TreeMap<>();
        for (String line : Files.readAllLines(PAGE)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows.put(row.group(1), List.of(row.group(2).strip(), row.group(3), row.group(4)));
            }
        }
        return rows;
    }

    @Test
    void thePageSaysWhichMethodsHaveADefault() throws Exception {
        Map<String, List<Set<String>>> code = new TreeMap<>();
        for (Class<?> spi : SPIS) {
            Set<String> required = new TreeSet<>();
            Set<String> optional = new TreeSet<>();
            for (Method method : spi.getMethods()) {
                boolean inherited = method.getDeclaringClass() != spi;
                if (!Modifier.isStatic(method.getModifiers()) && !inherited) {
                    (method.isDefault() ? optional : required).add(method.getName());
                }
            }
            code.put(spi.getSimpleName(), List.of(required, optional));
        }
        Map<String, List<Set<String>>> told = new TreeMap<>();
        page().forEach((spi, cells) -> told.put(spi, List.of(names(cells.get(1)), names(cells.get(2)))));
        assertEquals(code, told);
    }

    @Test
    void theVersionsAreThoseOfTheTck() throws Exception {
        Map<String, List<String>> page = page();
        Tck.spis()
                .forEach((spi, version) -> assertEquals(
                        Integer.toString(version),
                        page.getOrDefault(spi.getSimpleName(), List.of("")).get(0),
                        spi.getName()));
        assertEquals(3, Tck.spis().size());
        assertTrue(Tck.VERSION >= 1);
    }

    private static Set<String> names(String cell) {
        Set<String> names = new TreeSet<>();
        Matcher name = Pattern.compile("`(\\w+)`").matcher(cell);
        while (name.find()) {
            names.add(name.group(1));
        }
        return names;
    }
}
