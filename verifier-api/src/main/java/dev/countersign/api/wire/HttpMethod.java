package dev.countersign.api.wire;

/** The method of a request, as sent: a token in upper-case ASCII. */
public final class HttpMethod {
    private static final int MAX_LENGTH = 32;

    private HttpMethod() {}

    /**
     * Whether it is in {@code [A-Z][A-Z-]{0,31}}. Never upper-cased: {@code post} must not slip past the rules for
     * writes.
     */
    public static boolean isWellFormed(String method) {
        int length = method.length();
        if (length == 0 || length > MAX_LENGTH || method.charAt(0) == '-') {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = method.charAt(i);
            if ((c < 'A' || c > 'Z') && c != '-') {
                return false;
            }
        }
        return true;
    }

    /** Everything but GET, HEAD, OPTIONS and TRACE. */
    public static boolean isWrite(String method) {
        return switch (method) {
            case "GET", "HEAD", "OPTIONS", "TRACE" -> false;
            default -> true;
        };
    }
}
