package dev.countersign.servlet.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a server answers by itself, as docs/servers.md says. {@code -Dservers.update=true} writes this server's part anew.
 */
@Timeout(300)
public abstract class ServersPageTests {
    /** For subclasses. */
    protected ServersPageTests() {}

    /** What starts the servers. */
    protected abstract ServletServers servers();

    /** On its defaults. */
    protected abstract ServletContract defaults();

    /** Where it lets everything through that it can. */
    protected abstract ServletContract permissive();

    private static boolean isOwn(String words) {
        return !words.startsWith("verified") && !words.startsWith("open") && !words.contains("refused:");
    }

    private static String cell(String words) {
        return words.replace("|", "\\|");
    }

    private static String words(String words) {
        if (isOwn(words)) {
            return words;
        }
        boolean asks = words.startsWith("asks");
        return asks ? words : words.contains("refused:") ? words : "comes through";
    }

    private String table() throws Exception {
        Map<String, String> byDefault = defaults().answers();
        Map<String, String> permissive = permissive().answers();
        StringBuilder table = new StringBuilder("\n| exchange | by default | permissive |\n|---|---|---|\n");
        byDefault.forEach((name, words) -> {
            String other = String.valueOf(permissive.get(name));
            if (isOwn(words) || isOwn(other) || name.startsWith("Expect")) {
                table.append("| ")
                        .append(cell("`` " + name + " ``"))
                        .append(" | ")
                        .append(cell(words(words)))
                        .append(" | ")
                        .append(cell(words(other)))
                        .append(" |\n");
            }
        });
        return table.append("\n").toString();
    }

    /** The page has this server's table between two marks. */
    @Test
    public void thePageSaysWhatTheServerAnswersByItself() throws Exception {
        Path page = Path.of(System.getProperty("basedir", "."))
                .toAbsolutePath()
                .resolve("../../../docs/servers.md")
                .normalize();
        String text = Files.readString(page);
        String begin = "<!-- begin " + servers().name() + " -->\n";
        int from = text.indexOf(begin) + begin.length();
        int to = text.indexOf("<!-- end " + servers().name() + " -->");
        String table = table();
        if (Boolean.getBoolean("servers.update")) {
            Files.writeString(page, text.substring(0, from) + table + text.substring(to));
        } else {
            assertEquals(text.substring(from, to), table);
        }
    }
}
