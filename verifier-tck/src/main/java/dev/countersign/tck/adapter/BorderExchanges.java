package dev.countersign.tck.adapter;

import dev.countersign.tck.adapter.Exchange.Expected;
import java.util.ArrayList;
import java.util.List;

/** The border between what is open and what is protected, and the ways around it that routers and servers have. */
final class BorderExchanges {
    /** In both modes: paths that some reader takes for a protected one, or for an open one. */
    private static final List<String> TRICKS = List.of(
            "/open/../api/secret",
            "/open/..;/api/secret",
            "/open/..;x=y/api/secret",
            "/open/%2e%2e/api/secret",
            "/open/.%2e/api/secret",
            "/open/%2e%2e;/api/secret",
            "/open/..%2fapi/secret",
            "/open/..%2Fapi%2Fsecret",
            "/open/%2e%2e%2fapi/secret",
            "/open/%252e%252e/api/secret",
            "/open/..%5capi/secret",
            "/open/x/../../api/secret",
            "/open/./../api/secret",
            "/open//../api/secret",
            "/open/;/../api/secret",
            "/open/..//api/secret",
            "/open/..;/..;/api/secret",
            "/open/x;/../../api/secret",
            "/open/%c0%ae%c0%ae/api/secret",
            "/open/..%00/api/secret",
            "/open%2f..%2fapi/secret",
            "//api/secret",
            "///api/secret",
            "/;/api/secret",
            "/;a=b/api/secret",
            "/./api/secret",
            "/%2e/api/secret",
            "/api;/secret",
            "/api;a=b/secret",
            "/api%2Fsecret",
            "/%2fapi/secret",
            "/%2Fapi%2Fsecret",
            "/x/../api/secret",
            "/x/..;/api/secret",
            "/x/%2e%2e/api/secret",
            "/api/secret/..;/../api/secret",
            "/api/./secret",
            "/api//secret",
            "/api/x/..;/secret",
            "/api/secret;jsessionid=1",
            "/api/secret%3b",
            "/api/secret%00",
            "/api/secret%0a",
            "/api/secret%20/..",
            "/a%70i%2fsecret",
            "/health/../api/secret",
            "/health/..;/api/secret",
            "/health;/../api/secret",
            "/health%2f..%2fapi/secret",
            "/health%3f/../api/secret",
            "/health%23/../api/secret",
            "http://h//api/secret",
            "http://h/;/api/secret",
            "http://h/open/../api/secret",
            "http://h/open/..;/api/secret",
            "/v1/files/../../api/secret",
            "/v1/jobs/..;/..;/api/secret");

    private static final List<String> PROTECTED = List.of(
            "/api/secret",
            "/api",
            "/api/",
            "/API/secret",
            "/Api/secret/",
            "/ap%69/secret",
            "/%61pi/secret",
            "http://h/api/secret",
            "/api/secret?open/x",
            "/api/secret?/open/../health");

    private BorderExchanges() {}

    /** Where everything is protected except {@code /open/**} and {@code /health}. */
    static List<Exchange> allExcept() {
        List<Exchange> all = border(List.of(
                "/health",
                "/health?x=1",
                "/he%61lth",
                "/open",
                "/open/x",
                "/open/x?/api",
                "/open/",
                "http://h/open/x"));
        for (String target : List.of(
                "/",
                "/HEALTH",
                "/health/",
                "/health/x",
                "/OPEN/x",
                "/openx",
                "/x",
                "http://h",
                "/open/x;a",
                "/health;a",
                "/open//x",
                "/open/x%2Fy")) {
            refused(all, target);
        }
        return all;
    }

    /** Where only {@code /api/**} is protected. */
    static List<Exchange> only() {
        List<Exchange> all =
                border(List.of("/", "/open/x", "/apix", "/x/api", "/health", "http://h/x", "/x?/api/secret"));
        for (String target : List.of("/x;a", "/x//y", "/x/./y", "/x%2Fy", "/x%5cy", "/x%25y")) {
            refused(all, target);
        }
        return all;
    }

    private static List<Exchange> border(List<String> open) {
        List<Exchange> all = new ArrayList<>();
        for (String target : open) {
            all.add(Exchange.of("open " + target, Expected.OPEN, scheme -> plain(target)));
        }
        for (String target : PROTECTED) {
            refused(all, target);
        }
        for (String target : TRICKS) {
            refused(all, target);
            all.add(Exchange.verified("signed " + target, target, "", SignedExchange::text)
                    .orRefused());
        }
        return all;
    }

    private static void refused(List<Exchange> all, String target) {
        all.add(Exchange.of("unsigned " + target, Expected.INVALID_REQUEST, scheme -> plain(target))
                .orRefused());
    }

    private static String plain(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
    }
}
