package dev.countersign.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DevicePublicKey;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens where another Bouncy Castle stands first on the class path: the real jars, which the build has fetched. */
class OtherBouncyCastlesTest {
    private static final Path JARS = Path.of("target", "other-bouncycastles");

    @ParameterizedTest
    @ValueSource(strings = {"bcprov-jdk15on-1.46.jar", "bcprov-jdk15on-1.64.jar", "bc-fips-2.1.2.jar"})
    void aWrongOneIsRefusedWhenAVerifierIsBuilt(String jar) throws Exception {
        for (String outcome : outcomes(jar)) {
            assertTrue(
                    outcome.startsWith("java.lang.IllegalStateException: the Bouncy Castle on the class path"),
                    outcome);
            assertTrue(outcome.contains(jar), outcome);
            assertTrue(outcome.contains("org.bouncycastle:bcprov-jdk18on"), outcome);
            assertFalse(outcome.contains(String.valueOf(JARS.toAbsolutePath().getParent())), "no paths: " + outcome);
        }
    }

    /** The oldest of the line that we name. */
    @Test
    void anOlderOneOfTheSameLineWillDo() throws Exception {
        assertEquals(List.of("built", "built", "built"), outcomes("bcprov-jdk18on-1.71.jar"));
    }

    private static List<String> outcomes(String jar) throws Exception {
        Path file = JARS.resolve(jar);
        assertTrue(Files.exists(file), file + ": the build copies it there");
        List<URL> classPath = new ArrayList<>();
        classPath.add(file.toUri().toURL());
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            classPath.add(Path.of(entry).toUri().toURL());
        }
        try (URLClassLoader loader =
                new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Object startups = loader.loadClass("dev.countersign.core.Startups")
                    .getDeclaredConstructor()
                    .newInstance();
            List<String> outcomes = new ArrayList<>();
            for (Object outcome : (Iterable<?>) ((Supplier<?>) startups).get()) {
                outcomes.add(String.valueOf(outcome));
            }
            return outcomes;
        }
    }

    @Test
    void theOneInUsePasses() {
        assertNull(KnownAnswers.check(() -> new BouncyCastleEngine(1)));
        KnownAnswers.require();
    }

    @Test
    void wrongAnswersAreFound() {
        assertNotNull(KnownAnswers.check(() -> new Fixed(() -> true)), "accepts everything");
        assertNotNull(KnownAnswers.check(() -> new Fixed(() -> false)), "accepts nothing");
        int[] calls = {0};
        assertNotNull(KnownAnswers.check(() -> new Fixed(() -> calls[0]++ % 2 != 0)), "right answers, but no table");
        assertNotNull(KnownAnswers.check(() -> {
            throw new NoSuchMethodError("of another release");
        }));
        assertNotNull(
                KnownAnswers.check(() -> new BouncyCastleEngine(1, point -> {
                    throw new NoSuchMethodError("of another release");
                })),
                "works, but not with tables");
        BouncyCastleEngine wrongTable = new BouncyCastleEngine(1, point -> new CombTable(point.twice()));
        assertNotNull(KnownAnswers.check(() -> wrongTable), "right without table, wrong with it");
    }

    private record Fixed(BooleanSupplier answer) implements EcdsaP256Engine {
        @Override
        public PreparedKey prepare(DevicePublicKey key) {
            return () -> key;
        }

        @Override
        public boolean verify(PreparedKey key, byte[] digest, byte[] signature) {
            return answer.getAsBoolean();
        }

        @Override
        public String name() {
            return "fixed";
        }
    }
}
