package dev.countersign.conformance.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.runner.Shown;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Difference;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A case for a person: what it shows, what is sent, every value on the way, and why the answer is right. */
public final class Explanation {
    private static final int WIDTH = 96;
    private static final int LONGEST_VALUE = 300;

    private final Style style;
    private final StringBuilder text = new StringBuilder();

    private Explanation(Style style) {
        this.style = style;
    }

    /** The whole case, without colours. */
    public static String of(Suite suite, Case subject) {
        Explanation explanation = new Explanation(new Style(false));
        explanation.whole(suite, subject);
        return explanation.text.toString();
    }

    /** How a case failed: expected and actual side by side, and what led there. */
    static String of(Suite suite, CaseResult result, Style style) {
        Explanation explanation = new Explanation(style);
        explanation.failure(suite, result);
        return explanation.text.toString();
    }

    private void whole(Suite suite, Case subject) {
        line(subject.id());
        line("");
        head(suite, subject);
        int number = 1;
        for (Step step : subject.steps()) {
            line("");
            String title = subject.steps().size() == 1
                    ? ""
                    : "Step " + number++ + " of " + subject.steps().size() + ": ";
            line(title + step.op());
            request("    ", step.request());
            onTheWay("    ", step.intermediates());
            line("  expected");
            fields("    ", step.expect());
        }
        line("");
        line("As it is sent, and all values in full: " + subject.group() + ".json, \"" + subject.id() + "\".");
    }

    private void failure(Suite suite, CaseResult result) {
        Case subject = result.subject();
        line(style.bad("FAILED") + " " + style.title(subject.id()));
        head(suite, subject);
        String[] detail = result.detail().split("\n", 2);
        if (result.mismatches().isEmpty()) {
            line("");
            paragraph("  failed      ", detail[0]);
            if (detail.length > 1) {
                detail[1].lines().forEach(said -> line("              | " + Shown.line(said)));
            }
        }
        if (result.step() < 0 || result.step() >= subject.steps().size()) {
            return;
        }
        Step step = subject.steps().get(result.step());
        line("");
        String where = subject.steps().size() == 1
                ? ""
                : "Step " + (result.step() + 1) + " of " + subject.steps().size() + ": ";
        line("  " + where + step.op());
        request("    ", step.request());
        onTheWay("    ", step.intermediates());
        comparison(result.mismatches());
        JsonNode answer = result.answer();
        if (answer != null) {
            line("  the answer  " + Shown.excerpt(Json.line(answer), LONGEST_VALUE));
        }
    }

    private void head(Suite suite, Case subject) {
        paragraph("  what        ", subject.comment());
        suite.rule(subject.rule()).ifPresent(rule -> {
            paragraph("  rule        ", rule.id() + ": " + rule.title() + ". " + rule.text());
            paragraph("              ", "(docs/protocol.md, \"" + rule.section() + "\")");
        });
        for (String flag : subject.flags()) {
            paragraph(
                    "  flag        ",
                    flag
                            + suite.flag(flag)
                                    .map(known -> ": " + known.explanation())
                                    .orElse(""));
        }
        Difference difference = subject.difference();
        if (difference != null) {
            paragraph("  unlike      ", difference.from() + ", where all is right: " + difference.text());
        }
        if (!subject.needs().isEmpty()) {
            paragraph("  needs       ", String.join(", ", subject.needs()) + " in the answer; skipped without");
        }
    }

    /** What is sent; a request to a verifier as HTTP would have it. */
    private void request(String indent, JsonNode request) {
        switch (request.path("op").asText("verify")) {
            case "verify" -> http(indent, request);
            case "verifyAll" -> {
                int number = 1;
                for (JsonNode one : request.path("requests")) {
                    line(indent + "request " + number++ + " of "
                            + request.path("requests").size() + ", all at once");
                    http(indent + "  ", one);
                }
            }
            default -> fields(indent, request);
        }
    }

    private void http(String indent, JsonNode request) {
        String finish = request.has("finishTime")
                ? ", its body ends at " + request.path("finishTime").asText()
                : "";
        line(indent + style.faint("at " + request.path("serverTime").asText() + finish));
        line(indent
                + Shown.excerpt(
                        request.path("method").asText() + " "
                                + request.path("target").asText(),
                        LONGEST_VALUE));
        for (JsonNode header : request.path("headers")) {
            line(indent
                    + Shown.excerpt(
                            header.path(0).asText() + ": " + header.path(1).asText(), LONGEST_VALUE));
        }
        JsonNode repeat = request.get("bodyRepeat");
        if (repeat != null) {
            line(indent + "body: " + repeat.path("count").asText() + " times the bytes "
                    + repeat.path("hex").asText());
        } else {
            line(indent + "body: " + ofHex(request.path("bodyHex").asText()));
        }
    }

    private void onTheWay(String indent, @Nullable JsonNode values) {
        if (values == null) {
            return;
        }
        if (values.isArray()) {
            int number = 1;
            for (JsonNode one : values) {
                line("  on the way, request " + number++);
                fields(indent, one);
            }
        } else {
            line("  on the way");
            fields(indent, values);
        }
    }

    /** One field on a line; bytes that are a message as text, too. */
    private void fields(String indent, JsonNode object) {
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            String name = field.getKey();
            JsonNode value = field.getValue();
            if (name.equals("op")) {
                continue;
            }
            if (value.isArray() && !value.isEmpty() && value.get(0).isObject()) {
                for (JsonNode one : value) {
                    line(indent + name + ": " + Shown.excerpt(Json.line(one), 2 * LONGEST_VALUE));
                }
            } else {
                String shown = value.isTextual() ? value.asText() : Json.line(value);
                line(indent + name + ": " + Shown.excerpt(shown, LONGEST_VALUE));
                if (name.equals("messageHex") || name.equals("bodyHex")) {
                    line(indent + " ".repeat(name.length()) + "= " + ofHex(shown));
                }
            }
        }
    }

    private static String ofHex(String hex) {
        Optional<byte[]> bytes = Octets.ofHex(hex);
        return bytes.isEmpty() ? hex : bytes.get().length == 0 ? "(no bytes)" : Octets.text(bytes.get());
    }

    private void comparison(List<Mismatch> mismatches) {
        if (mismatches.isEmpty()) {
            return;
        }
        line("");
        List<Mismatch> wide = new ArrayList<>();
        int nameWidth = 5;
        int expectedWidth = 8;
        for (Mismatch mismatch : mismatches) {
            if (isWide(mismatch)) {
                wide.add(mismatch);
            } else {
                nameWidth = Math.max(nameWidth, mismatch.field().length());
                expectedWidth =
                        Math.max(expectedWidth, Shown.line(mismatch.expected()).length());
            }
        }
        if (wide.size() < mismatches.size()) {
            line("  " + pad("", nameWidth) + "  " + pad("expected", expectedWidth) + "  actual");
        }
        for (Mismatch mismatch : mismatches) {
            if (!wide.contains(mismatch)) {
                line("  " + pad(mismatch.field(), nameWidth) + "  "
                        + style.good(pad(Shown.line(mismatch.expected()), expectedWidth)) + "  "
                        + style.bad(Shown.line(mismatch.actual())));
            }
        }
        wide.forEach(this::wide);
    }

    private static boolean isWide(Mismatch mismatch) {
        return mismatch.field().endsWith("messageHex")
                || mismatch.expected().length() > WIDTH / 2 - 10
                || mismatch.actual().length() > WIDTH / 2 - 10;
    }

    /** Two values one above the other; bytes with a mark where they part. */
    private void wide(Mismatch mismatch) {
        line("  " + mismatch.field());
        Optional<byte[]> expected = Octets.ofHex(mismatch.expected());
        Optional<byte[]> actual = Octets.ofHex(mismatch.actual());
        if (mismatch.field().endsWith("messageHex") && expected.isPresent() && actual.isPresent()) {
            String parted = Octets.difference("    ", expected.get(), actual.get());
            if (!parted.isEmpty()) {
                text.append(parted);
                return;
            }
        }
        line("    expected  " + style.good(Shown.excerpt(mismatch.expected(), LONGEST_VALUE)));
        line("    actual    " + style.bad(Shown.excerpt(mismatch.actual(), LONGEST_VALUE)));
    }

    /** A text in lines of readable width, indented like its first line's label. */
    private void paragraph(String label, String content) {
        StringBuilder current = new StringBuilder(label);
        boolean empty = true;
        for (String word : Shown.line(content).split(" ", -1)) {
            if (!empty && current.length() + 1 + word.length() > WIDTH) {
                line(current.toString());
                current = new StringBuilder(" ".repeat(label.length()));
                empty = true;
            }
            current.append(empty ? "" : " ").append(word);
            empty = false;
        }
        line(current.toString());
    }

    private void line(String content) {
        text.append(content.stripTrailing()).append('\n');
    }

    static String pad(String value, int width) {
        return value + " ".repeat(Math.max(0, width - value.length()));
    }
}
