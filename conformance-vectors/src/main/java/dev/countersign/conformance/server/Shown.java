package dev.countersign.conformance.server;

/** Text from elsewhere, made fit to be shown: one line, not too long, no control characters. */
final class Shown {
    private static final int LONGEST = 400;

    private Shown() {}

    static String text(String foreign) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < foreign.length() && shown.length() < LONGEST; i++) {
            char c = foreign.charAt(i);
            shown.append(c >= 0x20 && c <= 0x7E ? String.valueOf(c) : String.format("\\x%02x", (int) c));
        }
        return foreign.length() > LONGEST ? shown + "..." : shown.toString();
    }

    /** What an exception says, or its name. */
    static String message(Throwable e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : text(message);
    }
}
