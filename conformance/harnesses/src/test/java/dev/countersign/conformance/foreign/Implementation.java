package dev.countersign.conformance.foreign;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.runner.HarnessLimits;
import dev.countersign.conformance.runner.HarnessSubject;
import dev.countersign.conformance.runner.Judge;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The library, and the implementations in this module, which share no code with it or with each other. */
enum Implementation {
    COUNTERSIGN("Countersign (Java)") {
        @Override
        List<String> command() {
            String main = "dev.countersign.conformance.Main";
            return List.of(JAVA, "-cp", System.getProperty("java.class.path"), main, "harness");
        }
    },
    NODE("Node") {
        @Override
        List<String> command() {
            String atLeast18 = "process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)";
            require(new Tool(List.of("node", "-e", atLeast18)), "Node 18 or newer", "nodejs");
            return List.of("node", harness("node/harness.mjs"));
        }
    },
    PYTHON("Python") {
        @Override
        List<String> command() {
            return List.of(python(), harness("python/harness.py"));
        }
    },
    GO("Go") {
        @Override
        List<String> command() {
            require(new Tool(List.of("go", "version")), "Go 1.19 or newer", "golang-go");
            String built = TARGET.resolve("go-harness").toString();
            // Standard library only: it must build without a network, and without a C compiler beside Go's own.
            String unused = new Tool(List.of("go", "build", "-o", built, "."))
                    .in(HARNESSES.resolve("go"))
                    .with(Map.of(
                            "GOFLAGS", "-mod=mod",
                            "GOPROXY", "off",
                            "CGO_ENABLED", "0",
                            "GOPATH", TARGET.resolve("go").toString(),
                            "GOCACHE", TARGET.resolve("go-cache").toString()))
                    .output();
            return List.of(built);
        }
    },
    KOTLIN("Kotlin") {
        @Override
        List<String> command() {
            Path jar = TARGET.resolve("kotlin-harness.jar");
            assertTrue(Files.exists(jar), "no kotlin-harness.jar: mvn -Pfull makes it");
            return List.of(JAVA, "-jar", jar.toString());
        }
    },
    OPENSSL("OpenSSL (shell)") {
        @Override
        List<String> command() {
            require(new Tool(List.of("openssl", "version")), "OpenSSL's command line tool", "openssl");
            return List.of("sh", harness("openssl/harness.sh"));
        }
    };

    // Tests run in the module's folder.
    private static final Path HARNESSES = Path.of("").toAbsolutePath();
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    /** Its name in tables. */
    final String title;

    Implementation(String title) {
        this.title = title;
    }

    /**
     * The command that starts its harness, which is built first if need be. A missing tool fails the test: nothing is left
     * out in silence.
     */
    abstract List<String> command();

    /** Its harness under the runner. */
    HarnessSubject start(boolean reasons) {
        return start(command(), reasons);
    }

    /** The guide's example under the runner. */
    static HarnessSubject startExample() {
        // Its import of sdk.py leaves nothing behind in the sources.
        return start(List.of(python(), "-B", harness("example-sdk/harness.py")), false);
    }

    private static HarnessSubject start(List<String> command, boolean reasons) {
        return HarnessSubject.start(Tool.commandLine(command), new Judge(reasons), HarnessLimits.USUAL);
    }

    private static String python() {
        String python = Tool.python();
        require(
                new Tool(List.of(python, "-c", "import cryptography")),
                "Python with cryptography",
                "python3-cryptography");
        return python;
    }

    private static String harness(String file) {
        return HARNESSES.resolve(file).toString();
    }

    private static void require(Tool tool, String what, String debianPackage) {
        assertTrue(tool.works(), () -> what + " is needed: apt-get install " + debianPackage);
    }
}
