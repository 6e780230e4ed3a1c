package dev.countersign.house;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The modules of Countersign that are on the class path, as jars or as folders of classes. */
final class PublishedModules {
    private static final String PREFIX = "dev.countersign.";

    private PublishedModules() {}

    /** By module name. */
    static Map<String, ModuleReference> all() {
        Map<String, ModuleReference> ours = new TreeMap<>();
        for (ModuleReference module : finder().findAll()) {
            if (module.descriptor().name().startsWith(PREFIX)) {
                ours.put(module.descriptor().name(), module);
            }
        }
        return ours;
    }

    static ModuleReference named(String name) {
        return Optional.ofNullable(all().get(name)).orElseThrow(() -> new AssertionError(name + " is not there"));
    }

    /** Every module of the class path, third parties' included. */
    static ModuleFinder finder() {
        List<ModuleFinder> finders = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            boolean folderOfNoModule = Files.isDirectory(path) && !Files.exists(path.resolve("module-info.class"));
            if (Files.exists(path) && !folderOfNoModule && isModule(path)) {
                finders.add(ModuleFinder.of(path));
            }
        }
        return ModuleFinder.compose(finders.toArray(ModuleFinder[]::new));
    }

    private static boolean isModule(Path path) {
        try {
            return !ModuleFinder.of(path).findAll().isEmpty();
        } catch (FindException jarWithoutAModuleName) {
            return false;
        }
    }

    /** The classes of all of them, for ArchUnit. */
    static JavaClasses classes() {
        List<Location> locations = new ArrayList<>();
        for (ModuleReference module : all().values()) {
            URI uri = module.location().orElseThrow();
            locations.add(
                    Files.isDirectory(Path.of(uri)) ? Location.of(uri) : Location.of(URI.create("jar:" + uri + "!/")));
        }
        return new ClassFileImporter().importLocations(locations);
    }

    /** The names of a module's classes in one package, sorted. */
    static List<String> classesIn(ModuleReference module, String packageName) {
        String folder = packageName.replace('.', '/') + "/";
        try (ModuleReader reader = module.open();
                var resources = reader.list()) {
            return resources
                    .filter(name -> name.startsWith(folder) && name.endsWith(".class"))
                    .filter(name -> name.indexOf('/', folder.length()) < 0)
                    .map(name ->
                            name.substring(0, name.length() - ".class".length()).replace('/', '.'))
                    .filter(name -> !name.endsWith(".package-info"))
                    .sorted()
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** The folder of the whole tree, where the parent's pom lies. */
    static Path root() {
        return folder().resolve("../..").normalize();
    }

    /** The folder of this module. */
    static Path folder() {
        return Path.of(Optional.ofNullable(System.getProperty("basedir")).orElse("."))
                .toAbsolutePath()
                .normalize();
    }
}
