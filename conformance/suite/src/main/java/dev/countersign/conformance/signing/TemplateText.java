package dev.countersign.conformance.signing;

import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text with placeholders. {@code {app:a}}, {@code {device:a}}, {@code {nonce:1}} are names, the last two also as
 * {@code {DEVICE:a}} and {@code {NONCE:1}} in upper case; {@code {t}}, {@code {t+5}}, {@code {t-301}} are epoch
 * seconds. Braces around anything else stand for themselves.
 */
public final class TemplateText {
    private static final Pattern PLACEHOLDER =
            Pattern.compile("\\{(?:(app|device|DEVICE|nonce|NONCE):([a-z0-9-]+)|t([+-][0-9]+)?)\\}");

    private TemplateText() {}

    /** The text with everything filled in. */
    public static String resolve(String template, Names names) {
        return PLACEHOLDER.matcher(template).replaceAll(match -> Matcher.quoteReplacement(value(match, names)));
    }

    private static String value(MatchResult match, Names names) {
        String kind = match.group(1);
        if (kind == null) {
            String offset = match.group(3);
            return Long.toString(names.time(offset == null ? 0 : Long.parseLong(offset)));
        }
        String name = match.group(2);
        return switch (kind) {
            case "app" -> names.app(name);
            case "device" -> names.device(name);
            case "DEVICE" -> names.device(name).toUpperCase(Locale.ROOT);
            case "nonce" -> names.nonce(name);
            default -> names.nonce(name).toUpperCase(Locale.ROOT);
        };
    }
}
