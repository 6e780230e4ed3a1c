package dev.countersign.conformance.report;

import java.io.Console;

/** Colours of a terminal, or none. */
record Style(boolean coloured) {
    private static final String END = "\u001b[0m";

    /** Whether standard output is a terminal that a person looks at. */
    @SuppressWarnings("SystemConsoleNull") // null still says so on the JDKs before 22; newer ones are asked
    static boolean isTerminal() {
        Console console = System.console();
        if (console == null || "dumb".equals(System.getenv("TERM"))) {
            return false;
        }
        try {
            // From JDK 22 on there is a console even without a terminal, and a method that tells.
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException older) {
            return true;
        }
    }

    /** Whether the user wants no colours: the variable is there and not empty. */
    static boolean isColourUnwanted() {
        String unwanted = System.getenv("NO_COLOR");
        return unwanted != null && !unwanted.isEmpty();
    }

    String good(String text) {
        return wrap("32", text);
    }

    String bad(String text) {
        return wrap("31;1", text);
    }

    String warning(String text) {
        return wrap("33", text);
    }

    String title(String text) {
        return wrap("1", text);
    }

    String faint(String text) {
        return wrap("2", text);
    }

    private String wrap(String code, String text) {
        return coloured && !text.isEmpty() ? "\u001b[" + code + "m" + text + END : text;
    }
}
