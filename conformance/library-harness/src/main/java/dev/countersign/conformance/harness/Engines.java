package dev.countersign.conformance.harness;

import dev.countersign.core.engine.EcdsaP256Engine;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The engines by name: the library's in both of its ways, and the JDK's to compare them with. */
public final class Engines {
    /** The library's default. */
    public static final String DEFAULT = "bouncycastle";

    private static final Map<String, Supplier<EcdsaP256Engine>> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put(DEFAULT, EcdsaP256Engine::bouncyCastle);
        BY_NAME.put("bouncycastle-table", () -> new WarmEngine(EcdsaP256Engine.bouncyCastle()));
        BY_NAME.put("jdk", JdkEngine::new);
    }

    private Engines() {}

    /** Their names. */
    public static Set<String> names() {
        return BY_NAME.keySet();
    }

    /**
     * A new engine of that name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static EcdsaP256Engine named(String name) {
        Supplier<EcdsaP256Engine> engine = BY_NAME.get(name);
        if (engine == null) {
            throw new IllegalArgumentException("no engine \"" + name + "\"; there are " + String.join(", ", names()));
        }
        return engine.get();
    }
}
