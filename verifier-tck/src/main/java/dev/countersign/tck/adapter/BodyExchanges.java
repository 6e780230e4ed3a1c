package dev.countersign.tck.adapter;

import dev.countersign.tck.adapter.Exchange.Expected;
import java.util.ArrayList;
import java.util.List;

/** Bodies and the ways in which their end is told. */
final class BodyExchanges {
    private static final String TARGET = "/api/x";
    private static final String BODY = "the body";
    private static final String SMUGGLED = "GET /open/smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

    private BodyExchanges() {}

    static List<Exchange> bodies(TestScheme limits) {
        int most = limits.maxBodyBytes();
        List<Exchange> all = new ArrayList<>();
        all.add(Exchange.verified("no body", TARGET, "", SignedExchange::text));
        all.add(Exchange.verified("Content-Length: 0", TARGET, "", signed -> signed.head("Content-Length: 0\r\n")));
        all.add(Exchange.verified("an empty chunked body", TARGET, "", signed -> signed.chunked(1)));
        all.add(Exchange.verified("one byte", TARGET, "x", SignedExchange::text));
        all.add(Exchange.verified("the largest body", TARGET, "x".repeat(most), SignedExchange::text));
        all.add(Exchange.verified(
                "the largest body, chunked", TARGET, "y".repeat(most), signed -> signed.chunked(7_000)));
        all.add(Exchange.verified("all bytes", TARGET, allBytes(), SignedExchange::text));
        all.add(Exchange.verified("all bytes, chunked one by one", TARGET, allBytes(), signed -> signed.chunked(1)));
        all.add(Exchange.verified(
                "a coded body stays coded",
                TARGET,
                "\u001f\u008b\b no gzip",
                signed -> signed.head("Content-Encoding: gzip\r\nContent-Length: " + signed.body.length() + "\r\n")
                        + signed.body));
        all.add(Exchange.verified(
                "a form",
                TARGET,
                "a=1&b=2",
                signed -> signed.head("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n")
                        + signed.body));
        all.add(Exchange.verified("a body like a request", TARGET, SMUGGLED, SignedExchange::text));
        all.add(Exchange.verified(
                "chunk extensions",
                TARGET,
                BODY,
                signed -> signed.inChunks("4;a=b;c\r\nthe \r\n4;d=\"e;f\"\r\nbody\r\n0;g\r\n\r\n")));
        all.add(Exchange.verified(
                "trailers",
                TARGET,
                BODY,
                signed -> signed.inChunks("8\r\nthe body\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n")));
        all.add(Exchange.verified(
                "the signature once more in trailers",
                TARGET,
                BODY,
                signed -> signed.inChunks("8\r\nthe body\r\n0\r\n" + signed.lines() + "\r\n")));
        all.add(Exchange.of("the signature in trailers only", Expected.INVALID_REQUEST, scheme -> {
            SignedExchange signed = Exchange.post(scheme, TARGET, BODY);
            return signed.inChunks("8\r\nthe body\r\n0\r\n" + signed.lines() + "\r\n")
                    .replaceFirst(java.util.regex.Pattern.quote(signed.lines()), "");
        }));
        all.add(Exchange.verified(
                        "chunk sizes with zeros and capitals",
                        TARGET,
                        "x".repeat(10),
                        signed -> signed.inChunks("000A\r\n" + "x".repeat(10) + "\r\n000\r\n\r\n"))
                .orRefused());
        all.add(Exchange.of(
                "a request in the body of an unsigned one",
                Expected.INVALID_REQUEST,
                scheme -> "POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: " + SMUGGLED.length() + "\r\n\r\n"
                        + SMUGGLED));
        all.add(Exchange.of(
                "a changed body",
                Expected.INVALID_SIGNATURE,
                scheme -> Exchange.post(scheme, TARGET, BODY).text().replace("the body", "the bodY")));
        all.add(Exchange.of(
                "a changed chunked body",
                Expected.INVALID_SIGNATURE,
                scheme -> Exchange.post(scheme, TARGET, BODY).chunked(3).replace("the", "thE")));
        all.add(Exchange.of(
                "a body too much",
                Expected.INVALID_SIGNATURE,
                scheme -> Exchange.post(scheme, TARGET, "").head("Content-Length: 1\r\n") + "x"));
        all.add(Exchange.of(
                "a body too little",
                Expected.INVALID_SIGNATURE,
                scheme -> Exchange.post(scheme, TARGET, "x").head("Content-Length: 0\r\n")));
        String tooLong = "x".repeat(most + 1);
        all.add(Exchange.of(
                "a byte over the limit",
                Expected.BODY_TOO_LARGE,
                scheme -> Exchange.post(scheme, TARGET, tooLong).text()));
        all.add(Exchange.of(
                "a byte over the limit, chunked",
                Expected.BODY_TOO_LARGE,
                scheme -> Exchange.post(scheme, TARGET, tooLong).chunked(7_000)));
        all.add(Exchange.of(
                        "a length beyond all numbers of 63 bits",
                        Expected.BODY_TOO_LARGE,
                        scheme -> Exchange.post(scheme, TARGET, "").head("Content-Length: 9223372036854775807\r\n"))
                .orRefused()
                .thenEnds());
        return all;
    }

    private static String allBytes() {
        StringBuilder all = new StringBuilder();
        for (char c = 0; c < 256; c++) {
            all.append(c);
        }
        return all.toString();
    }

    /** What two readers could frame in two ways: one verdict, and what follows is no request. */
    static List<Exchange> framing() {
        List<Exchange> all = new ArrayList<>();
        for (String lines : List.of(
                "Content-Length: -1",
                "Content-Length: +8",
                "Content-Length: 8, 8",
                "Content-Length: 8\r\nContent-Length: 9",
                "Content-Length: 0x8",
                "Content-Length: 99999999999999999999",
                "Transfer-Encoding: gzip",
                "Transfer-Encoding: chunked, gzip",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding:\u000bchunked",
                "X\u0000Other: x\r\nContent-Length: 8",
                "X-Other x\r\nContent-Length: 8",
                ": x\r\nContent-Length: 8",
                "X-Other : x\r\nContent-Length: 8")) {
            all.add(Exchange.of(
                            "framing "
                                    + TargetExchanges.target(lines.replace("\r\n", ", "))
                                            .substring(7),
                            Expected.NOTHING,
                            scheme -> Exchange.post(scheme, TARGET, "a body that is signed")
                                            .head(lines + "\r\n")
                                    + BODY)
                    .orRefused()
                    .thenEnds());
        }
        for (String sizeLine : List.of("1;a=\"b", "1;a=\"\\", "1;a=\"b\\\"", "1;\"", "1;a=\"b;c=\"d\";e=\"f")) {
            all.add(Exchange.of(
                            "a chunk extension with an open quote: " + sizeLine,
                            Expected.NOTHING,
                            scheme -> Exchange.post(scheme, TARGET, "a body that is signed")
                                            .inChunks(sizeLine + "\r\nX\r\n0\r\n\r\n")
                                    + SMUGGLED)
                    .orRefused()
                    .thenEnds());
        }
        for (String chunks : List.of(
                "x\r\n",
                "-1\r\n",
                "8\nthe body\n0\n\n",
                "8\r\nthe bodyXX0\r\n\r\n",
                "fffffffffffffffff\r\n",
                "\r\n",
                "8 \r\nthe bod")) {
            all.add(Exchange.of(
                            "chunks " + TargetExchanges.target(chunks).substring(7),
                            Expected.NOTHING,
                            scheme -> Exchange.post(scheme, TARGET, "a body that is signed")
                                    .inChunks(chunks))
                    .orRefused()
                    .thenEnds());
        }
        all.add(Exchange.verified(
                        "a length beside chunks",
                        TARGET,
                        BODY,
                        signed -> signed.head("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")
                                + "8\r\nthe body\r\n0\r\n\r\n")
                .orRefused());
        for (String framing :
                List.of("Content-Length: 9\r\n", "Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n")) {
            all.add(Exchange.of(
                            "a body cut by its client, " + framing.strip(),
                            Expected.NOTHING,
                            scheme -> Exchange.post(scheme, TARGET, BODY).head(framing)
                                    + (framing.startsWith("T") ? "9\r\n" : "")
                                    + BODY)
                    .orRefused()
                    .thenEnds());
        }
        all.add(Exchange.verified(
                "HTTP/1.0 with a length", TARGET, BODY, signed -> signed.text().replace("HTTP/1.1", "HTTP/1.0")));
        all.add(Exchange.of(
                        "without Host",
                        Expected.NOTHING,
                        scheme -> Exchange.post(scheme, TARGET, "x")
                                .text()
                                .replace("Host: h\r\n", "")
                                .replace("\r\n\r\nx", "\r\n\r\ny"))
                .orRefused());
        return all;
    }
}
