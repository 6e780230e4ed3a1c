package dev.countersign.tck.adapter;

import dev.countersign.tck.adapter.Exchange.Expected;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The header lines of the signature, and what else a head may hold. */
final class HeadExchanges {
    private static final String TARGET = "/api/x";
    private static final String BODY = "the body";
    private static final int MANY = 10_000;

    private HeadExchanges() {}

    static List<Exchange> all(TestScheme names) {
        List<Exchange> all = new ArrayList<>();
        all.add(Exchange.of("unsigned", Expected.INVALID_REQUEST, scheme -> "GET /api/x HTTP/1.1\r\nHost: h\r\n\r\n"));
        all.add(Exchange.of(
                "Expect: 100-continue, unsigned",
                Expected.INVALID_REQUEST,
                scheme -> "POST /api/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n"));
        for (String name : names.sign("POST", TARGET, new byte[0]).keySet()) {
            headers(all, name);
        }
        all.add(Exchange.verified("header names in lower case", TARGET, BODY, signed -> {
            String lines = signed.lines();
            StringBuilder lower = new StringBuilder();
            for (Map.Entry<String, String> line : signed.headers.entrySet()) {
                lower.append(line.getKey().toLowerCase(Locale.ROOT))
                        .append(":")
                        .append(line.getValue())
                        .append("\r\n");
            }
            return signed.text().replace(lines, lower.toString());
        }));
        all.add(Exchange.verified("white space around values", TARGET, BODY, signed -> {
            signed.headers.replaceAll((name, value) -> " \t" + value + "\t ");
            return signed.text();
        }));
        all.add(Exchange.verified(
                        MANY + " header lines",
                        TARGET,
                        BODY,
                        signed -> signed.head(many("X-Other-%d: x\r\n") + "Content-Length: 8\r\n") + BODY)
                .orRefused());
        all.add(Exchange.of(MANY + " times one signed header", Expected.INVALID_REQUEST, scheme -> {
                    SignedExchange signed = Exchange.post(scheme, TARGET, "");
                    String first = signed.headers.keySet().iterator().next();
                    return signed.head((first + ": x\r\n").repeat(MANY));
                })
                .orRefused());
        all.add(Exchange.verified(
                        "a header line of 1 MB",
                        TARGET,
                        BODY,
                        signed -> signed.head("X-Other: " + "x".repeat(1_000_000) + "\r\nContent-Length: 8\r\n") + BODY)
                .orRefused());
        all.add(Exchange.verified("headers that mean something elsewhere", TARGET, BODY, signed -> {
            String meaningless = String.join(
                    "\r\n",
                    "X-HTTP-Method-Override: DELETE",
                    "X-Original-URL: /admin",
                    "X-Rewrite-URL: /admin",
                    "X-Forwarded-Prefix: /admin",
                    "X-Forwarded-Host: other",
                    "Forwarded: host=other",
                    "Content-Length: 8",
                    "");
            return signed.head(meaningless) + BODY;
        }));
        all.add(Exchange.verified(
                        "a folded header line",
                        TARGET,
                        BODY,
                        signed -> signed.head("X-Other: a\r\n b\r\n folded: c\r\nContent-Length: 8\r\n") + BODY)
                .orRefused());
        return all;
    }

    private static void headers(List<Exchange> all, String name) {
        all.add(broken("without " + name, name, value -> ""));
        all.add(broken(name + " twice", name, value -> name + ": " + value + "\r\n" + name + ": " + value + "\r\n"));
        all.add(broken(
                name + " twice in another case",
                name,
                value -> name + ": " + value + "\r\n" + name.toUpperCase(Locale.ROOT) + ": " + value + "\r\n"));
        all.add(broken(name + " empty", name, value -> name + ":\r\n"));
        all.add(broken(name + " joined by a comma", name, value -> name + ": " + value + "," + value + "\r\n"));
        all.add(broken(name + " with a space inside", name, value -> name + ": " + value + " x\r\n"));
        all.add(broken(name + " with a byte above 7F", name, value -> name + ": " + value + "\u00e9\r\n")
                .orRefused());
        all.add(broken(name + " with NUL", name, value -> name + ": " + value + "\u0000\r\n")
                .orRefused());
        all.add(broken(name + " folded", name, value -> name + ": " + value + "\r\n " + value + "\r\n")
                .orRefused());
        all.add(broken(
                        name + " folded before its value, twice",
                        name,
                        value -> name + ":\r\n " + value + "\r\n" + name + ": " + value + "\r\n")
                .orRefused());
        all.add(broken(name + " with a space before the colon", name, value -> name + " : " + value + "\r\n")
                .orRefused());
        all.add(broken(name + " ended by a lone CR", name, value -> name + ": " + value + "\rX: y\r\n")
                .orRefused());
    }

    private interface Change {
        String line(String value);
    }

    private static Exchange broken(String what, String name, Change change) {
        return Exchange.of(what, Expected.INVALID_REQUEST, scheme -> {
            SignedExchange signed = Exchange.post(scheme, TARGET, BODY);
            String value = String.valueOf(signed.headers.get(name));
            return signed.text().replace(name + ": " + value + "\r\n", change.line(value));
        });
    }

    private static String many(String line) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < MANY; i++) {
            lines.append(line.replace("%d", Integer.toString(i)));
        }
        return lines.toString();
    }
}
