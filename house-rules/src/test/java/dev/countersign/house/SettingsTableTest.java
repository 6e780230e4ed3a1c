package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Rejected;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.VerifiedRequest;
import dev.countersign.api.registry.DeviceLifecycle;
import dev.countersign.api.route.Routes;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeyCache;
import dev.countersign.core.KeyCacheBuilder;
import dev.countersign.core.KeySource;
import dev.countersign.core.SigningPaths;
import dev.countersign.core.VerifierBuilder;
import dev.countersign.keystore.jdbc.FleetImport;
import dev.countersign.keystore.jdbc.JdbcKeyStore;
import dev.countersign.netty.CountersignHandler;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.nonce.redis.RedisNonceStore;
import dev.countersign.servlet.CountersignFilter;
import dev.countersign.servlet.DrainLimits;
import dev.countersign.signer.RequestSigner;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleReference;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The page of all settings against the code. */
class SettingsTableTest {
    private static final Path PAGE =
            PublishedModules.folder().resolveSibling("docs").resolve("settings.md");

    /** What has settings without a {@code build()}. */
    private static final Set<Class<?>> WITHOUT_BUILD =
            Set.of(FleetImport.class, DeviceLifecycle.class, DrainLimits.class);

    /** Builders of values, whose parts are no settings. */
    private static final Set<Class<?>> OF_VALUES =
            Set.of(Claim.Builder.class, VerifiedRequest.Builder.class, Rejected.Builder.class);

    /** A rule of several parts, which is added. */
    private static final Set<String> WITH_SEVERAL_ARGUMENTS = Set.of("SigningPaths.Builder.rule");

    private static final Map<Class<?>, Supplier<Object>> FRESH = Map.ofEntries(
            Map.entry(
                    VerifierBuilder.class,
                    () -> CountersignVerifier.builder(
                            KeySource.uncached(nothing(PublicKeyStore.class)), nothing(NonceStore.class))),
            Map.entry(KeyCacheBuilder.class, () -> KeyCache.builder(nothing(PublicKeyStore.class))),
            Map.entry(SigningPaths.Builder.class, SigningPaths::builder),
            Map.entry(MemoryNonceStore.Builder.class, MemoryNonceStore::builder),
            Map.entry(RedisNonceStore.Builder.class, () -> RedisNonceStore.builder("redis://localhost")),
            Map.entry(JdbcKeyStore.Builder.class, () -> JdbcKeyStore.builder(nothing(DataSource.class))),
            Map.entry(FleetImport.class, SettingsTableTest::freshImport),
            Map.entry(RequestSigner.Builder.class, () -> RequestSigner.builder("device", message -> message)),
            Map.entry(CountersignFilter.Builder.class, () -> CountersignFilter.builder(nothing(RequestVerifier.class))),
            Map.entry(
                    CountersignHandler.Builder.class,
                    () -> CountersignHandler.builder(
                            Routes.by(nothing(RequestVerifier.class)).protectAllExcept())),
            Map.entry(DeviceLifecycle.class, () -> DeviceLifecycle.STANDARD),
            Map.entry(DrainLimits.class, DrainLimits::standard));

    private static final Pattern NUMBER = Pattern.compile("(\\d+(?: \\d{3})*)(?: (KiB|MiB|ms|s|min|h|days?))?");

    /** By builder and method, the cell with the default. */
    private static Map<String, Map<String, String>> page() throws Exception {
        Map<String, Map<String, String>> page = new TreeMap<>();
        Map<String, String> settings = new TreeMap<>();
        for (String line : Files.readAllLines(PAGE)) {
            Matcher heading = Pattern.compile("## `(.+)`").matcher(line);
            Matcher row =
                    Pattern.compile("\\| `(\\w+)` \\| (.+) \\| (.+) \\|(.*)\\|").matcher(line);
            if (heading.matches()) {
                settings = new TreeMap<>();
                assertEquals(null, page.put(heading.group(1), settings), "twice: " + line);
            } else if (row.matches()) {
                assertEquals(null, settings.put(row.group(1), row.group(3)), "twice: " + line);
            }
        }
        return page;
    }

    /** The settings of the code: by the name of what has them, the methods. */
    private static Map<Class<?>, List<Method>> settings() throws Exception {
        Map<Class<?>, List<Method>> settings = new TreeMap<>(Comparator.comparing(Class::getName));
        for (ModuleReference module : PublishedModules.all().values()) {
            for (ModuleDescriptor.Exports export : module.descriptor().exports()) {
                if (export.isQualified()) {
                    continue;
                }
                for (String name : PublishedModules.classesIn(module, export.source())) {
                    Class<?> type = Class.forName(name);
                    List<Method> setters = setters(type);
                    if (Modifier.isPublic(type.getModifiers())
                            && !setters.isEmpty()
                            && !OF_VALUES.contains(type)
                            && (hasBuild(type) || WITHOUT_BUILD.contains(type))) {
                        settings.put(type, setters);
                    }
                }
            }
        }
        return settings;
    }

    private static boolean hasBuild(Class<?> type) {
        for (Method method : type.getMethods()) {
            if (method.getName().equals("build") && method.getParameterCount() == 0) {
                return true;
            }
        }
        return false;
    }

    private static List<Method> setters(Class<?> type) {
        List<Method> setters = new ArrayList<>();
        for (Method method : type.getDeclaredMethods()) {
            if (Modifier.isPublic(method.getModifiers())
                    && !Modifier.isStatic(method.getModifiers())
                    && !method.isSynthetic()
                    && method.getReturnType() == type) {
                setters.add(method);
            }
        }
        return setters;
    }

    private static String name(Class<?> type) {
        Class<?> outer = type.getEnclosingClass();
        return (outer == null ? "" : outer.getSimpleName() + ".") + type.getSimpleName();
    }

    @Test
    void everySettingIsOnThePageAndNoOther() throws Exception {
        Map<String, Set<String>> code = new TreeMap<>();
        settings().forEach((type, setters) -> {
            Set<String> names = new TreeSet<>();
            setters.forEach(setter -> names.add(setter.getName()));
            assertEquals(setters.size(), names.size(), "an overloaded setting of " + name(type));
            code.put(name(type), names);
        });
        Map<String, Set<String>> page = new TreeMap<>();
        page().forEach((builder, rows) -> page.put(builder, new TreeSet<>(rows.keySet())));
        assertEquals(code, page);
        assertTrue(code.size() >= FRESH.size(), "the builders are found");
    }

    @Test
    void allBuildersHaveOneIdiom() throws Exception {
        List<String> others = new ArrayList<>();
        settings()
                .forEach((type, setters) -> setters.forEach(setter -> {
                    Class<?>[] parameters = setter.getParameterTypes();
                    String setting = name(type) + "." + setter.getName();
                    boolean one =
                            parameters.length == 1 && parameters[0] != boolean.class && parameters[0] != Boolean.class;
                    if (parameters.length > 0 && !one && !WITH_SEVERAL_ARGUMENTS.contains(setting)) {
                        others.add(setting);
                    }
                }));
        assertEquals(List.of(), others, "a value is one argument, and a flag has none");
    }

    @Test
    void theDefaultsAreThoseOfTheCode() throws Exception {
        Map<String, Map<String, String>> page = page();
        List<String> wrong = new ArrayList<>();
        int compared = 0;
        for (Map.Entry<Class<?>, List<Method>> each : settings().entrySet()) {
            Class<?> type = each.getKey();
            Supplier<Object> fresh = FRESH.get(type);
            Object builder = fresh == null ? null : fresh.get(); // none: its measures have no field, which is told
            for (Method setter : each.getValue()) {
                String setting = name(type) + "." + setter.getName();
                String cell = page.getOrDefault(name(type), Map.of()).getOrDefault(setter.getName(), "");
                if (setter.getParameterCount() == 0) {
                    if (!cell.equals("off")) {
                        wrong.add(setting + " is off unless called");
                    }
                    continue;
                }
                Field field = builder == null ? null : field(builder, setter.getName());
                if (field == null) {
                    if (isMeasure(setter)) {
                        wrong.add(setting + " has no field of its name, from which its default can be read");
                    }
                    continue;
                }
                Object value = field.get(builder);
                if (value instanceof Duration || value instanceof Number) {
                    compared++;
                    if (!isDefault(cell, value)) {
                        wrong.add(setting + " is " + value + ", and the page says " + cell);
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(compared >= 38, "compared " + compared);
    }

    private static boolean isMeasure(Method setter) {
        Class<?> type = setter.getParameterTypes()[0];
        return type == Duration.class || type == int.class || type == long.class;
    }

    @Test
    void aWrongDefaultIsSeen() {
        assertTrue(isDefault("300 s", Duration.ofMinutes(5)));
        assertTrue(isDefault("2 days", Duration.ofDays(2)));
        assertTrue(isDefault("500 ms", Duration.ofMillis(500)));
        assertTrue(isDefault("0", Duration.ZERO));
        assertTrue(isDefault("1 000 000", 1_000_000L));
        assertTrue(isDefault("10 MiB", 10L << 20));
        assertFalse(isDefault("5 s", Duration.ofMinutes(5)));
        assertFalse(isDefault("5", Duration.ofSeconds(5)));
        assertFalse(isDefault("8193", 8192));
        assertFalse(isDefault("some", 1));
    }

    private static boolean isDefault(String cell, Object value) {
        Matcher matcher = NUMBER.matcher(cell);
        if (!matcher.matches()) {
            return false;
        }
        long number = Long.parseLong(matcher.group(1).replace(" ", ""));
        String unit = matcher.group(2) == null ? "" : matcher.group(2);
        if (value instanceof Duration duration) {
            return switch (unit) {
                case "ms" -> duration.equals(Duration.ofMillis(number));
                case "s" -> duration.equals(Duration.ofSeconds(number));
                case "min" -> duration.equals(Duration.ofMinutes(number));
                case "h" -> duration.equals(Duration.ofHours(number));
                case "day", "days" -> duration.equals(Duration.of(number, ChronoUnit.DAYS));
                default -> number == 0 && duration.isZero();
            };
        }
        long bytes =
                switch (unit) {
                    case "" -> number;
                    case "KiB" -> number << 10;
                    case "MiB" -> number << 20;
                    default -> -1;
                };
        return value instanceof Number known && known.longValue() == bytes;
    }

    /** Where a builder keeps a setting: in a field of the setting's name. */
    private static @Nullable Field field(Object builder, String setting) {
        boolean copies = setting.startsWith("with") && WITHOUT_BUILD.contains(builder.getClass());
        String name = copies ? Character.toLowerCase(setting.charAt(4)) + setting.substring(5) : setting;
        for (Field field : builder.getClass().getDeclaredFields()) {
            if (field.getName().equals(name)) {
                field.setAccessible(true);
                return field;
            }
        }
        return null;
    }

    /** It wants a store that is open, and looks at it when it runs. */
    private static Object freshImport() {
        try {
            Constructor<FleetImport> constructor = FleetImport.class.getDeclaredConstructor(JdbcKeyStore.class);
            constructor.setAccessible(true);
            return constructor.newInstance((Object) null);
        } catch (ReflectiveOperationException changed) {
            throw new LinkageError("there is another way to an import", changed);
        }
    }

    private static <T> T nothing(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> null));
    }
}
