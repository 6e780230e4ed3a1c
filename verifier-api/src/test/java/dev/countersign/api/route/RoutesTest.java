package dev.countersign.api.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.BodyUse;
import dev.countersign.api.Caller;
import dev.countersign.api.RequestHead;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Only a path that nobody can read in two ways passes unverified, and only if it is open. */
class RoutesTest {
    private static final RequestVerifier DEVICES = new Named();
    private static final RequestVerifier SESSIONS = new Named();

    private static final Routes EXCEPT = Routes.by(DEVICES).protectAllExcept("/health", "/open/**");
    private static final Routes ONLY = Routes.by(DEVICES).protect("/api/**", "/Exact");

    private static boolean isOpen(Routes routes, String target) {
        Route route = routes.match(target);
        assertTrue(route.refusal().isEmpty());
        assertEquals(route.isOpen(), route.verifier().isEmpty());
        route.verifier().ifPresent(verifier -> assertSame(DEVICES, verifier));
        return route.isOpen();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/health",
                "/health?x=/api/secret",
                "/health?",
                "/open",
                "/open/",
                "/open/a",
                "/open/a/b/",
                "/open/a%20b",
                "/%6fpen/a",
                "/open/...",
                "/open/.a",
                "/open/a..",
                "http://h/health",
                "HTTPS://h:1/open/x?y"
            })
    void whatIsOpenAndHasOneFormPasses(String target) {
        assertTrue(isOpen(EXCEPT, target));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/api/secret",
                "/health/",
                "/health/x",
                "/Health",
                "/healthy",
                "/openly",
                "/OPEN/x",
                "//health",
                "/;/health",
                "/health;",
                "/health;x=y",
                "/health%3B",
                "/open//x",
                "/open/x//",
                "/open/./x",
                "/open/../api/secret",
                "/open/..",
                "/open/.",
                "/open/..;/api/secret",
                "/open/%2e%2e/api/secret",
                "/open/.%2E/api/secret",
                "/open/%2e/x",
                "/open%2fx",
                "/open/%2F..",
                "/%2fopen/x",
                "/open/x%5cy",
                "/open/x\\y",
                "/open/%252e%252e/api",
                "/open/%25",
                "/open/%00",
                "/open/%0a",
                "/open/%7f",
                "/open/%c3%a9",
                "/open/\u00e9",
                "/open/x%3fy",
                "/open/x%23y",
                "/open/x#y",
                "/open/%",
                "/open/%4",
                "/open/%zz",
                "/open/%\uff11\uff11",
                "http://h//health",
                "http://h/open/../x",
                "http:///health",
                "http://h#/health",
                "http://h\\api\\x/health",
                "http://u@h/health",
                "http://h;x/health",
                "http:/health",
                "ftp://h/health",
                "h/health",
                "health",
                "http://h",
                "http://h?x",
                "*",
                "?",
                "",
                "h:80"
            })
    void everythingElseIsVerified(String target) {
        assertFalse(isOpen(EXCEPT, target));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api",
                "/api/",
                "/api/x",
                "/API/X",
                "/%61pi/x",
                "/aPi",
                "/exact",
                "/EXACT/",
                "//api/secret",
                "/;/api/secret",
                "/api%2Fsecret",
                "/%2fapi/secret",
                "http://h//api/secret",
                "http://h/api/secret",
                "/open/..;/api/secret",
                "/x//",
                "/x;y",
                "*",
                ""
            })
    void whatIsProtectedOrCouldBeIsVerified(String target) {
        assertFalse(isOpen(ONLY, target));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/x",
                "/apis",
                "/ap",
                "/exactly",
                "/exact/x",
                "/x/",
                "http://h",
                "http://h?/api",
                "/x?/api/y"
            })
    void theRestIsOpenWhereOnlySomePathsAreProtected(String target) {
        assertTrue(isOpen(ONLY, target));
    }

    @Test
    void nothingIsOpenUnlessItIsNamed() {
        assertFalse(isOpen(Routes.by(DEVICES).protectAllExcept(), "/health"));
        assertFalse(isOpen(Routes.by(DEVICES).protect("/**"), "/"));
        assertFalse(isOpen(Routes.by(DEVICES).protect("/**"), "/x/y"));
        assertTrue(isOpen(Routes.by(DEVICES).protectAllExcept("/"), "/"));
        assertFalse(isOpen(Routes.by(DEVICES).protectAllExcept("/"), "/x"));
    }

    @Test
    void anotherSchemeHasPathsOfItsOwnAndDoubtIsRefused() {
        Routes routes = Routes.by(DEVICES).route("/partner/**", SESSIONS).protectAllExcept("/health");
        assertSame(SESSIONS, routes.match("/partner/x").verifier().orElseThrow());
        assertSame(SESSIONS, routes.match("/Partner/").verifier().orElseThrow());
        assertSame(DEVICES, routes.match("/x").verifier().orElseThrow());
        assertTrue(routes.match("/health").isOpen());
        for (String target : new String[] {"/partner/..;/x", "//partner/x", "/x/%2e%2e/partner", "*"}) {
            Route route = routes.match(target);
            assertEquals(400, route.refusal().orElseThrow().status());
            assertFalse(route.isOpen());
            assertTrue(route.verifier().isEmpty());
        }
        Routes only = Routes.by(DEVICES).route("/partner/**", SESSIONS).protect("/api/**");
        assertSame(SESSIONS, only.match("/partner").verifier().orElseThrow());
        assertTrue(only.match("/x").isOpen());
        assertEquals(BodyUse.COVERED, DEVICES.bodyUse());
    }

    @ParameterizedTest
    @CsvSource({
        "''",
        "health",
        "/a/*",
        "/a/*/b",
        "/*.html",
        "/**/a",
        "/a/**/",
        "/a//b",
        "/a/../b",
        "/a;b",
        "/a%2fb",
        "/a?b",
        "/\u00e9",
        "//**",
        "http://h/x",
        "/a/./**",
        "/***"
    })
    void aPatternThatCouldNeverMatchIsRefused(String pattern) {
        assertThrows(IllegalArgumentException.class, () -> Routes.by(DEVICES).protectAllExcept(pattern));
        assertThrows(IllegalArgumentException.class, () -> Routes.by(DEVICES).protect(pattern));
        assertThrows(IllegalArgumentException.class, () -> Routes.by(DEVICES).route(pattern, SESSIONS));
    }

    @Test
    void aBorderThatIsNoneIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Routes.by(DEVICES).protectAllExcept("/**"));
        assertThrows(IllegalArgumentException.class, () -> Routes.by(DEVICES).protect());
    }

    @Test
    void patternsAreMeantForTheWholePath() {
        Routes.by(DEVICES).protect("/app/api/**", "/**").requireBelow("/app");
        Routes.by(DEVICES).protect("/api/**").requireBelow("");
        Routes.by(DEVICES).protectAllExcept("/app").requireBelow("/app");
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class,
                () -> Routes.by(DEVICES).protect("/api/**").requireBelow("/app"));
        assertTrue(String.valueOf(refused.getMessage()).contains("write \"/app/api/**\" for \"/api/**\""));
        assertThrows(
                IllegalArgumentException.class,
                () -> Routes.by(DEVICES).protectAllExcept("/apple").requireBelow("/app"));
        assertThrows(
                IllegalArgumentException.class,
                () -> Routes.by(DEVICES)
                        .route("/p", SESSIONS)
                        .protectAllExcept()
                        .requireBelow("/app"));
    }

    @Provide
    Arbitrary<String> spellings() {
        return Arbitraries.of(
                        "/", "open", "api", "secret", "..", ".", ";", "%2f", "%2e", "%5c", "\\", "%", "%00", "x",
                        "OPEN", "%61", "//")
                .list()
                .ofMaxSize(8)
                .map(parts -> "/" + String.join("", parts));
    }

    /** Against the obvious reading: whatever is done to such a path, in any order, it stays what it is. */
    @Property(tries = 5000)
    void whatPassesIsReadAlikeByEverybody(@ForAll("spellings") String target) {
        if (EXCEPT.match(target).isOpen()) {
            String decoded = java.net.URLDecoder.decode(target, java.nio.charset.StandardCharsets.ISO_8859_1);
            String[] readings = {
                decoded,
                java.net.URI.create(target).normalize().getPath(),
                decoded.replaceAll("/+", "/"),
                decoded.replaceAll(";[^/]*", ""),
                decoded.replace('\\', '/')
            };
            for (String reading : readings) {
                assertEquals(decoded, reading);
            }
            assertTrue(decoded.equals("/open") || decoded.startsWith("/open/") || decoded.equals("/health"));
        }
        if (ONLY.match(target).isOpen()) {
            String decoded = java.net.URLDecoder.decode(target, java.nio.charset.StandardCharsets.ISO_8859_1);
            assertFalse(decoded.toLowerCase(Locale.ROOT).startsWith("/api/"));
            assertFalse(decoded.contains("//"));
        }
    }

    private static final class Named implements RequestVerifier {
        @Override
        public Verification begin(RequestHead head, Caller caller) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Verdict verify(RequestHead head, ByteBuffer body, @Nullable Object attachment) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
