package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SigningPathsTest {
    @Test
    void ingestIsStrippedFromAPostBelowItsFirstVersionAndFromNothingElse() {
        SigningPaths paths = SigningPaths.ingest();
        assertEquals(List.of("/v1/hsi"), paths.signedPaths("POST", "/ingest/v1/hsi"));
        assertEquals(List.of("/v1/"), paths.signedPaths("POST", "/ingest/v1/"));
        assertEquals(List.of("/v1//../%2F;x"), paths.signedPaths("POST", "/ingest/v1//../%2F;x"));
        assertEquals(List.of("/v1/ingest/v1/x"), paths.signedPaths("POST", "/ingest/v1/ingest/v1/x"));
        for (String path : List.of(
                "/ingest/v1",
                "/ingest/v2/x",
                "/ingestion/v1/x",
                "/INGEST/v1/x",
                "/ingest//v1/x",
                "/%69ngest/v1/x",
                "/v1/x",
                "/",
                "//ingest/v1/x",
                "/ingest/v1%2Fx",
                "/ingest/V1/x",
                "/ingest/v10/x")) {
            assertEquals(List.of(path), paths.signedPaths("POST", path));
        }
        for (String method : List.of("GET", "PUT", "PATCH", "DELETE", "HEAD", "POSTS", "post")) {
            assertEquals(List.of("/ingest/v1/x"), paths.signedPaths(method, "/ingest/v1/x"));
        }
    }

    @Test
    void withoutRulesEveryPathIsSignedAsItComes() {
        assertEquals(List.of("/ingest/v1/x"), SigningPaths.none().signedPaths("POST", "/ingest/v1/x"));
    }

    @Test
    void theUnstrippedPathIsASecondCandidateWhereItIsNamed() {
        SigningPaths paths = SigningPaths.builder()
                .rule(Set.of("POST", "PUT"), "/ingest/v1/", "/v1/")
                .acceptUnstripped("/ingest/v1/hsi")
                .build();
        assertEquals(List.of("/v1/hsi/a", "/ingest/v1/hsi/a"), paths.signedPaths("PUT", "/ingest/v1/hsi/a"));
        assertEquals(List.of("/v1/hsi", "/ingest/v1/hsi"), paths.signedPaths("PUT", "/ingest/v1/hsi"));
        assertEquals(List.of("/v1/other"), paths.signedPaths("PUT", "/ingest/v1/other"));
        assertEquals(List.of("/ingest/v1/hsi/a"), paths.signedPaths("GET", "/ingest/v1/hsi/a"));
    }

    @Test
    void rulesThatCanMatchOneRequestAreRefused() {
        SigningPaths.Builder overlapping =
                SigningPaths.builder().rule(Set.of("POST", "PUT"), "/a/", "/").rule(Set.of("PUT"), "/a/b/", "/c/");
        String message =
                assertThrows(IllegalArgumentException.class, overlapping::build).getMessage();
        assertNotNull(message);
        assertTrue(message.contains("/a/") && message.contains("/a/b/"), message);
        SigningPaths disjoint = SigningPaths.builder()
                .rule(Set.of("POST"), "/a/", "/")
                .rule(Set.of("PUT"), "/a/b/", "/c/")
                .rule(Set.of("PUT"), "/ab/", "/d/")
                .build();
        assertEquals(List.of("/b/x"), disjoint.signedPaths("POST", "/a/b/x"));
        assertEquals(List.of("/c/x"), disjoint.signedPaths("PUT", "/a/b/x"));
    }

    @Test
    void aPrefixIsStrippedForEveryMethod() {
        SigningPaths paths = SigningPaths.strip("/auth");
        for (String method : List.of("GET", "POST", "DELETE", "OPTIONS", "M-SEARCH")) {
            assertEquals(List.of("/v1/x"), paths.signedPaths(method, "/auth/v1/x"));
            assertEquals(List.of("/"), paths.signedPaths(method, "/auth/"));
            assertEquals(List.of("//x"), paths.signedPaths(method, "/auth//x"));
            assertEquals(List.of("/auth/x"), paths.signedPaths(method, "/auth/auth/x"), "once");
            for (String asItCame : List.of(
                    "/auth", "/authx/v1", "/AUTH/v1", "//auth/v1", "/v1/x", "/%61uth/v1", "/ingest/v1/x", "/")) {
                assertEquals(List.of(asItCame), paths.signedPaths(method, asItCame));
            }
        }
    }

    @Test
    void aClientThatDoesNotStripIsLetInWhereItIsNamed() {
        SigningPaths stripped = SigningPaths.strip("/ingest").acceptingUnstripped("/ingest/v1/hsi");
        assertEquals(List.of("/v1/hsi", "/ingest/v1/hsi"), stripped.signedPaths("POST", "/ingest/v1/hsi"));
        assertEquals(List.of("/v1/other"), stripped.signedPaths("GET", "/ingest/v1/other"));
        SigningPaths byTheDocument = SigningPaths.ingest().acceptingUnstripped("/ingest/v1/hsi");
        assertEquals(List.of("/v1/hsi", "/ingest/v1/hsi"), byTheDocument.signedPaths("POST", "/ingest/v1/hsi"));
        assertEquals(List.of("/v1/hsi"), SigningPaths.ingest().signedPaths("POST", "/ingest/v1/hsi"));
        assertThrows(IllegalArgumentException.class, () -> SigningPaths.none().acceptingUnstripped("/ingest/v1/hsi"));
    }

    @Test
    void rulesThatMakeOneSignatureGoodForTwoServicesHaveToBeAllowed() {
        List<SigningPaths.Builder> risky = List.of(
                SigningPaths.builder().strip("/auth").strip("/consent"),
                SigningPaths.builder().strip("/auth").rule(Set.of("PUT"), "/b/", "/c/"),
                SigningPaths.builder().rule(Set.of("POST"), "/a/v1/", "/v1/").rule(Set.of("POST"), "/b/v1/", "/v1/"),
                SigningPaths.builder().rule(Set.of("POST"), "/a/", "/").rule(Set.of("PUT", "POST"), "/b/", "/x/y/"));
        for (SigningPaths.Builder builder : risky) {
            String message =
                    assertThrows(IllegalArgumentException.class, builder::build).getMessage();
            assertNotNull(message);
            assertTrue(message.contains("one signature would be good for two services"), message);
            assertTrue(message.contains("allowOneSignatureForSeveralServices"), message);
            assertEquals(
                    List.of("/signed"),
                    builder.allowOneSignatureForSeveralServices().build().signedPaths("GET", "/signed"));
        }
        SigningPaths several = risky.get(0).build();
        assertEquals(several.signedPaths("GET", "/auth/x"), several.signedPaths("GET", "/consent/x"));
        assertEquals(
                List.of("/x", "/auth/x"), several.acceptingUnstripped("/auth/x").signedPaths("GET", "/auth/x"));
        SigningPaths apart = SigningPaths.builder()
                .rule(Set.of("POST"), "/a/v1/", "/v1/")
                .rule(Set.of("POST"), "/b/v2/", "/v2/")
                .rule(Set.of("GET"), "/b/v1/", "/v1/")
                .build();
        assertEquals(List.of("/v2/x"), apart.signedPaths("POST", "/b/v2/x"));
    }

    @Test
    void whatCannotBeMeantIsRefused() {
        SigningPaths.Builder builder = SigningPaths.builder();
        for (String prefix : List.of("", "a/", "/a", "/a b/", "/a?/", "/a#/", "/a\\/", "/é/", "/\u0000/")) {
            assertThrows(IllegalArgumentException.class, () -> builder.rule(Set.of("POST"), prefix, "/"));
            assertThrows(IllegalArgumentException.class, () -> builder.rule(Set.of("POST"), "/", prefix));
        }
        for (String prefix : List.of("", "a/", "/a b", "/a?", "/a#", "/a\\", "/é", "/\u0000")) {
            assertThrows(IllegalArgumentException.class, () -> builder.acceptUnstripped(prefix));
        }
        for (String prefix : List.of("", "/", "auth", "/auth/", "/a b", "/a?", "/a#", "/a\\", "/é", "/\u0000")) {
            assertThrows(IllegalArgumentException.class, () -> SigningPaths.strip(prefix), prefix);
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> SigningPaths.builder().strip("/a").strip("/a/b").build());
        assertThrows(IllegalArgumentException.class, () -> builder.rule(Set.of(), "/a/", "/"));
        assertThrows(IllegalArgumentException.class, () -> builder.rule(Set.of("post"), "/a/", "/"));
        SigningPaths.Builder useless =
                SigningPaths.builder().rule(Set.of("POST"), "/a/", "/").acceptUnstripped("/b/");
        assertThrows(IllegalArgumentException.class, useless::build);
    }

    @Property
    void atMostTwoCandidatesAndTheLastIsThePathOrItsReplacement(@ForAll String method, @ForAll String rest) {
        SigningPaths paths = SigningPaths.builder()
                .rule(Set.of("POST"), "/ingest/v1/", "/v1/")
                .acceptUnstripped("/ingest/")
                .build();
        String path = "/ingest/v1/" + rest;
        List<String> expected = method.equals("POST") ? List.of("/v1/" + rest, path) : List.of(path);
        assertEquals(expected, paths.signedPaths(method, path));
        assertEquals(List.of("/v1/" + rest, path), paths.signedPaths("POST", path));
    }
}
