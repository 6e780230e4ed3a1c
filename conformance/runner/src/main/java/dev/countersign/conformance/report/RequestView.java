package dev.countersign.conformance.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.suite.Hex;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;

/** What was sent: requests as they would stand on the wire, every other operation as JSON. */
final class RequestView {
    private static final int LONGEST_JSON = 4000;
    private static final int LONGEST_LINE = 600;

    private RequestView() {}

    static void write(Html html, JsonNode request) {
        switch (request.path("op").asText()) {
            case "verify" -> http(html, request);
            case "verifyAll" -> {
                int number = 0;
                int all = request.path("requests").size();
                for (JsonNode each : request.path("requests")) {
                    number++;
                    html.element("h6", "request " + number + " of " + all);
                    http(html, each);
                }
            }
            default -> JsonView.write(html, request, LONGEST_JSON);
        }
    }

    private static void http(Html html, JsonNode request) {
        JsonNode finish = request.get("finishTime");
        html.open("p", "class", "when").text("at " + time(request.path("serverTime")));
        if (finish != null) {
            html.text(", the end of its body at " + time(finish));
        }
        html.close().open("pre", "class", "http").open("b");
        html.text(request.path("method").asText()).raw(" ");
        html.text(request.path("target").asText(), LONGEST_LINE).close().line();
        for (JsonNode header : request.path("headers")) {
            html.open("i").text(header.path(0).asText(), LONGEST_LINE).close().raw(": ");
            html.text(header.path(1).asText(), LONGEST_LINE).line();
        }
        html.close();
        body(html, request);
    }

    private static void body(Html html, JsonNode request) {
        JsonNode repeat = request.get("bodyRepeat");
        JsonNode hex = repeat == null ? request.path("bodyHex") : repeat.path("hex");
        byte[] body = Hex.parse(hex.asText());
        if (repeat != null) {
            html.element(
                    "p",
                    String.format(
                            Locale.ROOT,
                            "Body: these bytes, %,d times",
                            repeat.path("count").asLong()),
                    "class",
                    "when");
        } else {
            html.element("p", body.length == 0 ? "No body" : "Body", "class", "when");
        }
        if (body.length > 0) {
            ByteView view = new ByteView(body);
            if (ByteView.isMostlyText(body)) {
                view.text(html);
            } else {
                view.hex(html);
            }
        }
    }

    /** Epoch seconds, and the same as a date. */
    private static String time(JsonNode seconds) {
        try {
            return seconds.asText() + " (" + Instant.ofEpochSecond(seconds.asLong()) + ")";
        } catch (DateTimeException noDate) {
            return seconds.asText();
        }
    }
}
