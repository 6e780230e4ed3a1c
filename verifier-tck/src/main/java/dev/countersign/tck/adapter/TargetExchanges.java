package dev.countersign.tck.adapter;

import dev.countersign.tck.adapter.Exchange.Expected;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Targets and methods: what the signature covers, as it was sent, and what is no target. */
final class TargetExchanges {
    private static final String BODY = "the body";

    /** Every server lets these through. */
    private static final List<String> PLAIN = List.of(
            "/",
            "/api/x",
            "/api/x?",
            "/api/x?a=1&b",
            "/api/x??a",
            "/api/%41%7e",
            "/api/x%20y",
            "/api/%E2%82%AC",
            "/api/a-b_c.d~e!$&'()*+,=:@",
            "http://h/api/x",
            "http://h/api/x?a=1");

    /** A server may refuse these; if not, they mean what was signed. */
    private static final List<String> AMBIGUOUS = List.of(
            "/api/a%2Fb",
            "/api/a%2fb",
            "/api/a%5Cb",
            "/api//x",
            "//api/x",
            "///",
            "/api/x/",
            "/api/x;a=1",
            "/api;a/x",
            "/;/api/x",
            "/api/..;/x",
            "/api/./x",
            "/api/../x",
            "/api/..",
            "/api/.",
            "/../x",
            "/%2e%2e/x",
            "/api/%2e/x",
            "/api/%252e",
            "/api/x%0Ay",
            "/api/x%0D%0Ay",
            "/api/x%00",
            "/api/x%3By",
            "/api/x%3Fy",
            "/api/x%23y",
            "/api/x%25y",
            "/api/%C0%AF",
            "/api/%E9",
            "/api/%",
            "/api/%zz",
            "/api/%4",
            "/api/%u0041",
            "/api/x?%",
            "/api/x?a=%zz",
            "/api/a|b",
            "/api/a{b}",
            "/api/a[b]",
            "/api/a^b`c",
            "/api/a\"b",
            "/api/a<b>",
            "/api/x?a|{}^`\"<>",
            "HTTP://H/api/x",
            "https://h/api/x",
            "http://other:81/api/x",
            "http://h//api/x",
            "http://h",
            "http://h?a=1",
            "/api/" + "x".repeat(2_000));

    /** Nothing of these is ever served. */
    private static final List<String> MALFORMED = List.of(
            "*",
            "x",
            "?",
            "api/x",
            "h:80",
            "http://",
            "http:///api/x",
            "/api/a\\b",
            "\\api\\x",
            "/api/a#b",
            "/api/x?a#b",
            "http://u:p@h/api/x#f",
            "/api/a b",
            "/api/a\u0000b",
            "/api/a\u0001b",
            "/api/a\tb",
            "/api/\u00e9",
            "/api/x?\u00e9",
            "/api/\u007f");

    private TargetExchanges() {}

    static List<Exchange> targets() {
        List<Exchange> all = new ArrayList<>();
        for (String target : PLAIN) {
            all.add(Exchange.verified(target(target), target, BODY, SignedExchange::text));
        }
        for (String target : AMBIGUOUS) {
            all.add(Exchange.verified(target(target), target, BODY, SignedExchange::text)
                    .orRefused());
        }
        for (String target : MALFORMED) {
            all.add(Exchange.of(
                            target(target),
                            Expected.INVALID_REQUEST,
                            scheme -> new SignedExchange(scheme, "POST", target, target, BODY).text())
                    .orRefused());
        }
        // Some servers take its path, and drop the rest before anybody sees it.
        all.add(Exchange.of(
                        target("ftp://h/api/x"),
                        Expected.NOTHING,
                        scheme -> new SignedExchange(scheme, "POST", "ftp://h/api/x", "ftp://h/api/x", BODY).text())
                .orRefused());
        // Signed for one path and sent to another, which some server or router takes for the same.
        moved(all, "/api/x", "/api//x");
        moved(all, "/api/x", "/api/%78");
        moved(all, "/api/x", "/api/./x");
        moved(all, "/api/x", "/api/y/../x");
        moved(all, "/api/x", "/api/x/");
        moved(all, "/api/x", "/API/x");
        moved(all, "/api/x", "/api/x;a");
        moved(all, "/api/a/b", "/api/a%2Fb");
        moved(all, "/api/x y", "/api/x%20y");
        return all;
    }

    private static void moved(List<Exchange> all, String signed, String sent) {
        all.add(Exchange.of(
                        "signed " + signed + ", sent to " + sent,
                        Expected.INVALID_SIGNATURE,
                        scheme -> new SignedExchange(scheme, "POST", sent, signed, BODY).text())
                .orRefused());
    }

    static String target(String target) {
        StringBuilder name = new StringBuilder();
        for (char c : (target.length() > 100 ? target.substring(0, 8) + "... (" + target.length() + ")" : target)
                .toCharArray()) {
            name.append(c < 0x20 || c > 0x7e ? "\\x" + HexFormat.of().toHexDigits((byte) c) : String.valueOf(c));
        }
        return "target " + name;
    }

    static List<Exchange> methods() {
        List<Exchange> all = new ArrayList<>();
        for (String method : List.of("GET", "DELETE", "OPTIONS", "PUT", "PATCH", "PROPFIND", "M-SEARCH")) {
            Exchange served = new Exchange(
                    "method " + method,
                    scheme -> new SignedExchange(scheme, method, "/api/x", "/api/x", "").text(),
                    Expected.VERIFIED,
                    false,
                    "/api/x",
                    "",
                    false);
            all.add(served);
        }
        all.add(new Exchange(
                "method TRACE",
                scheme -> new SignedExchange(scheme, "TRACE", "/api/x", "/api/x", "").text(),
                Expected.VERIFIED,
                true,
                "/api/x",
                "",
                false));
        all.add(new Exchange(
                "GET with a body",
                scheme -> new SignedExchange(scheme, "GET", "/api/x", "/api/x", BODY).text(),
                Expected.VERIFIED,
                true,
                "/api/x",
                BODY,
                false));
        for (String method :
                List.of("post", "Post", "P0ST", "PO_ST", "-POST", "P\u00d6ST", "POST\u0000", "P".repeat(40))) {
            all.add(Exchange.of(
                            "method " + target(method).substring("target ".length()),
                            Expected.INVALID_REQUEST,
                            scheme -> new SignedExchange(scheme, method, "/api/x", "/api/x", BODY).text())
                    .orRefused());
        }
        return all;
    }
}
