package dev.countersign.conformance.mutants;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This Java, with this class path, for the processes that tests start. */
final class TestJava {
    private TestJava() {}

    /** The command that runs a class, word by word. */
    static List<String> words(Class<?> main, List<String> arguments) {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // The start counts for more than the speed.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        words.addAll(arguments);
        return words;
    }

    /** The command that starts {@link MutantMain}, as the runner's command line takes it. */
    static String command(String... arguments) {
        StringBuilder line = new StringBuilder();
        for (String word : words(MutantMain.class, List.of(arguments))) {
            line.append('\'').append(word).append("' ");
        }
        return line.toString().strip();
    }
}
