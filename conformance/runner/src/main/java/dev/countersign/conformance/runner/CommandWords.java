package dev.countersign.conformance.runner;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits a command line into words without a shell: no variables, no globs, no pipes, so that the same text starts the
 * same process everywhere. Words are separated by white space; {@code '…'} and {@code "…"} hold white space together; a
 * backslash makes a following space, quote or backslash an ordinary character and stands for itself anywhere else, and
 * always inside {@code '…'}.
 */
public final class CommandWords {
    private static final char NONE = 0;

    private CommandWords() {}

    /**
     * The words.
     *
     * @throws IllegalArgumentException if there is none, or a quote is not closed
     */
    public static List<String> of(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        char quote = NONE;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && quote != '\'' && i + 1 < line.length() && isEscapable(line.charAt(i + 1))) {
                word.append(line.charAt(++i));
                inWord = true;
            } else if (quote != NONE) {
                if (c == quote) {
                    quote = NONE;
                } else {
                    word.append(c);
                }
            } else if (c == '"' || c == '\'') {
                quote = c;
                inWord = true;
            } else if (Character.isWhitespace(c)) {
                if (inWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    inWord = false;
                }
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (quote != NONE) {
            throw new IllegalArgumentException("the command has an open " + quote + ": " + line);
        }
        if (inWord) {
            words.add(word.toString());
        }
        if (words.isEmpty() || words.get(0).isEmpty()) {
            throw new IllegalArgumentException("the command is empty");
        }
        return words;
    }

    private static boolean isEscapable(char c) {
        return c == '"' || c == '\'' || c == '\\' || c == ' ';
    }
}
