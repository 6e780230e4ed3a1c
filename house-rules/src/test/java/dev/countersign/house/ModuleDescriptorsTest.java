package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The modules as a user runs them: on the module path. */
class ModuleDescriptorsTest {
    private static final Map<String, ModuleReference> OURS = PublishedModules.all();
    private static final Set<String> NOT_PUBLISHED = Set.of(
            "bom",
            "house-rules",
            "benchmarks",
            "quickstart-server",
            "conformance/suite",
            "conformance/library-harness",
            "conformance/generator",
            "conformance/runner",
            "conformance/harnesses",
            "test-servers",
            "fault-tests");
    /** Published, but holding no classes. */
    private static final Set<String> DATA = Set.of("conformance-vectors");

    private static final Map<String, Set<String>> INTERNALS = Map.of(
            "dev.countersign.api", Set.of("dev.countersign.api.wire"),
            "dev.countersign.core",
                    Set.of(
                            "dev.countersign.core.cache",
                            "dev.countersign.core.diagnosis",
                            "dev.countersign.core.key",
                            "dev.countersign.core.step",
                            "dev.countersign.core.verification",
                            "dev.countersign.core.wait"));

    private static final Set<String> FOR_USERS = Set.of(
            "dev.countersign.api.annotation",
            "dev.countersign.api.device",
            "dev.countersign.api.registry",
            "dev.countersign.api.route",
            "dev.countersign.api.store",
            "dev.countersign.core.engine",
            "dev.countersign.core.explain");

    @Test
    void everyModuleOfTheParentIsLookedAt() throws Exception {
        String parent = Files.readString(PublishedModules.folder().resolveSibling("pom.xml"));
        Matcher matcher = Pattern.compile("<module>([^<]+)</module>").matcher(parent);
        Set<String> missing = new TreeSet<>();
        int found = 0;
        while (matcher.find()) {
            String folder = matcher.group(1);
            Path descriptor =
                    PublishedModules.folder().resolveSibling(folder).resolve("src/main/java/module-info.java");
            if (NOT_PUBLISHED.contains(folder)) {
                assertFalse(Files.exists(descriptor), folder + " has a descriptor but is not published");
                continue;
            }
            if (DATA.contains(folder)) {
                assertFalse(
                        Files.exists(
                                PublishedModules.folder().resolveSibling(folder).resolve("src")),
                        folder);
                continue;
            }
            found++;
            Matcher name =
                    Pattern.compile("(?m)^(?:open )?module ([a-z.]+) \\{").matcher(Files.readString(descriptor));
            assertTrue(name.find(), folder);
            if (!OURS.containsKey(name.group(1))) {
                missing.add(folder);
            }
        }
        assertEquals(Set.of(), missing, "add these modules to the dependencies of house-rules");
        assertEquals(OURS.size(), found);
    }

    @Test
    void allResolveAndEveryClassOfAnExportedPackageStarts() throws Exception {
        ModuleLayer layer = layer(OURS.keySet());
        int started = 0;
        for (Map.Entry<String, ModuleReference> ours : OURS.entrySet()) {
            Module module = layer.findModule(ours.getKey()).orElseThrow();
            for (ModuleDescriptor.Exports export : ours.getValue().descriptor().exports()) {
                for (String name : PublishedModules.classesIn(ours.getValue(), export.source())) {
                    Class<?> type = Class.forName(name, true, module.getClassLoader());
                    assertSame(module, type.getModule());
                    started++;
                }
            }
        }
        assertTrue(started > 40);
    }

    @Test
    void eachResolvesAlone() {
        for (String name : OURS.keySet()) {
            assertTrue(layer(Set.of(name)).findModule(name).isPresent());
        }
    }

    @Test
    void theApiNeedsNothingButJava() {
        Set<String> needed = layer(Set.of("dev.countersign.api")).modules().stream()
                .map(Module::getName)
                .collect(Collectors.toSet());
        assertEquals(Set.of("dev.countersign.api"), needed, "JSpecify is for compiling only");
        Set<String> required = required("dev.countersign.api");
        assertEquals(Set.of("java.base", "org.jspecify"), required);
        assertEquals(Set.of("java.base", "org.jspecify", "dev.countersign.api"), required("dev.countersign.signer"));
    }

    @Test
    void onlyTheRootPackagesAndWhatIsMeantForUsersAreExported() {
        Set<String> exported = new TreeSet<>();
        for (ModuleReference module : OURS.values()) {
            for (ModuleDescriptor.Exports export : module.descriptor().exports()) {
                String target = export.isQualified() ? " to " + new TreeSet<>(export.targets()) : "";
                boolean root = export.source().equals(module.descriptor().name());
                assertTrue(root || !target.isEmpty() || FOR_USERS.contains(export.source()), export.source());
                exported.add(export.source() + target);
            }
            assertTrue(module.descriptor().opens().stream()
                    .allMatch(open -> open.isQualified()
                            || open.source().endsWith(".migration")
                            || open.source().contains(".migration.")));
            assertFalse(module.descriptor().isOpen());
            assertFalse(module.descriptor().isAutomatic());
        }
        assertTrue(exported.contains("dev.countersign.api.wire to [dev.countersign.core, dev.countersign.signer]"));
    }

    @Test
    void internalsAreClosedToOthers() {
        ModuleLayer layer = layer(OURS.keySet());
        for (Map.Entry<String, Set<String>> internals : INTERNALS.entrySet()) {
            Module module = layer.findModule(internals.getKey()).orElseThrow();
            for (String packageName : internals.getValue()) {
                assertTrue(module.getPackages().contains(packageName), packageName);
                assertFalse(module.isExported(packageName));
                assertFalse(module.isOpen(packageName));
                Module kit = layer.findModule("dev.countersign.tck").orElseThrow();
                assertFalse(module.isExported(packageName, kit));
            }
        }
        Module api = layer.findModule("dev.countersign.api").orElseThrow();
        for (String friend : Set.of("dev.countersign.core", "dev.countersign.signer")) {
            assertTrue(api.isExported(
                    "dev.countersign.api.wire", layer.findModule(friend).orElseThrow()));
        }
    }

    @Test
    void noPackageIsInTwoModules() {
        Set<String> seen = new TreeSet<>();
        for (ModuleReference module : OURS.values()) {
            for (String packageName : module.descriptor().packages()) {
                assertTrue(seen.add(packageName), packageName);
                assertTrue((packageName + ".").startsWith(module.descriptor().name() + "."), packageName);
            }
        }
    }

    @Test
    void aModuleWithoutWhatItRequiresDoesNotResolve() {
        ModuleFinder coreAlone = ModuleFinder.of(Path.of(
                PublishedModules.named("dev.countersign.core").location().orElseThrow()));
        assertThrows(FindException.class, () -> resolve(coreAlone, Set.of("dev.countersign.core")));
    }

    private static Set<String> required(String module) {
        return PublishedModules.named(module).descriptor().requires().stream()
                .map(ModuleDescriptor.Requires::name)
                .collect(Collectors.toSet());
    }

    private static ModuleLayer layer(Set<String> roots) {
        return ModuleLayer.boot()
                .defineModulesWithOneLoader(
                        resolve(PublishedModules.finder(), roots), ClassLoader.getPlatformClassLoader());
    }

    private static Configuration resolve(ModuleFinder finder, Set<String> roots) {
        // Not bound to services: what is on the class path for the tests is not part of the modules.
        return ModuleLayer.boot().configuration().resolve(finder, ModuleFinder.of(), roots);
    }
}
